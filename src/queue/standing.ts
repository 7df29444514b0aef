import { type Breaker, movedBy } from '../store/breaker.ts'
import { type Bucket, fullBucket, nextToken, refill, spend } from '../store/bucket.ts'
import type { Taken } from '../store/delivery.ts'
import type { IntegrationState } from '../store/integration-states.ts'
import { allowance, answered, type BreakerSettings, CLOSED, failed } from './breaker.ts'
import type { Result, RetrySettings } from './outcome.ts'
import type { Allowance } from './runner.ts'

/**
 * Everything that decides whether an integration may send. An immutable value; the functions here are pure and return the
 * next one. Times are milliseconds since 1970.
 */
export interface Standing {
  readonly breaker: Breaker
  /** Null if the integration is not paused. */
  readonly pausedReason: string | null
  /** The latest noticed resume. */
  readonly resumedAt: number
  /** What `max_per_minute` leaves; null without that setting. */
  readonly bucket: Bucket | null
  /** Nothing is taken before this time, because the day's cap is reached. */
  readonly cappedUntil: number
  /** Nothing is taken before this time, because a delivery in doubt must be asked about first. */
  readonly askingUntil: number
  /** When the target last answered a delivery, even with a refusal, as far as this process knows. */
  readonly answeredAt: number
}

export interface Pace {
  readonly concurrency: number
  readonly max_per_minute?: number | undefined
  readonly max_per_day?: number | undefined
  readonly breaker: BreakerSettings
}

export type News =
  | { readonly type: 'held'; readonly breaker: Extract<Breaker, { state: 'open' }> }
  | { readonly type: 'recovered'; readonly breaker: Breaker }
  | { readonly type: 'paused'; readonly reason: string }

/** While deliveries are under way the day's cap is checked again after this time: one that fails frees its place. */
const CAP_RETRY_MS = 500
const DAY_MS = 86_400_000

/**
 * The standing of an integration whose worker starts. What its target said about other settings does not count.
 * @param state as the previous process stored it
 * @param fingerprint of the present settings
 */
export function restored(
  state: Pick<IntegrationState, 'fingerprint' | 'breaker' | 'pausedBy' | 'pausedReason' | 'resumedAt'> | null,
  fingerprint: string,
  { max_per_minute, breaker }: Pick<Pace, 'max_per_minute' | 'breaker'>,
  now: number,
): Standing {
  const known = state?.fingerprint === fingerprint ? state : null
  return {
    breaker: plausible(known?.breaker ?? CLOSED, breaker, now),
    // A pause by the operator outlives a change of the settings.
    pausedReason: (state?.pausedBy === 'operator' ? state : known)?.pausedReason ?? null,
    resumedAt: state?.resumedAt ?? 0,
    bucket: max_per_minute === undefined ? null : fullBucket(max_per_minute, now),
    cappedUntil: 0,
    askingUntil: 0,
    answeredAt: 0,
  }
}

/** The longest wait that a target can ask for: X's limits of a day. */
const LONGEST_ASKED_MS = DAY_MS

/** The longest wait that the settings, or a target, can cause. */
export function longestWaitMs({ breaker, retry }: Pick<Pace, 'breaker'> & { readonly retry: RetrySettings }): number {
  const seconds = Math.max(breaker.credentials_probe_seconds, ...breaker.probe_seconds, ...retry.schedule_seconds)
  return 2 * Math.max(LONGEST_ASKED_MS, seconds * 1000)
}

/** A probe that is farther off than any wait comes from a clock that was ahead: it is due now. */
function plausible(
  breaker: Breaker,
  { probe_seconds, credentials_probe_seconds }: BreakerSettings,
  now: number,
): Breaker {
  if (breaker.state === 'closed') return breaker.recoveredAt <= now ? breaker : { ...breaker, recoveredAt: now }
  const longest = Math.max(LONGEST_ASKED_MS, 1000 * Math.max(credentials_probe_seconds, ...probe_seconds))
  const backMs = setBackMs(breaker, now)
  if (backMs > 0) return { ...breaker, until: breaker.until - backMs, since: now }
  return breaker.until <= now + 2 * longest ? breaker : { ...breaker, until: now }
}

/** Clocks of several machines may differ by so much. */
const CLOCKS_APART_MS = 60_000

/**
 * By how much the clock has been set back since the breaker opened, at least, if that is more than clocks differ: the
 * process that would have noticed may have died before.
 */
export function setBackMs(breaker: Breaker | null, now: number): number {
  const since = breaker?.state === 'open' ? (breaker.since ?? now) : now
  return since > now + CLOCKS_APART_MS ? since - now : 0
}

/** The standing after the machine's clock was set by so much: what had to wait waits as long as before. */
export function shifted(standing: Standing, byMs: number): Standing {
  const { breaker, bucket, cappedUntil, askingUntil, answeredAt } = standing
  return {
    ...standing,
    breaker: movedBy(breaker, byMs),
    bucket: bucket === null ? null : { ...bucket, at: bucket.at + byMs },
    // Days are counted by the clock on the wall.
    cappedUntil: cappedUntil === 0 ? 0 : Math.min(cappedUntil, cappedUntil + byMs),
    askingUntil: askingUntil + byMs,
    answeredAt: answeredAt === 0 ? 0 : answeredAt + byMs,
  }
}

