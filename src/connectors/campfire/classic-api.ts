import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Response } from '../../http/send.ts'
import type { Tools } from '../contract/connector.ts'
import { noAnswer, noAnswerToRead } from '../kit/answer.ts'
import { jsonOf } from './answer-json.ts'
import { classicRefusal, notCampfire } from './classic-refusal.ts'
import type { Classic } from './place.ts'
import { type RoomMessage, timeOf } from './recent.ts'
import { ofRead } from './refusal.ts'

/** The most that "recent messages" gives. */
export const RECENT = 100
/** A hundred messages, with pasted texts among them. */
const LONGEST_ANSWER_BYTES = 4 * 1024 * 1024

const Id = Type.Union([Type.Integer(), Type.String({ minLength: 1 })])
const Room = Type.Object({ id: Id, name: Type.String(), locked: Type.Optional(Type.Boolean()) })
const Written = Type.Object({ message: Type.Object({ id: Id }) })
const Me = Type.Object({ user: Type.Object({ id: Id, name: Type.String() }) })
const OneRoom = Type.Object({ room: Room })
const Rooms = Type.Object({ rooms: Type.Array(Room) })
const Recent = Type.Object({
  messages: Type.Array(
    Type.Object({
      id: Id,
      // A notice of the room itself (the time, a lock) has no body, or no author.
      body: Type.Optional(Type.Union([Type.String(), Type.Null()])),
      user_id: Type.Optional(Type.Union([Id, Type.Null()])),
      created_at: Type.String(),
    }),
  ),
})

/**
 * The calls of the classic API, as https://github.com/basecamp/campfire-api describes them.
 * All throw DeliveryError, with the setting to mend in its message.
 */
export interface ClassicApi {
  /** Gives the id of the new message, where the answer tells it. */
  speak(text: string): Promise<string | null>
  me(): Promise<{ readonly id: string; readonly name: string }>
  /** Null: there is no such room, or not for this user. */
  room(): Promise<Static<typeof Room> | null>
  /** Those that this user may enter. */
  rooms(): Promise<readonly Static<typeof Room>[]>
  /** The latest messages of the room, with the answer that brought them. */
  recent(): Promise<{ readonly messages: readonly RoomMessage[]; readonly answer: Response }>
}

export function createClassicApi(place: Classic, tools: Pick<Tools, 'send' | 'now'>): ClassicApi {
  const { base, roomId } = place
  const headers = {
    accept: 'application/json',
    authorization: `Basic ${Buffer.from(`${place.token}:X`).toString('base64')}`,
  }

  async function get(path: string): Promise<Response> {
    return await tools
      .send({ method: 'GET', url: `${base}${path}`, headers, maxBytes: LONGEST_ANSWER_BYTES })
      .catch(noAnswerToRead)
  }

  async function read<S extends TSchema>(path: string, schema: S): Promise<{ value: Static<S>; answer: Response }> {
    const answer = await get(path)
    if (answer.status !== 200) throw ofRead(classicRefusal(answer, place, tools.now()))
    return { value: understood(answer, schema), answer }
  }

  function understood<S extends TSchema>(answer: Response, schema: S): Static<S> {
    const value = jsonOf(answer)
    if (Value.Check(schema, value)) return value
    throw ofRead(notCampfire(answer, place))
  }

  return {
    async speak(text) {
      // Line ends are lost in a TextMessage; without a type the server would guess one from the text.
      const type = text.includes('\n') ? 'PasteMessage' : 'TextMessage'
      const answer = await tools
        .send({
          method: 'POST',
          url: `${base}/room/${roomId}/speak.json`,
          headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
          body: JSON.stringify({ message: { type, body: text } }),
        })
        .catch(noAnswer)
      if (answer.status !== 201) throw classicRefusal(answer, place, tools.now())
      const value = jsonOf(answer)
      return Value.Check(Written, value) ? String(value.message.id) : null
    },
    async me() {
      const { user } = (await read('/users/me.json', Me)).value
      return { id: String(user.id), name: user.name }
    },
    async room() {
      const answer = await get(`/room/${roomId}.json`)
      if (answer.status === 404) return null
      if (answer.status !== 200) throw ofRead(classicRefusal(answer, place, tools.now()))
      return understood(answer, OneRoom).room
    },
    async rooms() {
      return (await read('/rooms.json', Rooms)).value.rooms
    },
    async recent() {
      const { value, answer } = await read(`/room/${roomId}/recent.json?limit=${RECENT}`, Recent)
      const messages = value.messages.map(({ id, user_id, body, created_at }) => ({
        id: String(id),
        authorId: user_id === undefined || user_id === null ? null : String(user_id),
        text: body ?? '',
        createdAt: timeOf(created_at),
      }))
      return { messages, answer }
    },
  }
}
