import type { Finding } from '../../contract/connector.ts'
import { findingOf } from '../../kit/setting-error.ts'
import type { Classic } from '../place.ts'
import type { ClassicApi } from './api.ts'

const LISTED = 10

export async function checkRoom(place: Classic, api: ClassicApi): Promise<Finding[]> {
  const about = plainHttp(place)
  try {
    return [...about, ...(await speakerAndRoom(place, api))]
  } catch (error) {
    return [...about, findingOf(error, place.addressSetting)]
  }
}

async function speakerAndRoom({ roomId }: Classic, api: ClassicApi): Promise<Finding[]> {
  const me = await api.me()
  const speaker: Finding = { level: 'ok', setting: 'api_token', message: `speaks as ${me.name}` }
  const room = await api.room()
  if (room === null) {
    const message = `there is no room ${roomId}; ${roomsInWords(await api.rooms())}`
    return [speaker, { level: 'error', setting: 'room_id', message }]
  }
  const locked = room.locked === true
  const message = locked ? `"${room.name}" is locked: what is said now may not be kept` : `speaks in "${room.name}"`
  return [speaker, { level: locked ? 'warning' : 'ok', setting: 'room_id', message }]
}

function plainHttp({ base, addressSetting }: Classic): Finding[] {
  if (base.startsWith('https:')) return []
  const message =
    addressSetting === 'subdomain'
      ? 'off: the token and every message can be read on their way, and an account with SSL answers only with a redirect'
      : 'no https: the token and every message can be read on their way'
  return [{ level: 'warning', setting: addressSetting === 'subdomain' ? 'use_ssl' : 'base_url', message }]
}

function roomsInWords(rooms: readonly { readonly id: string | number; readonly name: string }[]): string {
  if (rooms.length === 0) return 'the user of api_token may enter none at all'
  const listed = rooms.slice(0, LISTED).map(({ id, name }) => `${id} ("${name}")`)
  return `the user of api_token may enter ${listed.join(', ')}${rooms.length > LISTED ? ' and others' : ''}`
}
