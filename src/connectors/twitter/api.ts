import { type Static, Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import type { Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { jsonAs } from '../kit/answer.ts'
import { createCalls } from '../kit/calls.ts'
import type { OwnPost, OwnPosts } from '../kit/posting.ts'
import { earliestAtTarget, timeOf } from '../kit/target-clock.ts'
import { type Access, Text } from './access.ts'
import { refusedBy } from './refusal.ts'

/** The most that a page of a timeline has. */
const PAGE = 100
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
        created_at: Type.String(),
        entities: Type.Optional(Type.Object({ urls: Type.Optional(Links) })),
      }),
    ),
  ),
  meta: Type.Optional(Type.Object({ next_token: Type.Optional(Type.String()) })),
})

/** The calls of the API of X, version 2 (docs.x.com). All throw DeliveryError. */
export interface Api {
  /** Sends a post and gives the answer, whatever it is. */
  post(text: string): Promise<Response>
  /** Asks X who we are and gives the answer, whatever it is: it also tells X's time. */
  askWho(): Promise<Response>
  /** Who we are by that answer. */
  whoIn(answer: Response): Static<typeof Me>['data']
  /** The account's posts of an attempt that began at `since`, and later ones; a page of them at most. */
  recent(userId: string, since: Date): Promise<OwnPosts>
}

export function createApi(apiBase: string, access: Access, tools: Pick<Tools, 'send' | 'now'>): Api {
  const calls = createCalls({
    target: 'Twitter',
    base: apiBase,
    tools,
    maxBytes: LONGEST_ANSWER_BYTES,
    headers: async (method, url) => ({ accept: 'application/json', authorization: await access.header(method, url) }),
    // A token that ended early is replaced once.
    renew: ({ authorization = '' }) => access.renew(authorization),
    refused: (answer) => refusedBy(answer, access, tools.now()),
    foreign: ({ status }) =>
      new DeliveryError('hold', `Twitter answered ${status}, but not as X does; check api_base_url`, {
        status,
        setting: 'api_base_url',
      }),
  })

  return {
    post: async (text) => await calls.write('POST', '/2/tweets', { text }),
    askWho: async () => await calls.ask('/2/users/me?user.fields=protected'),
    whoIn: (answer) => calls.understood(answer, Me).value.data,
    async recent(userId, since) {
      const from = wholeSecond(earliestAtTarget(since, null, tools.now()))
      const query = new URLSearchParams({
        'tweet.fields': 'created_at,entities',
        exclude: 'replies,retweets',
        max_results: String(PAGE),
        start_time: `${from.toISOString().slice(0, 19)}Z`,
      })
      const { value, clock } = await calls.read(`/2/users/${encodeURIComponent(userId)}/tweets?${query}`, Recent)
      const writings = (value.data ?? []).map(({ id, text, created_at, entities }) => ({
        id,
        url: addressOf(id),
        ...asSent(unescaped(text), entities?.urls ?? []),
        createdAt: timeOf(created_at),
      }))
      return { writings, hasOlder: value.meta?.next_token !== undefined, from, clock }
    },
  }
}

/** The id of a post in the answer that it was written; null: the answer broke off, or is another server's. */
export function writtenId(answer: Response): string | null {
  return jsonAs(answer, Written)?.data.id ?? null
}

export function addressOf(postId: string): string {
  return `https://x.com/i/web/status/${postId}`
}

function wholeSecond(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000)
}

/** X shows an address of its own for each link, and tells what it stands for. */
function asSent(text: string, links: Static<typeof Links>): Pick<OwnPost, 'text' | 'links'> {
  const whole = links.reduce((rest, { url, expanded_url }) => rest.replace(url, () => expanded_url ?? url), text)
  return { text: whole, links: /https?:\/\/t\.co\//.test(whole) ? 'ignored' : 'compared' }
}

/** X escapes three signs in the text of a post, and no other. */
function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
