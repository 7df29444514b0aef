import type { Response } from '../../http/send.ts'

/** HTTP dates and most targets' times are rounded down to seconds, answers take time, and a target has several machines. */
const SLACK_MS = 60_000
/** How far the two clocks may have been apart when the attempt began, if the target had not told its time by then. */
export const HOUR_MS = 60 * 60 * 1000
/** The same, for what is recognised by a marker: nothing else can be mistaken for it. */
export const DAY_MS = 24 * HOUR_MS

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

/** Besides, our clock may have been ahead by so much. */
const AHEAD_MS = 3 * HOUR_MS

export interface AttemptTimes {
  /** By our clock. */
  readonly since: Date
  /** By the target's clock, if that is known. */
  readonly targetTime: Date | null
  /** When what it tells happened, by Tracker's clock. Where a mark decides, a day is allowed for anyway. */
  readonly occurredAt?: Date
}

/**
 * The earliest time, by the target's clock, at which an attempt that began at `since` can have written something. Better
 * too early than too late, because what is found is recognised by its marker or its words, and what other attempts wrote
 * is known by its id.
 * @param times when the attempt began
 * @param clock the target's time at `now`
 * @param unknownMs how far the clocks may have been apart at the attempt
 */
export function earliestAtTarget(
  { targetTime, since, occurredAt }: AttemptTimes,
  clock: Date | null,
  now: Date,
  unknownMs: number,
): Date {
  if (targetTime !== null) return new Date(targetTime.getTime() - Math.min(SLACK_MS, unknownMs))
  const atTarget = clock ?? now
  // Our clock may have been set back since: then the attempt seems to begin in the future.
  const passedMs = Math.max(0, now.getTime() - since.getTime())
  const estimate = atTarget.getTime() - passedMs - unknownMs
  // A clock that was hours ahead at the attempt makes it seem too late; nothing was written before it happened in Tracker.
  // What happened longer ago has waited, and then the same words may have been said meanwhile.
  const happened = occurredAt === undefined ? estimate : occurredAt.getTime() - unknownMs
  return new Date(happened < estimate && happened >= estimate - AHEAD_MS ? happened : estimate)
}
