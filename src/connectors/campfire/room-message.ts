import type { Written } from '../kit/own-writings.ts'

export interface RoomMessage extends Written {
  /** Null: a notice of the room itself. */
  readonly authorId: string | null
  readonly text: string
}

export interface RoomPage {
  readonly messages: readonly RoomMessage[]
  /** The target's time. */
  readonly clock: Date | null
}

/** The forms in which Campfires have written times; without a zone it is UTC. Null for any other. */
export function timeOf(text: string): number | null {
  const parts =
    /^(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,3})\d*)? ?(?:Z|UTC|GMT|([+-]\d\d):?(\d\d))?$/.exec(text)
  if (parts === null) return null
  const [, year, month, day, time, fraction = '0', hours = '+00', minutes = '00'] = parts
  const at = Date.parse(`${year}-${month}-${day}T${time}.${fraction.padEnd(3, '0')}${hours}:${minutes}`)
  return Number.isNaN(at) ? null : at
}
