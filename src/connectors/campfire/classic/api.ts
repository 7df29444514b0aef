import { type Static, Type } from 'typebox'
import type { Tools } from '../../contract/connector.ts'
import { jsonAs } from '../../kit/answer.ts'
import { basicAuth } from '../../kit/basic-auth.ts'
import { createCalls, type Read } from '../../kit/calls.ts'
import type { Classic } from '../place.ts'
import { type RoomPage, timeOf } from '../room-message.ts'
import { classicRefusal, notCampfire } from './refusal.ts'

/** The most that "recent messages" returns. */
export const RECENT = 100
/** A hundred messages, some of them pasted texts. */
const LONGEST_ANSWER_BYTES = 4 * 1024 * 1024
/** A day of a busy room. */
const LONGEST_TRANSCRIPT_BYTES = 32 * 1024 * 1024

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
      // A notice of the room (the time, a lock) has no body or no author.
      body: Type.Optional(Type.Union([Type.String(), Type.Null()])),
      user_id: Type.Optional(Type.Union([Id, Type.Null()])),
      created_at: Type.String(),
    }),
  ),
})

/**
 * The classic API, https://github.com/basecamp/campfire-api. All calls throw DeliveryError, with the setting to correct.
 */
export interface ClassicApi {
  /** @returns the id of the new message, if the answer has it */
  speak(text: string): Promise<string | null>
  me(): Promise<{ readonly id: string; readonly name: string }>
  /** Null if it does not exist, or not for this user. */
  room(): Promise<Static<typeof Room> | null>
  /** Those that this user may enter. */
  rooms(): Promise<readonly Static<typeof Room>[]>
  /** The latest hundred; with an id, those since that message. */
  recent(since?: string): Promise<RoomPage>
  /** All messages of a day; null if there is no transcript. */
  transcript(day: Date): Promise<RoomPage | null>
}

export function createClassicApi(place: Classic, tools: Pick<Tools, 'send' | 'now'>): ClassicApi {
  const { base, roomId, token } = place
  const calls = createCalls({
    target: 'Campfire',
    base,
    tools,
    maxBytes: LONGEST_ANSWER_BYTES,
    headers: () => ({ accept: 'application/json', authorization: basicAuth(token, 'X') }),
    refused: (answer) => classicRefusal(answer, place, tools.now()),
    foreign: (answer) => notCampfire(answer, place),
  })

  return {
    async speak(text) {
      // Line ends are lost in a TextMessage; without a type the server would guess one from the text.
      const type = text.includes('\n') ? 'PasteMessage' : 'TextMessage'
      const answer = await calls.write(
        'POST',
        `/room/${roomId}/speak.json`,
        { message: { type, body: text } },
        { headers: { 'content-type': 'application/json; charset=utf-8' } },
      )
      if (answer.status !== 201) throw classicRefusal(answer, place, tools.now())
      const written = jsonAs(answer, Written)
      return written === null ? null : String(written.message.id)
    },
    async me() {
      const { user } = (await calls.read('/users/me.json', Me)).value
      return { id: String(user.id), name: user.name }
    },
    async room() {
      const answer = await calls.ask(`/room/${roomId}.json`)
      return answer.status === 404 ? null : calls.understood(answer, OneRoom).value.room
    },
    async rooms() {
      return (await calls.read('/rooms.json', Rooms)).value.rooms
    },
    async recent(since) {
      const later = since === undefined ? '' : `&since_message_id=${encodeURIComponent(since)}`
      return pageOf(await calls.read(`/room/${roomId}/recent.json?limit=${RECENT}${later}`, Recent))
    },
    async transcript(day) {
      const path = `/room/${roomId}/transcript/${day.toISOString().slice(0, 10).replaceAll('-', '/')}.json`
      const answer = await calls.ask(path, { maxBytes: LONGEST_TRANSCRIPT_BYTES })
      return answer.status === 403 || answer.status === 404 ? null : pageOf(calls.understood(answer, Recent))
    },
  }
}

function pageOf({ value, clock }: Read<Static<typeof Recent>>): RoomPage {
  const messages = value.messages.map(({ id, user_id, body, created_at }) => ({
    id: String(id),
    authorId: user_id === undefined || user_id === null ? null : String(user_id),
    text: body ?? '',
    createdAt: timeOf(created_at),
  }))
  return { messages, clock }
}
