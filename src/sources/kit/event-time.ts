import { isoTime } from '../../tracker/times.ts'

/** ISO 8601 in UTC with milliseconds, of what a tool told; null if none of them is a time. One without a zone is in UTC. */
export function eventTime(...told: readonly unknown[]): string | null {
  for (const each of told) {
    const time = timeOf(each)
    if (time !== null && !Number.isNaN(time.getTime()) && time.getTime() > 0) return time.toISOString()
  }
  return null
}

function timeOf(told: unknown): Date | null {
  if (typeof told === 'number') return new Date(told)
  if (typeof told !== 'string') return null
  const iso = isoTime(told)
  if (iso !== null) return new Date(iso)
  // Such as Tue, 24 Nov 2026 12:00:00 GMT. JavaScript would read what names no zone in that of this machine.
  return new Date(ENDS_WITH_ZONE.test(told) ? told : `${told.trim()} UTC`)
}

const ENDS_WITH_ZONE = /(?:(?<![\d ] ?[ap])[a-z]|[+-]\d\d:?\d\d)\s*(?:\([^()]*\))?\s*$/i
