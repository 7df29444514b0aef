import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Response } from '../../http/send.ts'
import type { Tools } from '../contract/connector.ts'
import { noAnswer, noAnswerToRead } from '../kit/answer.ts'
import { jsonOf } from './answer-json.ts'
import { onceRefusal } from './once-refusal.ts'
import type { Once } from './place.ts'
import { type RoomMessage, timeOf } from './recent.ts'
import { ofRead } from './refusal.ts'

/** A page of forty messages, each in two forms. */
const LONGEST_ANSWER_BYTES = 4 * 1024 * 1024

const Message = Type.Object({
  id: Type.Union([Type.Integer(), Type.String({ minLength: 1 })]),
  created_at: Type.String(),
  body: Type.Object({ plain_text: Type.String() }),
  creator: Type.Object({ id: Type.Union([Type.Integer(), Type.String()]) }),
})
const Page = Type.Array(Message)

/** What the question for a room's messages brought. */
export type Asked =
  | { readonly type: 'page'; readonly messages: readonly RoomMessage[]; readonly answer: Response }
  /** This version cannot be asked, or the room is not the bot's. */
  | { readonly type: 'no answer'; readonly answer: Response }

/**
 * The calls that a bot has, as https://github.com/basecamp/once-campfire defines them (app/controllers/messages/
 * by_bots_controller.rb). All throw DeliveryError, never with the address in its message: it holds the key.
 */
export interface OnceApi {
  write(html: string): Promise<{ readonly id: string | null; readonly url: string | null }>
  /** The latest messages, oldest first; or those before a message. Later versions than 1.4.9 alone can be asked. */
  messages(before?: string): Promise<Asked>
  /** The version that a Campfire shows on each of its pages; null when there is no Campfire. */
  version(): Promise<string | null>
}

export function createOnceApi(place: Once, tools: Pick<Tools, 'send' | 'now'>): OnceApi {
  const address = `${place.base}/rooms/${place.roomId}/${place.botKey}/messages`

  const get = (url: string): Promise<Response> =>
    tools
      .send({ method: 'GET', url, headers: { accept: 'application/json' }, maxBytes: LONGEST_ANSWER_BYTES })
      .catch(noAnswerToRead)

  return {
    async write(html) {
      const answer = await tools
        .send({
          method: 'POST',
          url: address,
          // Any form type would be taken apart as a form, and JSON be parsed: "100%" or "attachment=" would be refused.
          headers: { 'content-type': 'text/html; charset=utf-8' },
          body: html,
        })
        .catch(noAnswer)
      if (answer.status !== 201) throw onceRefusal(answer, place, tools.now())
      return written(answer.headers.location)
    },
    async messages(before) {
      const answer = await get(before === undefined ? address : `${address}?before=${encodeURIComponent(before)}`)
      if (answer.status === 404 || answer.status === 405 || answer.status === 406) return { type: 'no answer', answer }
      if (answer.status !== 200) throw ofRead(onceRefusal(answer, place, tools.now()))
      const page = jsonOf(answer)
      if (!Value.Check(Page, page)) return { type: 'no answer', answer }
      const messages = page.map(({ id, created_at, body, creator }) => ({
        id: String(id),
        authorId: String(creator.id),
        text: body.plain_text,
        createdAt: timeOf(created_at),
      }))
      return { type: 'page', messages, answer }
    },
    async version() {
      const answer = await get(`${place.base}/session/new`)
      return answer.headers['x-version'] ?? null
    },
  }
}

function written(location: string | undefined): { id: string | null; url: string | null } {
  if (location === undefined || !URL.canParse(location)) return { id: null, url: null }
  const id = /\/messages\/([0-9]+)$/.exec(new URL(location).pathname)?.[1] ?? null
  return { id, url: id === null ? null : location }
}
