import type { Finding } from '../contract/connector.ts'
import { error, ok, unencrypted, warning } from '../kit/finding.ts'
import { findingOf } from '../kit/setting-error.ts'
import type { Api } from './api.ts'
import type { Settings } from './settings.ts'

export async function checkRoom({ base_url, room }: Settings, api: Api): Promise<Finding[]> {
  const about = unencrypted(base_url)
  try {
    const speaker = ok('access_token', `speaks as ${await api.me()}`)
    return [...about, speaker, ...(await ofRoom(room, api))]
  } catch (failed) {
    return [...about, findingOf(failed, 'base_url')]
  }
}

async function ofRoom(room: string, api: Api): Promise<Finding[]> {
  try {
    const id = room.startsWith('!') ? room : await api.roomId(room)
    if (!(await api.joinedRooms()).includes(id))
      return [error('room', `the account is not in ${room}; invite it, and accept the invitation as that account`)]
    const joined = ok('room', `speaks in ${room}`)
    if (!(await api.isEncrypted(id))) return [joined]
    return [
      joined,
      warning('room', 'the room is encrypted, and what the relay says there is not; use a room that is not'),
    ]
  } catch (failed) {
    return [{ ...findingOf(failed), setting: 'room' }]
  }
}
