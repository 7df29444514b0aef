import type { Response } from '../../http/send.ts'

/** HTTP dates and most targets' times are rounded down to seconds, and the answer took some time. */
const SLACK_MS = 5_000
/** How far the clock of a target that does not tell its time may be off. */
const UNKNOWN_SLACK_MS = 2 * 60 * 1000

/** The target's time in the Date header. */
export function clockOf(answer: Pick<Response, 'headers'>): Date | null {
  const at = timeOf(answer.headers.date ?? '')
  return at === null ? null : new Date(at)
}

/** Milliseconds since 1970; null if it cannot be read. */
export function timeOf(text: string): number | null {
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : at
}

/**
 * The earliest time, by the target's clock, at which an attempt that began at `since` can have written something. Better
 * too early than too late, because what is found is recognised by its marker or its words.
 * @param clock the target's time at `now`
 */
export function earliestAtTarget(since: Date, clock: Date | null, now: Date): Date {
  if (clock === null) return new Date(since.getTime() - UNKNOWN_SLACK_MS)
  return new Date(since.getTime() + (clock.getTime() - now.getTime()) - SLACK_MS)
}
