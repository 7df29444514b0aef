import type { Finding } from '../../contract/connector.ts'
import { findingOf } from '../../kit/setting-error.ts'
import type { Once } from '../place.ts'
import type { OnceApi } from './api.ts'

export async function checkBot(place: Once, api: OnceApi): Promise<Finding[]> {
  try {
    return [await botInRoom(place, api)]
  } catch (error) {
    return [findingOf(error, 'url')]
  }
}

async function botInRoom({ base, roomId }: Once, api: OnceApi): Promise<Finding> {
  const asked = await api.messages()
  if (asked.type === 'page') return { level: 'ok', setting: null, message: `the bot is in room ${roomId}` }
  const { status, headers } = asked.answer
  const ofRoom = headers['x-version']
  if (status === 404 && ofRoom !== undefined)
    return { level: 'error', setting: 'room_id', message: `the bot is not in room ${roomId}; add it there` }
  const version = ofRoom ?? (await api.version())
  if (version === null) return { level: 'error', setting: 'url', message: `no Campfire answers at ${base}` }
  const message = `Campfire ${version} can be tried only by writing; the first message will show whether bot_key and room are right`
  return { level: 'warning', setting: null, message }
}
