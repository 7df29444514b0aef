import type { Response } from '../../http/send.ts'

/** HTTP dates and most targets' times are whole seconds, cut off, and the answer took its time. */
const SLACK_MS = 5_000
/** Where a target does not tell its time, its clock may be this wrong. */
const UNKNOWN_SLACK_MS = 2 * 60 * 1000

/** What the target's clock showed when it answered; null when it did not tell. */
export function clockOf(answer: Pick<Response, 'headers'>): Date | null {
  const at = timeOf(answer.headers.date ?? '')
  return at === null ? null : new Date(at)
}

/** A time as a target writes it, in milliseconds since 1970; null when it cannot be read. */
export function timeOf(text: string): number | null {
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : at
}

/**
 * The earliest time, by the target's clock, at which an attempt that began at `since` can have written something.
 * Rather too early: a little more is searched, and what is found is told by its mark or its words.
 * @param clock what the target's clock showed at `now`, by an answer that has just come
 */
export function earliestAtTarget(since: Date, clock: Date | null, now: Date): Date {
  if (clock === null) return new Date(since.getTime() - UNKNOWN_SLACK_MS)
  return new Date(since.getTime() + (clock.getTime() - now.getTime()) - SLACK_MS)
}
