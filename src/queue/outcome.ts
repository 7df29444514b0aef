import type { Receipt } from '../connectors/contract/connector.ts'
import type { DeliveryError } from '../connectors/contract/delivery-error.ts'
import type { Breaker } from '../store/breaker.ts'
import type { Outcome, Taken } from '../store/delivery.ts'

export type Result =
  | { readonly type: 'done'; readonly receipt: Receipt; readonly confirmed: boolean }
  | { readonly type: 'skipped'; readonly why: string }
  /** `targetAsked` is false if the attempt failed before its first request, so that the target did not fail. */
  | { readonly type: 'failed'; readonly error: DeliveryError; readonly targetAsked?: boolean }

export interface RetrySettings {
  readonly schedule_seconds: readonly number[]
  /** The largest random change of each wait, as a part of it, so that failures do not repeat in step. */
  readonly jitter: number
  /** A delivery that keeps failing by its own fault for so long is given up. */
  readonly give_up_after_hours: number
}

/** An attempt that has ended, with everything that decides its outcome. Times are milliseconds since 1970. */
export interface Attempt {
  readonly delivery: Pick<Taken, 'startedAt' | 'failures' | 'inDoubtSince' | 'failingSince'>
  readonly result: Result
  readonly breaker: Breaker
  readonly retry: RetrySettings
  readonly now: number
  /** 0 <= x < 1 */
  readonly random: number
}

type FailedAttempt = Attempt & { readonly error: DeliveryError }

export function outcome(attempt: Attempt): Outcome {
  const { delivery, result } = attempt
  const { failures, failingSince } = delivery
  const settled = { dueAt: null, failures, inDoubtSince: null, failingSince, status: null }
  switch (result.type) {
    case 'skipped':
      return { ...settled, state: 'skipped', word: 'skipped', note: result.why }
    case 'done': {
      const { receipt, confirmed } = result
      const note = receiptText(receipt, confirmed)
      return { ...settled, state: 'delivered', word: confirmed ? 'confirmed' : 'delivered', note }
    }
    case 'failed':
      return afterFailure({ ...attempt, error: result.error })
  }
}

function afterFailure(attempt: FailedAttempt): Outcome {
  const { breaker, delivery, error } = attempt
  if (error.verdict === 'dead') return dead(error, error.message, delivery)
  const isHeld = error.verdict === 'hold' || error.verdict === 'pause' || (error.targetDown && breaker.state === 'open')
  return isHeld ? held(attempt) : failedByItself(attempt)
}

/** An outage of the target does not use up retries: the delivery waits for the breaker. */
function held(attempt: FailedAttempt): Outcome {
  const { breaker, delivery, error, now } = attempt
  return {
    state: 'held',
    dueAt: breaker.state === 'open' ? breaker.until : now,
    failures: delivery.failures,
    inDoubtSince: doubtAfter(attempt),
    // A hold ends the series of the delivery's own failures.
    failingSince: null,
    note: error.message,
    word: error.verdict === 'in doubt' ? 'in doubt' : 'hold',
    status: error.status,
  }
}

/** The delivery is given up after the last retry of the schedule, or after it has failed for too long. */
function failedByItself(attempt: FailedAttempt): Outcome {
  const { delivery, error, now, random, retry } = attempt
  const failures = delivery.failures + 1
  const failingSince = delivery.failingSince ?? now
  const worn = { failures, failingSince, inDoubtSince: doubtAfter(attempt) }
  const last = `the last one: ${error.message}`
  if (failures > retry.schedule_seconds.length) return dead(error, `given up after ${failures} failures; ${last}`, worn)
  if (now - failingSince > retry.give_up_after_hours * 3_600_000)
    return dead(error, `given up after ${retry.give_up_after_hours} hours of failures; ${last}`, worn)
  return {
    ...worn,
    state: 'waiting',
    dueAt: now + retryMs(failures, error.retryAfterMs, retry, random),
    note: error.message,
    word: error.verdict === 'in doubt' ? 'in doubt' : 'retry',
    status: error.status,
  }
}

/** Keeps the doubt, so that a replay looks before it repeats. */
function dead(
  { status }: DeliveryError,
  note: string,
  { failures, inDoubtSince, failingSince }: Pick<Outcome, 'failures' | 'inDoubtSince' | 'failingSince'>,
): Outcome {
  return { state: 'dead', word: 'dead', dueAt: null, failures, inDoubtSince, failingSince, note, status }
}

/** Keeps an older doubt: only a look at the target or an accepted write ends it. */
function doubtAfter({ delivery, error }: FailedAttempt): number | null {
  return delivery.inDoubtSince ?? (error.verdict === 'in doubt' ? delivery.startedAt : null)
}

/** The schedule's wait after the n-th failure, or the target's if that is longer. */
export function retryMs(
  failures: number,
  retryAfterMs: number | null,
  settings: Pick<RetrySettings, 'schedule_seconds' | 'jitter'>,
  random: number,
): number {
  const seconds = settings.schedule_seconds[failures - 1] ?? settings.schedule_seconds.at(-1) ?? 60
  const jittered = seconds * 1000 * (1 + settings.jitter * (2 * random - 1))
  return Math.ceil(Math.max(jittered, retryAfterMs ?? 0))
}

function receiptText({ id, url, note }: Receipt, confirmed: boolean): string {
  const what = [note, id ? `id ${id}` : null, url].filter((part) => typeof part === 'string' && part !== '')
  const text = what.length === 0 ? 'accepted' : what.join(', ')
  return confirmed ? `found at the target after a doubtful attempt: ${text}` : text
}
