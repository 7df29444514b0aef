import { type Static, Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import type { Tools } from '../contract/connector.ts'
import { jsonAs } from '../kit/answer.ts'
import { createCalls } from '../kit/calls.ts'
import type { WritingsPage } from '../kit/own-writings.ts'
import type { OwnPost } from '../kit/posting.ts'
import { timeOf } from '../kit/target-clock.ts'
import { type AccountAccess, Text } from './access.ts'
import { refusedBy, wrongAddress } from './refusal.ts'

/** X's maximum. */
const PAGE = 100
/** X shows the latest 3,200 posts of an account, without replies the latest 800 (docs.x.com, "Get Posts": user timeline). */
const MOST_PAGES = 40
/** There may be older ones that X does not show. Those that were deleted count there, but not here. */
const ALMOST_ALL = 2800
/** A hundred posts with their times. */
const LONGEST_ANSWER_BYTES = 1024 * 1024

const Written = Type.Object({ data: Type.Object({ id: Text }) })
const Me = Type.Object({
  data: Type.Object({ id: Text, username: Text, protected: Type.Optional(Type.Boolean()) }),
})
const Links = Type.Array(Type.Object({ url: Text, expanded_url: Type.Optional(Text) }))
const Recent = Type.Object({
  data: Type.Optional(
    Type.Array(
      Type.Object({
        id: Text,
        text: Type.String(),
        created_at: Type.Optional(Type.String()),
        entities: Type.Optional(Type.Object({ urls: Type.Optional(Links) })),
      }),
    ),
  ),
  meta: Type.Optional(Type.Object({ next_token: Type.Optional(Type.String()) })),
})

/** Version 2 of the API (docs.x.com). Every call throws DeliveryError. */
export interface Api {
  post(text: string): Promise<Response>
  /** Resolves with any answer, because it also tells X's time. */
  askWho(): Promise<Response>
  whoIn(answer: Response): Static<typeof Me>['data']
  /** The account's own posts from a time on, the latest first, as far back as X shows them. */
  posts(userId: string, from: Date): AsyncIterable<WritingsPage<OwnPost>>
}

export function createApi(apiBase: string, access: AccountAccess, tools: Pick<Tools, 'send' | 'now'>): Api {
  const calls = createCalls({
    target: 'Twitter',
    base: apiBase,
    tools,
    maxBytes: LONGEST_ANSWER_BYTES,
    headers: async (method, url) => ({ accept: 'application/json', authorization: await access.header(method, url) }),
    renew: ({ authorization = '' }) => access.renew(authorization),
    refused: (answer) => refusedBy(answer, access, tools.now()),
    foreign: ({ status }) => wrongAddress(`Twitter answered ${status}, but not in the form of X's API`, status),
  })

  let mayAskFields = true

  return {
    post: async (text) => await calls.write('POST', '/2/tweets', { text }),
    askWho: async () => await calls.ask('/2/users/me?user.fields=protected'),
    whoIn: (answer) => calls.understood(answer, Me).value.data,
    async *posts(userId, time) {
      const from = wholeSecond(time)
      const path = `/2/users/${encodeURIComponent(userId)}/tweets`
      let next: string | undefined
      let count = 0
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const query = {
          max_results: String(PAGE),
          start_time: `${from.toISOString().slice(0, 19)}Z`,
          ...(next === undefined ? {} : { pagination_token: next }),
        }
        const { value, clock } = calls.understood(await askPage(path, query), Recent)
        const writings = (value.data ?? []).map(({ id, text, created_at, entities }) => ({
          id,
          url: addressOf(id),
          ...asSent(unescaped(text), entities?.urls ?? []),
          createdAt: timeOf(created_at ?? '') ?? timeIn(id),
        }))
        next = value.meta?.next_token
        count += writings.length
        yield { writings, hasOlder: next !== undefined || count >= ALMOST_ALL, from, clock }
        if (next === undefined) return
      }
    },
  }

  /** The fields only help: X is renaming them to "post.fields", and a post's id tells its time. */
  async function askPage(path: string, query: Readonly<Record<string, string>>): Promise<Response> {
    if (mayAskFields) {
      const answer = await calls.ask(`${path}?${new URLSearchParams({ ...FIELDS, ...query })}`)
      if (answer.status !== 400) return answer
      mayAskFields = false
    }
    return await calls.ask(`${path}?${new URLSearchParams(query)}`)
  }
}

const FIELDS = { 'tweet.fields': 'created_at,entities' }
/** Ids are snowflakes: milliseconds since this moment, above 22 other bits (docs.x.com, "X IDs"). */
const EPOCH_MS = 1_288_834_974_657n

/** Null for an id that is none. */
function timeIn(id: string): number | null {
  return /^\d{10,19}$/.test(id) ? Number((BigInt(id) >> 22n) + EPOCH_MS) : null
}

/** Null if the answer broke off or is another server's. */
export function writtenId(answer: Response): string | null {
  return jsonAs(answer, Written)?.data.id ?? null
}

export function addressOf(postId: string): string {
  return `https://x.com/i/web/status/${postId}`
}

function wholeSecond(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000)
}

/** X replaces each link by one of t.co, and mostly tells the original. */
function asSent(text: string, links: Static<typeof Links>): Pick<OwnPost, 'text' | 'links'> {
  const whole = links.reduce((rest, { url, expanded_url }) => rest.replace(url, () => expanded_url ?? url), text)
  return { text: whole, links: /https?:\/\/t\.co\//.test(whole) ? 'ignored' : 'compared' }
}

/** X escapes only these three characters. */
function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
