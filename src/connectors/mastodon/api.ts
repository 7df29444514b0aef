import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'
import type { Receipt, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { isSuccess, jsonAs } from '../kit/answer.ts'
import { createCalls } from '../kit/calls.ts'
import { htmlText } from '../kit/html-text.ts'
import type { WritingsPage } from '../kit/own-writings.ts'
import type { OwnPost } from '../kit/posting.ts'
import { timeOf } from '../kit/target-clock.ts'
import { limitOf, notMastodon, refusedBy } from './refusal.ts'
import type { Settings } from './settings.ts'

/** The most that the API allows. */
const PAGE = 40
/** Four thousand posts; Mastodon allows 300 requests in five minutes. */
const MOST_PAGES = 100
/** Forty statuses have some 200 KiB, the description of a server up to 100. */
const LONGEST_ANSWER_BYTES = 2 * 1024 * 1024
/** Mastodon's defaults. */
const DEFAULT_LENGTH: PostLength = { longest: 500, link: 23 }

const Written = Type.Object({ id: Type.String(), url: Type.Optional(Type.Union([Type.String(), Type.Null()])) })
const Me = Type.Object({ id: Type.String(), acct: Type.String(), bot: Type.Optional(Type.Boolean()) })
const Statuses = Type.Array(Type.Object({ id: Type.String(), content: Type.String(), created_at: Type.String() }))
const Instance = Type.Object({
  configuration: Type.Object({
    statuses: Type.Object({
      max_characters: Type.Integer({ minimum: 100 }),
      characters_reserved_per_url: Type.Optional(Type.Integer({ minimum: 0 })),
    }),
  }),
})

export interface PostLength {
  readonly longest: number
  /** The least that a link counts. */
  readonly link: number
}

/** The calls of Mastodon's API (docs.joinmastodon.org). All throw DeliveryError. */
export interface Api {
  post(text: string, jobKey: string): Promise<Receipt>
  me(): Promise<Static<typeof Me>>
  /** The account's own posts, the latest first. */
  posts(accountId: string): AsyncIterable<WritingsPage<OwnPost>>
  length(): Promise<PostLength>
}

export function createApi(settings: Settings, tools: Pick<Tools, 'send' | 'now' | 'limit'>): Api {
  const calls = createCalls({
    target: 'Mastodon',
    base: settings.base_url.replace(/\/+$/, ''),
    tools,
    maxBytes: LONGEST_ANSWER_BYTES,
    headers: () => ({ accept: 'application/json', authorization: `Bearer ${settings.access_token}` }),
    refused: (answer) => refusedBy(answer, tools.now()),
    foreign: ({ status }) => notMastodon('hold', status),
  })

  return {
    async post(text, jobKey) {
      const answer = await calls.write(
        'POST',
        '/api/v1/statuses',
        { status: text, visibility: settings.visibility },
        // For an hour Mastodon answers a repeat with the first status.
        { headers: { 'idempotency-key': createHash('sha256').update(jobKey).digest('hex') } },
      )
      const limit = limitOf(answer)
      if (limit !== null) tools.limit?.('requests', limit)
      if (!isSuccess(answer)) throw refusedBy(answer, tools.now())
      if (answer.status !== 200) throw notMastodon('in doubt', answer.status)
      const told = jsonAs(answer, Written)
      if (told !== null) return { id: told.id, url: told.url ?? null }
      if (answer.truncated) return { note: 'Mastodon says that it is written, and not where' }
      throw notMastodon('in doubt', 200)
    },
    me: async () => (await calls.read('/api/v1/accounts/verify_credentials', Me)).value,
    async *posts(accountId) {
      const path = `/api/v1/accounts/${encodeURIComponent(accountId)}/statuses?limit=${PAGE}&exclude_reblogs=true`
      let older = ''
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const { value, clock } = await calls.read(path + older, Statuses)
        const writings = value.map(({ id, content, created_at }) => ({
          id,
          // html-to-text takes a zero-width space for a space.
          text: htmlText(content.replaceAll('\u200B', '')),
          createdAt: timeOf(created_at),
          links: 'compared' as const,
        }))
        const last = value.at(-1)?.id
        // A page may be shorter by the posts that were left out, so only an empty one is past the end.
        yield { writings, hasOlder: last !== undefined, clock }
        if (last === undefined) return
        older = `&max_id=${encodeURIComponent(last)}`
      }
    },
    async length() {
      try {
        const { statuses } = (await calls.read('/api/v2/instance', Instance)).value.configuration
        const { max_characters: longest, characters_reserved_per_url: link = DEFAULT_LENGTH.link } = statuses
        return { longest, link }
      } catch (error) {
        if (error instanceof DeliveryError) return DEFAULT_LENGTH
        throw error
      }
    },
  }
}
