import { Type } from 'typebox'
import type { Response } from '../../../http/send.ts'
import type { Tools } from '../../contract/connector.ts'
import { jsonAs, ofRead } from '../../kit/answer.ts'
import { createCalls } from '../../kit/calls.ts'
import { clockOf } from '../../kit/target-clock.ts'
import type { Once } from '../place.ts'
import { type RoomPage, timeOf } from '../room-message.ts'
import { onceRefusal } from './refusal.ts'

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
  | ({ readonly type: 'page' } & RoomPage)
  /** This version cannot be asked, or the room is not the bot's. */
  | { readonly type: 'no answer'; readonly answer: Response }

/**
 * The calls that a bot has, as https://github.com/basecamp/once-campfire defines them (app/controllers/messages/
 * by_bots_controller.rb). All throw DeliveryError, never with the address in its message: it holds the key.
 */
export interface OnceApi {
  write(html: string): Promise<{ readonly id: string | null; readonly url: string | null }>
  /** The latest messages, oldest first; or those before a message. Only versions later than 1.4.9 can be asked. */
  messages(before?: string): Promise<Asked>
  /** The version that a Campfire shows on each of its pages; null when there is no Campfire. */
  version(): Promise<string | null>
}

export function createOnceApi(place: Once, tools: Pick<Tools, 'send' | 'now'>): OnceApi {
  const room = `/rooms/${place.roomId}/${place.botKey}/messages`
  const refused = (answer: Response) => onceRefusal(answer, place, tools.now())
  const calls = createCalls({
    target: 'Campfire',
    base: place.base,
    tools,
    maxBytes: LONGEST_ANSWER_BYTES,
    headers: (method): Record<string, string> => (method === 'GET' ? { accept: 'application/json' } : {}),
    refused,
    foreign: refused,
  })

  return {
    async write(html) {
      // Any form type would be taken apart as a form, and JSON be parsed: "100%" or "attachment=" would be refused.
      const headers = { 'content-type': 'text/html; charset=utf-8' }
      const answer = await calls.write('POST', room, html, { headers })
      if (answer.status !== 201) throw refused(answer)
      return written(answer.headers.location)
    },
    async messages(before) {
      const answer = await calls.ask(before === undefined ? room : `${room}?before=${encodeURIComponent(before)}`)
      if ([404, 405, 406].includes(answer.status)) return { type: 'no answer', answer }
      if (answer.status !== 200) throw ofRead(refused(answer))
      const page = jsonAs(answer, Page)
      if (page === null) return { type: 'no answer', answer }
      const messages = page.map(({ id, created_at, body, creator }) => ({
        id: String(id),
        authorId: String(creator.id),
        text: body.plain_text,
        createdAt: timeOf(created_at),
      }))
      return { type: 'page', messages, clock: clockOf(answer) }
    },
    async version() {
      const answer = await calls.ask('/session/new')
      return answer.headers['x-version'] ?? null
    },
  }
}

function written(location: string | undefined): { id: string | null; url: string | null } {
  if (location === undefined || !URL.canParse(location)) return { id: null, url: null }
  const id = /\/messages\/([0-9]+)$/.exec(new URL(location).pathname)?.[1] ?? null
  return { id, url: id === null ? null : location }
}
