import { createHash } from 'node:crypto'
import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Response } from '../../http/send.ts'
import type { Receipt, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { noAnswer, noAnswerToRead } from '../kit/answer.ts'
import { htmlText } from '../kit/html-text.ts'
import type { OwnPost } from '../kit/own-posts.ts'
import { limitIn, ofRead, refusedBy } from './refusal.ts'
import type { Settings } from './settings.ts'

/** The most that a page of an account's statuses has. */
const PAGE = 40
/** Forty statuses are some 200 KiB, the description of a server up to 100. */
const LONGEST_ANSWER_BYTES = 2 * 1024 * 1024
/** What every Mastodon takes unless it is set up otherwise. */
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
  /** What a link counts at least. */
  readonly link: number
}

export interface Api {
  /** @throws {DeliveryError} */
  post(text: string, jobKey: string): Promise<Receipt>
  me(): Promise<Static<typeof Me>>
  /** The account's latest statuses; `whole` is false when there may be more. */
  recent(accountId: string): Promise<{ posts: readonly OwnPost[]; whole: boolean }>
  /** How long a post may be; the common length when the server does not tell, or not now. */
  length(): Promise<PostLength>
}

/** The calls of Mastodon's API (docs.joinmastodon.org). */
export function createApi(settings: Settings, tools: Pick<Tools, 'send' | 'now' | 'limit'>): Api {
  const base = settings.base_url.replace(/\/+$/, '')
  const headers = { accept: 'application/json', authorization: `Bearer ${settings.access_token}` }

  async function read<S extends TSchema>(path: string, schema: S): Promise<Static<S>> {
    const answer = await tools
      .send({ method: 'GET', url: `${base}${path}`, headers, maxBytes: LONGEST_ANSWER_BYTES })
      .catch(noAnswerToRead)
    if (answer.status !== 200) throw ofRead(refusedBy(answer, tools.now()))
    const told = jsonOf(answer)
    if (Value.Check(schema, told)) return told
    throw notMastodon('hold', 200)
  }

  return {
    async post(text, jobKey) {
      const answer = await tools
        .send({
          method: 'POST',
          url: `${base}/api/v1/statuses`,
          headers: {
            ...headers,
            'content-type': 'application/json',
            // For an hour Mastodon answers a repeat with the status that is there.
            'idempotency-key': createHash('sha256').update(jobKey).digest('hex'),
          },
          body: JSON.stringify({ status: text, visibility: settings.visibility }),
        })
        .catch(noAnswer)
      const limit = limitIn(answer)
      if (limit !== null) tools.limit?.('requests', limit)
      if (answer.status !== 200) {
        if (answer.status > 200 && answer.status < 300) throw notMastodon('in doubt', answer.status)
        throw refusedBy(answer, tools.now())
      }
      const told = jsonOf(answer)
      if (Value.Check(Written, told)) return { id: told.id, url: told.url ?? null }
      if (answer.truncated) return { note: 'Mastodon says that it is written, and not where' }
      throw notMastodon('in doubt', 200)
    },
    me: async () => await read('/api/v1/accounts/verify_credentials', Me),
    async recent(accountId) {
      const path = `/api/v1/accounts/${encodeURIComponent(accountId)}/statuses?limit=${PAGE}&exclude_reblogs=true`
      const statuses = await read(path, Statuses)
      const posts = statuses.map(({ id, content, created_at }) => ({
        id,
        // To the reader of HTML a space of no width is a space.
        text: htmlText(content.replaceAll('\u200B', '')),
        createdAt: Date.parse(created_at),
        links: 'compared' as const,
      }))
      return { posts, whole: statuses.length < PAGE }
    },
    async length() {
      try {
        const { statuses } = (await read('/api/v2/instance', Instance)).configuration
        const { max_characters: longest, characters_reserved_per_url: link = DEFAULT_LENGTH.link } = statuses
        return { longest, link }
      } catch (error) {
        if (error instanceof DeliveryError) return DEFAULT_LENGTH
        throw error
      }
    },
  }
}

/** What was written may be there: the question for it tells also whether this is a Mastodon. */
function notMastodon(verdict: 'hold' | 'in doubt', status: number): DeliveryError {
  return new DeliveryError(verdict, `Mastodon answered ${status}, but not as a Mastodon does; check base_url`, {
    status,
  })
}

function jsonOf(answer: Response): unknown {
  try {
    return answer.json()
  } catch {
    return null
  }
}
