import type { Finding, Session, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { createClassicApi, RECENT } from './classic-api.ts'
import { messageFor } from './message.ts'
import type { Classic } from './place.ts'
import { createMemory, notBefore } from './recent.ts'
import { Refusal } from './refusal.ts'

/** The most rooms that a finding lists. */
const LISTED = 10

/** A room of the classic Campfire. */
export function classicSession(place: Classic, tools: Tools): Session {
  const api = createClassicApi(place, tools)
  const memory = createMemory()
  let ownId: string | null = null

  async function checkAll(): Promise<Finding[]> {
    const me = await api.me()
    const speaker: Finding = { level: 'ok', setting: 'api_token', message: `speaks as ${me.name}` }
    const room = await api.room()
    if (room === null) {
      const message = `there is no room ${place.roomId}; ${roomsInWords(await api.rooms())}`
      return [speaker, { level: 'error', setting: 'room_id', message }]
    }
    const locked = room.locked === true
    const message = locked ? `"${room.name}" is locked: what is said now may not be kept` : `speaks in "${room.name}"`
    return [speaker, { level: locked ? 'warning' : 'ok', setting: 'room_id', message }]
  }

  return {
    async perform(job) {
      const id = await api.speak(messageFor(job).text)
      if (id !== null) memory.remember(id, job.key)
      return { id }
    },
    async confirm(job, since) {
      ownId ??= (await api.me()).id
      const { messages, answer } = await api.recent()
      const earliest = notBefore(since, answer, tools.now())
      if (messages.some(({ createdAt }) => createdAt === null)) return 'cannot tell'
      const sought = { authorId: ownId, text: messageFor(job).text, notBefore: earliest, jobKey: job.key }
      const found = memory.find(messages, sought)
      if (found !== null) return { id: found.id, note: 'already in the room' }
      // What a full page of later messages has pushed out cannot be seen.
      const isWhole = messages.length < RECENT || messages.some(({ createdAt }) => (createdAt ?? earliest) < earliest)
      return isWhole ? 'absent' : 'cannot tell'
    },
    async check() {
      const about = plainHttp(place)
      try {
        return [...about, ...(await checkAll())]
      } catch (error) {
        if (!(error instanceof DeliveryError)) throw error
        return [
          ...about,
          {
            level: 'error',
            setting: error instanceof Refusal ? error.setting : place.addressSetting,
            message: error.message,
          },
        ]
      }
    },
  }
}

function plainHttp(place: Classic): Finding[] {
  if (place.base.startsWith('https:')) return []
  const message =
    place.addressSetting === 'subdomain'
      ? 'off: the token and every message can be read on their way, and an account with SSL answers only with a redirect'
      : 'no https: the token and every message can be read on their way'
  return [{ level: 'warning', setting: place.addressSetting === 'subdomain' ? 'use_ssl' : 'base_url', message }]
}

function roomsInWords(rooms: readonly { readonly id: string | number; readonly name: string }[]): string {
  if (rooms.length === 0) return 'the user of api_token may enter none at all'
  const listed = rooms.slice(0, LISTED).map(({ id, name }) => `${id} ("${name}")`)
  return `the user of api_token may enter ${listed.join(', ')}${rooms.length > LISTED ? ' and others' : ''}`
}
