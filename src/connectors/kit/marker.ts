import { createHash } from 'node:crypto'

/**
 * A short plain-ASCII mark at the end of what the relay writes into a ticket, for targets that offer no better place
 * (a property, a stamp). It serves twice: after an attempt whose end is unknown the ticket is searched for it, and a
 * text that carries one was written by a relay, so it is never carried on again.
 */
export function markerOf(key: string): string {
  return `[relay ${createHash('sha256').update(key).digest('hex').slice(0, 12)}]`
}

/** True for a text that a relay wrote; JIRA's markup has backslashes before the brackets. */
export function isMarked(text: string): boolean {
  return /\\?\[relay [0-9a-f]{12}\\?\]\s*$/.test(text)
}
