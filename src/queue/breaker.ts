import type { DeliveryError } from '../connectors/contract/delivery-error.ts'
import type { Breaker } from '../store/breaker.ts'
import { askedWaitMs } from './outcome.ts'

export interface BreakerSettings {
  /** This many failures of the target in a row open the breaker. */
  readonly failures: number
  /** The waits before the first, second, ... probe; the last one repeats. */
  readonly probe_seconds: readonly number[]
  /** After rejected credentials: long, since some targets lock an account after a few wrong tries. */
  readonly credentials_probe_seconds: number
}

export const CLOSED: Breaker = { state: 'closed', failures: 0, recoveredAt: 0 }

export function allowance(breaker: Breaker, now: number, running: number, concurrency: number): number {
  if (breaker.state === 'closed') return Math.max(0, concurrency - running)
  // One probe at a time. If a single delivery is to blame so far, others need not wait: they are due, and it is not.
  const isFree = now >= breaker.until || breaker.only !== undefined || breaker.oldest === 'at once'
  return running === 0 && isFree ? 1 : 0
}

/** The target has answered, even if it refused the delivery. */
export function answered(breaker: Breaker, now: number): Breaker {
  if (breaker.state === 'open') return { state: 'closed', failures: 0, recoveredAt: now }
  return breaker.failures === 0 ? breaker : { state: 'closed', failures: 0, recoveredAt: breaker.recoveredAt }
}

/** @param delivery a delivery that never failed before is `fresh` */
export function failed(
  breaker: Breaker,
  delivery: { readonly id: number; readonly fresh: boolean },
  error: DeliveryError,
  settings: BreakerSettings,
  now: number,
  random: number,
): Breaker {
  const only = onlyOf(breaker, delivery.id, error)
  // An attempt that was under way when the breaker opened adds nothing but its testimony.
  if (breaker.state === 'open' && now < breaker.until && (error.verdict === 'hold' || error.targetDown))
    return only === breaker.only && breaker.oldest !== 'at once' ? breaker : testified(breaker, only)
  const more = { ...optional(only), ...turnOfOldest(breaker, delivery, error) }
  if (error.verdict === 'hold') return open(breaker, error, holdMs(breaker, error, settings), now, random, more)
  if (!error.targetDown) return answered(breaker, now)
  const failures = breaker.state === 'closed' ? breaker.failures + 1 : settings.failures
  // If the target says when to try again, the breaker opens at once.
  if (breaker.state === 'closed' && failures < settings.failures && error.retryAfterMs === null)
    return blaming({ ...breaker, failures }, only)
  return open(breaker, error, targetMs(breaker, error, settings), now, random, more)
}

/**
 * Where everything new fails and what failed before would pass, or the other way round, neither may wait for the other. So
 * a probe that was new and failed gives a turn to what failed before: at once, unless the target wants to be left alone.
 */
function turnOfOldest(
  breaker: Breaker,
  { fresh }: { readonly fresh: boolean },
  error: DeliveryError,
): { readonly oldest?: 'at once' | 'next' } {
  if (breaker.state === 'closed' || !fresh || breaker.oldest === 'next') return {}
  return { oldest: isAboutAll(error) ? 'next' : 'at once' }
}

/** The delivery that is alone to blame for what has failed so far; undefined if others failed too. */
function onlyOf(breaker: Breaker, delivery: number, error: DeliveryError): number | undefined {
  if (isAboutAll(error)) return undefined
  const isFirst = breaker.state === 'closed' && breaker.failures === 0
  return isFirst || breaker.only === delivery ? delivery : undefined
}

/** A rate limit, a rejected login and a wish to be left alone are not about one delivery. */
function isAboutAll({ retryAfterMs, status, verdict }: DeliveryError): boolean {
  return retryAfterMs !== null || (verdict === 'hold' && (status === 429 || isOfTheLogin(status)))
}

function testified(breaker: Extract<Breaker, { state: 'open' }>, only: number | undefined): Breaker {
  const { oldest: _, ...rest } = breaker
  return blaming(breaker.oldest === 'at once' ? rest : breaker, only)
}

function blaming(breaker: Breaker, only: number | undefined): Breaker {
  const { only: _, ...rest } = breaker
  return { ...rest, ...optional(only) }
}

const optional = (only: number | undefined): { readonly only?: number } => (only === undefined ? {} : { only })

function open(
  breaker: Breaker,
  error: DeliveryError,
  waitMs: number,
  now: number,
  random: number,
  more: Pick<Extract<Breaker, { state: 'open' }>, 'only' | 'oldest'>,
): Breaker {
  const openings = breaker.state === 'open' ? breaker.openings + 1 : 1
  // A little later than asked, so that not all integrations of a target probe at once.
  const until = now + Math.ceil(waitMs * (1 + 0.1 * random))
  return { state: 'open', until, since: now, openings, reason: error.message, ...more }
}

function holdMs(breaker: Breaker, error: DeliveryError, settings: BreakerSettings): number {
  const { targetDown, status, retryAfterMs } = error
  if (targetDown || status === 429 || (retryAfterMs !== null && !isOfTheLogin(status)))
    return targetMs(breaker, error, settings)
  return Math.max(retryAfterMs ?? 0, settings.credentials_probe_seconds * 1000)
}

const isOfTheLogin = (status: number | null): boolean => status === 401 || status === 403 || status === 407

/**
 * The wait that the target asks for, or else the next step of the probes. A target may ask for no wait, or for a time
 * that has passed by our clock: then the wait is at least a second and doubles each time, which prevents a busy loop.
 */
function targetMs(breaker: Breaker, error: DeliveryError, settings: BreakerSettings): number {
  const own = probeMs(breaker, settings)
  const retryAfterMs = askedWaitMs(error)
  if (retryAfterMs === null) return own
  const openings = breaker.state === 'open' ? breaker.openings : 0
  return Math.max(retryAfterMs, Math.min(own, 1000 * 2 ** Math.min(openings, 20)))
}

function probeMs(breaker: Breaker, settings: BreakerSettings): number {
  const index = breaker.state === 'open' ? breaker.openings : 0
  const waits = settings.probe_seconds
  return (waits[Math.min(index, waits.length - 1)] ?? 60) * 1000
}
