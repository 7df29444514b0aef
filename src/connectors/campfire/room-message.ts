import type { Written } from '../kit/own-writings.ts'

/** One message in a room, as much of it as is needed to find one's own again. */
export interface RoomMessage extends Written {
  /** Null: a notice of the room itself. */
  readonly authorId: string | null
  readonly text: string
}

/** The latest messages of a room. */
export interface RoomPage {
  readonly messages: readonly RoomMessage[]
  /** The target's clock when it answered; null when it did not tell. */
  readonly clock: Date | null
}

/** The time in the forms in which Campfires have written it; a time without a zone is UTC. Null: none of them. */
export function timeOf(text: string): number | null {
  const parts =
    /^(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,3})\d*)? ?(?:Z|UTC|GMT|([+-]\d\d):?(\d\d))?$/.exec(text)
  if (parts === null) return null
  const [, year, month, day, time, fraction = '0', hours = '+00', minutes = '00'] = parts
  const at = Date.parse(`${year}-${month}-${day}T${time}.${fraction.padEnd(3, '0')}${hours}:${minutes}`)
  return Number.isNaN(at) ? null : at
}
