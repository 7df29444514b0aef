import type { DeliveryError } from '../connectors/contract/delivery-error.ts'
import type { Breaker } from '../store/breaker.ts'

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
  // One probe at a time.
  return now >= breaker.until && running === 0 ? 1 : 0
}

/** The target has answered, even if it refused the delivery. */
export function answered(breaker: Breaker, now: number): Breaker {
  if (breaker.state === 'open') return { state: 'closed', failures: 0, recoveredAt: now }
  return breaker.failures === 0 ? breaker : { ...breaker, failures: 0 }
}

export function failed(
  breaker: Breaker,
  error: DeliveryError,
  settings: BreakerSettings,
  now: number,
  random: number,
): Breaker {
  // An attempt that was under way when the breaker opened adds nothing.
  if (breaker.state === 'open' && now < breaker.until && (error.verdict === 'hold' || error.targetDown)) return breaker
  if (error.verdict === 'hold') return open(breaker, error, holdMs(breaker, error, settings), now, random)
  if (!error.targetDown) return answered(breaker, now)
  const failures = breaker.state === 'closed' ? breaker.failures + 1 : settings.failures
  // If the target says when to try again, the breaker opens at once.
  if (breaker.state === 'closed' && failures < settings.failures && error.retryAfterMs === null)
    return { ...breaker, failures }
  return open(breaker, error, targetMs(breaker, error, settings), now, random)
}

function open(breaker: Breaker, error: DeliveryError, waitMs: number, now: number, random: number): Breaker {
  const openings = breaker.state === 'open' ? breaker.openings + 1 : 1
  // A little later than asked, so that not all integrations of a target probe at once.
  return { state: 'open', until: now + Math.ceil(waitMs * (1 + 0.1 * random)), openings, reason: error.message }
}

function holdMs(breaker: Breaker, error: DeliveryError, settings: BreakerSettings): number {
  const { targetDown, status, retryAfterMs } = error
  const ofTheLogin = status === 401 || status === 403 || status === 407
  if (targetDown || status === 429 || (retryAfterMs !== null && !ofTheLogin)) return targetMs(breaker, error, settings)
  return Math.max(retryAfterMs ?? 0, settings.credentials_probe_seconds * 1000)
}

/**
 * The wait that the target asks for, or else the next step of the probes. A target may ask for no wait, or for a time
 * that has passed by our clock: then the wait is at least a second and doubles each time, which prevents a busy loop.
 */
function targetMs(breaker: Breaker, { retryAfterMs }: DeliveryError, settings: BreakerSettings): number {
  const own = probeMs(breaker, settings)
  if (retryAfterMs === null) return own
  const openings = breaker.state === 'open' ? breaker.openings : 0
  return Math.max(retryAfterMs, Math.min(own, 1000 * 2 ** Math.min(openings, 20)))
}

function probeMs(breaker: Breaker, settings: BreakerSettings): number {
  const index = breaker.state === 'open' ? breaker.openings : 0
  const waits = settings.probe_seconds
  return (waits[Math.min(index, waits.length - 1)] ?? 60) * 1000
}
