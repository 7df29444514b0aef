import { type Static, Type } from 'typebox'
import type { Receipt, Tools } from '../contract/connector.ts'
import { isSuccess, jsonAs } from '../kit/answer.ts'
import { createCalls } from '../kit/calls.ts'
import type { WritingsPage, Written } from '../kit/own-writings.ts'
import { MARK, markOf } from './message.ts'
import { notMatrix, refusedBy } from './refusal.ts'
import type { Settings } from './settings.ts'

const PAGE = 100
/** Ten thousand messages of our own. */
const MOST_PAGES = 100
/** An event has at most 64 KiB. */
const LONGEST_ANSWER_BYTES = 8 * 1024 * 1024

const Sent = Type.Object({ event_id: Type.String({ minLength: 1 }) })
const Me = Type.Object({ user_id: Type.String() })
const Alias = Type.Object({ room_id: Type.String() })
const Joined = Type.Object({ joined_rooms: Type.Array(Type.String()) })
const Relation = Type.Object({ rel_type: Type.Optional(Type.String()), event_id: Type.Optional(Type.String()) })
const Event = Type.Object({
  event_id: Type.String(),
  origin_server_ts: Type.Number(),
  content: Type.Object({
    'm.relates_to': Type.Optional(Relation),
    [MARK]: Type.Optional(Type.Unknown()),
  }),
})
const Messages = Type.Object({ chunk: Type.Array(Event), end: Type.Optional(Type.String()) })

export interface OwnEvent extends Written {
  readonly mark: unknown
}

/** The calls of the client-server API (spec.matrix.org, v1.11). All throw DeliveryError. */
export interface Api {
  /** A repeat with the same key is answered with the first event, as long as the server remembers it. */
  send(room: string, key: string, content: object): Promise<Receipt>
  me(): Promise<string>
  roomId(alias: string): Promise<string>
  joinedRooms(): Promise<readonly string[]>
  /** The event that starts the thread of this one, or itself; null if it cannot be read. */
  rootOf(room: string, eventId: string): Promise<string | null>
  isEncrypted(room: string): Promise<boolean>
  /** What the account wrote into the room, the latest first. */
  ownEvents(room: string, user: string): AsyncIterable<WritingsPage<OwnEvent>>
}

export function createApi({ base_url, access_token }: Settings, tools: Pick<Tools, 'send' | 'now'>): Api {
  const calls = createCalls({
    target: 'Matrix',
    base: `${base_url.trim().replace(/\/+$/, '')}/_matrix/client/v3`,
    tools,
    maxBytes: LONGEST_ANSWER_BYTES,
    headers: () => ({ accept: 'application/json', authorization: `Bearer ${access_token}` }),
    refused: (answer) => refusedBy(answer, tools.now()),
    foreign: (answer) => notMatrix('hold', answer),
  })
  const inRoom = (room: string, path: string): string => `/rooms/${encodeURIComponent(room)}/${path}`

  return {
    async send(room, key, content) {
      const answer = await calls.write('PUT', inRoom(room, `send/m.room.message/${markOf(key)}`), content)
      if (!isSuccess(answer)) throw refusedBy(answer, tools.now())
      const sent = answer.status === 200 ? jsonAs(answer, Sent) : null
      if (sent !== null) return { id: sent.event_id }
      if (answer.status === 200 && answer.truncated) return { note: 'Matrix says that it is written, and not where' }
      throw notMatrix('in doubt', answer)
    },
    me: async () => (await calls.read('/account/whoami', Me)).value.user_id,
    roomId: async (alias) => (await calls.read(`/directory/room/${encodeURIComponent(alias)}`, Alias)).value.room_id,
    joinedRooms: async () => (await calls.read('/joined_rooms', Joined)).value.joined_rooms,
    async rootOf(room, eventId) {
      const answer = await calls.ask(inRoom(room, `event/${encodeURIComponent(eventId)}`))
      // Somebody has removed it, or the account came later.
      if (answer.status === 403 || answer.status === 404) return null
      const relation = calls.understood(answer, Event).value.content['m.relates_to']
      return relation?.rel_type === 'm.thread' ? (relation.event_id ?? eventId) : eventId
    },
    async isEncrypted(room) {
      const answer = await calls.ask(inRoom(room, 'state/m.room.encryption/'))
      if (answer.status === 403 || answer.status === 404) return false
      calls.understood(answer, Type.Object({}))
      return true
    },
    async *ownEvents(room, user) {
      const filter = encodeURIComponent(JSON.stringify({ senders: [user], types: ['m.room.message'] }))
      let from = ''
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const path = inRoom(room, `messages?dir=b&limit=${PAGE}&filter=${filter}${from}`)
        const { value, clock } = await calls.read(path, Messages)
        yield { writings: value.chunk.map(ownEvent), hasOlder: value.end !== undefined, clock }
        if (value.end === undefined) return
        from = `&from=${encodeURIComponent(value.end)}`
      }
    },
  }
}

function ownEvent({ event_id, origin_server_ts, content }: Static<typeof Event>): OwnEvent {
  return { id: event_id, createdAt: origin_server_ts, mark: content[MARK] }
}
