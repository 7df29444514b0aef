import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Response } from '../../http/send.ts'
import type { Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { noAnswer, noAnswerToRead } from '../kit/answer.ts'
import type { OwnPost } from '../kit/own-posts.ts'
import { type Access, parsed, Text } from './access.ts'
import { ofRead, refusedBy } from './refusal.ts'

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

export interface Api {
  /** Sends a post, and gives the answer whatever it is. @throws {DeliveryError} when there is none */
  post(text: string): Promise<Response>
  /** The answer, or the refusal, to the question who we are. */
  me(): Promise<{ readonly answer: Response; readonly me: Static<typeof Me>['data'] | DeliveryError }>
  /** The account's own posts since then; `whole` is false when there are more than X shows at once. */
  recent(userId: string, since: Date): Promise<{ posts: readonly OwnPost[]; whole: boolean }>
}

/** The calls of the API of X, version 2 (docs.x.com). */
export function createApi(apiBase: string, access: Access, tools: Pick<Tools, 'send' | 'now'>): Api {
  async function ask(method: 'GET' | 'POST', path: string, body: string | null): Promise<Response> {
    const url = `${apiBase}${path}`
    const once = async (authorization: string): Promise<Response> =>
      await tools
        .send({
          method,
          url,
          headers: {
            accept: 'application/json',
            authorization,
            ...(body === null ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === null ? {} : { body }),
          maxBytes: LONGEST_ANSWER_BYTES,
        })
        .catch(method === 'GET' ? noAnswerToRead : noAnswer)
    const header = await access.header(method, url)
    const answer = await once(header)
    // A 401 wrote nothing; a token that ended early is replaced once.
    return answer.status === 401 && access.renew(header) ? await once(await access.header(method, url)) : answer
  }

  function understood<S extends TSchema>(answer: Response, schema: S): Static<S> | DeliveryError {
    if (answer.status !== 200) return ofRead(refusedBy(answer, access, tools.now()))
    const told = parsed(answer.text())
    if (Value.Check(schema, told)) return told
    return new DeliveryError('hold', 'Twitter answered 200, but not as X does; check api_base_url', { status: 200 })
  }

  return {
    post: async (text) => await ask('POST', '/2/tweets', JSON.stringify({ text })),
    async me() {
      const answer = await ask('GET', '/2/users/me?user.fields=protected', null)
      const told = understood(answer, Me)
      return { answer, me: told instanceof DeliveryError ? told : told.data }
    },
    async recent(userId, since) {
      const query = new URLSearchParams({
        'tweet.fields': 'created_at,entities',
        exclude: 'replies,retweets',
        max_results: String(PAGE),
        start_time: `${since.toISOString().slice(0, 19)}Z`,
      })
      const path = `/2/users/${encodeURIComponent(userId)}/tweets?${query}`
      const told = understood(await ask('GET', path, null), Recent)
      if (told instanceof DeliveryError) throw told
      const posts = (told.data ?? []).map(({ id, text, created_at, entities }) => ({
        id,
        ...asSent(unescaped(text), entities?.urls ?? []),
        createdAt: Date.parse(created_at),
      }))
      return { posts, whole: told.meta?.next_token === undefined }
    },
  }
}

/** The id of a post in the answer that it was written; null: the answer broke off, or is another server's. */
export function writtenId(answer: Response): string | null {
  const told = parsed(answer.text())
  return Value.Check(Written, told) ? told.data.id : null
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