/** How many deliveries may start now, apart from the day's cap (see `leftOfDay`). */
export function maySend(standing: Standing, pace: Pace, running: number, now: number): Allowance {
  const { breaker, bucket, cappedUntil, askingUntil, pausedReason } = standing
  if (pausedReason !== null) return { count: 0, askAgainAt: null }
  const heldUntil = Math.max(cappedUntil, askingUntil)
  if (now < heldUntil) return { count: 0, askAgainAt: heldUntil }
  const count = allowance(breaker, now, running, pace.concurrency)
  if (count === 0) return { count, askAgainAt: breaker.state === 'open' && running === 0 ? breaker.until : null }
  if (bucket === null || pace.max_per_minute === undefined) return { count, askAgainAt: null }
  const filled = refill(bucket, pace.max_per_minute, now)
  const affordable = Math.min(count, Math.floor(filled.tokens))
  return { count: affordable, askAgainAt: affordable > 0 ? null : nextToken(filled, pace.max_per_minute) }
}

/**
 * What came last is the probe, until it fails: if a target fails all that waits before it, but nothing else, what is good
 * is not kept back until each of those was a probe.
 */
export function probesNewest({ breaker }: Pick<Standing, 'breaker'>): boolean {
  return breaker.state === 'open' && breaker.oldest === undefined
}

export function spent(standing: Standing, { max_per_minute }: Pace, count: number, now: number): Standing {
  const { bucket } = standing
  if (bucket === null || max_per_minute === undefined) return standing
  return { ...standing, bucket: spend(refill(bucket, max_per_minute, now), count) }
}

/**
 * How many more deliveries the day's cap allows, assuming that everything under way will count.
 * @param today how many were sent on this day (UTC), and how many are under way
 */
export function leftOfDay(
  standing: Standing,
  most: number,
  today: { readonly sent: number; readonly running: number },
  now: number,
): { readonly left: number; readonly standing: Standing } {
  const left = Math.max(0, most - today.sent - today.running)
  if (left > 0) return { left, standing }
  const cappedUntil = today.running > 0 ? now + CAP_RETRY_MS : Date.parse(dayOf(now)) + DAY_MS
  return { left, standing: { ...standing, cappedUntil } }
}

/** In UTC. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

/**
 * A failure that seems to be the target's is the delivery's own if the target has answered others since the delivery
 * failed before.
 */
export function blamed(standing: Standing, { lastFailedAt }: Pick<Taken, 'lastFailedAt'>, result: Result): Result {
  if (result.type !== 'failed' || result.targetAsked === false) return result
  const { verdict, status, targetDown } = result.error
  // A rate limit strikes the next one, and a pause needs a person.
  const seemsTargets = verdict === 'hold' ? status !== 429 : targetDown && verdict !== 'pause'
  return seemsTargets && lastFailedAt !== null && standing.answeredAt > lastFailedAt
    ? { ...result, isOwn: true }
    : result
}

export function learn(
  standing: Standing,
  delivery: Pick<Taken, 'id' | 'firstFailedAt'>,
  result: Result,
  how: {
    readonly settings: BreakerSettings
    readonly now: number
    readonly random: number
    redact(text: string): string
  },
): { readonly standing: Standing; readonly news: News | null } {
  if (
    result.type === 'skipped' ||
    result.type === 'absent' ||
    (result.type === 'failed' && (result.targetAsked === false || result.isOwn))
  )
    return { standing, news: null }
  const before = standing.breaker
  const whose = { id: delivery.id, fresh: delivery.firstFailedAt === null }
  const breaker =
    result.type === 'done'
      ? answered(before, how.now)
      : redacted(before, failed(before, whose, result.error, how.settings, how.now, how.random), how.redact)
  if (result.type === 'failed' && result.error.verdict === 'pause') {
    const reason = how.redact(result.error.message)
    return { standing: { ...standing, breaker, pausedReason: reason }, news: { type: 'paused', reason } }
  }
  const hasAnswered = result.type === 'done' || (result.error.verdict !== 'hold' && !result.error.targetDown)
  const next = breaker === before ? standing : { ...standing, breaker }
  return {
    standing: hasAnswered ? { ...next, answeredAt: how.now } : next,
    news: newsOf(before, breaker),
  }
}

function redacted(before: Breaker, breaker: Breaker, redact: (text: string) => string): Breaker {
  return breaker.state === 'open' && breaker !== before ? { ...breaker, reason: redact(breaker.reason) } : breaker
}

function newsOf(before: Breaker, breaker: Breaker): News | null {
  if (breaker.state === 'open') return breaker === before ? null : { type: 'held', breaker }
  return before.state === 'open' ? { type: 'recovered', breaker } : null
}

/** Takes in what the command line, a page or another instance has stored about the integration. */
export function notice(
  standing: Standing,
  state: Pick<IntegrationState, 'resumedAt' | 'pausedBy' | 'pausedReason' | 'fingerprint'>,
  fingerprint: string,
  now: number,
): { readonly standing: Standing; readonly news: 'resumed' | 'paused' | null } {
  const { breaker } = standing
  const resumedAt = state.resumedAt ?? 0
  if (resumedAt > standing.resumedAt) {
    // A probe may go out at once; if the target is still down, the waits continue where they were.
    const probing: Breaker = breaker.state === 'open' ? { ...breaker, until: now } : breaker
    return { standing: { ...standing, breaker: probing, pausedReason: null, resumedAt }, news: 'resumed' }
  }
  // What the target said about other settings does not count.
  const isPaused = state.pausedBy === 'operator' || (state.pausedBy === 'target' && state.fingerprint === fingerprint)
  if (isPaused && standing.pausedReason === null)
    return { standing: { ...standing, pausedReason: state.pausedReason }, news: 'paused' }
  return { standing, news: null }
}

/** Takes in the breaker that another instance has stored: its target is ours. */
export function noticeBreaker(
  standing: Standing,
  breaker: Breaker,
): { readonly standing: Standing; readonly news: 'held' | 'recovered' | null } {
  const { state } = standing.breaker
  const next = { ...standing, breaker }
  if (breaker.state === state) return { standing: next, news: null }
  return { standing: next, news: breaker.state === 'open' ? 'held' : 'recovered' }
}
