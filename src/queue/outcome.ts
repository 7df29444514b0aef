import type { Receipt } from '../connectors/contract/connector.ts'
import type { DeliveryError } from '../connectors/contract/delivery-error.ts'
import type { Breaker } from '../store/breaker.ts'
import type { Outcome, Taken } from '../store/delivery.ts'

export type Result =
  | { readonly type: 'done'; readonly receipt: Receipt; readonly confirmed: boolean }
  | { readonly type: 'skipped'; readonly why: string }
  /** The target was only asked about a delivery in doubt, and does not have it or cannot tell. */
  | { readonly type: 'absent' }
  | {
      readonly type: 'failed'
      readonly error: DeliveryError
      /** False if the attempt failed before its first request, so that the target did not fail. */
      readonly targetAsked?: boolean
      /** True if the target answered other deliveries meanwhile: whatever the error says, it is this delivery's failure. */
      readonly isOwn?: boolean
    }

export interface RetrySettings {
  readonly schedule_seconds: readonly number[]
  /** The largest random change of each wait, as a part of it, so that failures do not repeat in step. */
  readonly jitter: number
  /** A delivery that keeps failing by its own fault for so long is given up. */
  readonly give_up_after_hours: number
  /** A delivery that first failed this long ago and is held expires; 0 is never. */
  readonly hold_at_most_hours: number
}

/** An attempt that has ended, with everything that decides its outcome. Times are milliseconds since 1970. */
export interface Attempt {
  readonly delivery: Pick<
    Taken,
    'startedAt' | 'failures' | 'inDoubtSince' | 'failingSince' | 'firstFailedAt' | 'lastFailedAt'
  >
  readonly result: Result
  readonly breaker: Breaker
  /** When a delivery that was only asked about is due; null if the attempt was to send it. */
  readonly dueAgainAt: number | null
  readonly retry: RetrySettings
  readonly now: number
  /** 0 <= x < 1 */
  readonly random: number
}

type FailedAttempt = Attempt & { readonly error: DeliveryError; readonly isOwn: boolean }

export function outcome(attempt: Attempt): Outcome {
  const { delivery, result } = attempt
  const { failures, failingSince, firstFailedAt, lastFailedAt } = delivery
  const series = { failures, failingSince, firstFailedAt, lastFailedAt }
  const settled = { ...series, dueAt: null, inDoubtSince: null, status: null, receiptId: null }
  switch (result.type) {
    case 'skipped':
      return { ...settled, state: 'skipped', word: 'skipped', note: result.why }
    case 'done': {
      const { receipt, confirmed } = result
      const note = receiptText(receipt, confirmed)
      const word = confirmed ? 'confirmed' : 'delivered'
      return { ...settled, state: 'delivered', word, note, receiptId: receipt.id || null }
    }
    case 'absent':
      return asked(attempt, 'the target was asked and does not have it; it is sent again when it is due', null)
    case 'failed':
      if (attempt.dueAgainAt !== null && result.error.verdict !== 'dead')
        return asked(attempt, result.error.message, result.error.status)
      return afterFailure({ ...attempt, error: result.error, isOwn: result.isOwn ?? false })
  }
}

/** A question before the due date changes nothing but what is known. */
function asked({ delivery, breaker, dueAgainAt, now }: Attempt, note: string, status: number | null): Outcome {
  const { failures, failingSince, firstFailedAt, lastFailedAt, inDoubtSince } = delivery
  return {
    ...{ failures, failingSince, firstFailedAt, lastFailedAt, inDoubtSince, note, status },
    state: breaker.state === 'open' ? 'held' : 'waiting',
    word: 'in doubt',
    dueAt: dueAgainAt ?? now,
    receiptId: null,
  }
}

function afterFailure(attempt: FailedAttempt): Outcome {
  const { breaker, delivery, error, isOwn } = attempt
  if (error.verdict === 'dead') return dead(attempt, error.message, delivery)
  const isTargets = error.verdict === 'hold' || (error.targetDown && breaker.state === 'open')
  return error.verdict === 'pause' || (isTargets && !isOwn) ? held(attempt) : failedByItself(attempt)
}

/** An outage of the target does not use up retries: the delivery waits for the breaker, but not for ever. */
function held(attempt: FailedAttempt): Outcome {
  const { breaker, delivery, error, now, retry } = attempt
  const series = { failures: delivery.failures, inDoubtSince: doubtAfter(attempt), failingSince: null }
  const hours = retry.hold_at_most_hours
  if (error.verdict !== 'pause' && hours > 0 && now - (delivery.firstFailedAt ?? now) > hours * 3_600_000)
    return { ...dead(attempt, expiredNote(hours, error.message), series), word: 'expired' }
  return {
    ...failedAt(attempt),
    state: 'held',
    dueAt: breaker.state === 'open' ? breaker.until : now,
    // A hold ends the series of the delivery's own failures.
    ...series,
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
  if (failures > retry.schedule_seconds.length)
    return dead(attempt, `given up after ${failures} failures; ${last}`, worn)
  if (now - failingSince > retry.give_up_after_hours * 3_600_000)
    return dead(attempt, `given up after ${retry.give_up_after_hours} hours of failures; ${last}`, worn)
  return {
    ...failedAt(attempt),
    ...worn,
    state: 'waiting',
    dueAt: now + retryMs(failures, askedWaitMs(error), retry, random),
    note: error.message,
    word: error.verdict === 'in doubt' ? 'in doubt' : 'retry',
    status: error.status,
  }
}

/** Keeps the doubt, so that a replay looks before it repeats. */
function dead(
  attempt: FailedAttempt,
  note: string,
  { failures, inDoubtSince, failingSince }: Pick<Outcome, 'failures' | 'inDoubtSince' | 'failingSince'>,
): Outcome {
  const { status } = attempt.error
  const series = { ...failedAt(attempt), failures, inDoubtSince, failingSince }
  return { ...series, state: 'dead', word: 'dead', dueAt: null, note, status }
}

/** What each failure leaves behind. */
function failedAt({ delivery, now }: FailedAttempt) {
  return { firstFailedAt: delivery.firstFailedAt ?? now, lastFailedAt: now, receiptId: null }
}

/** For a delivery whose target has answered nobody for so long. */
export function expiredNote(hours: number, last: string): string {
  return `expired: held for more than ${hours} hours (hold_at_most_hours); the last failure: ${last}`
}

/** Keeps an older doubt: only a look at the target or an accepted write ends it. */
function doubtAfter({ delivery, error }: FailedAttempt): number | null {
  return delivery.inDoubtSince ?? (error.verdict === 'in doubt' ? delivery.startedAt : null)
}

/** A server error's Retry-After is a guess of a proxy or a constant of a maintenance page, so it is not obeyed for longer. */
const LONGEST_GUESS_MS = 5 * 60 * 1000

/** The wait that the target asks for, as far as it is obeyed; null if it asks for none. */
export function askedWaitMs({ retryAfterMs, targetDown, status }: DeliveryError): number | null {
  if (retryAfterMs === null) return null
  const isGuess = status === null ? targetDown : status >= 500
  return isGuess ? Math.min(retryAfterMs, LONGEST_GUESS_MS) : retryAfterMs
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
