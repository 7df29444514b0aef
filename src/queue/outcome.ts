import type { Receipt } from '../connectors/contract/connector.ts'
import type { DeliveryError } from '../connectors/contract/delivery-error.ts'
import type { Breaker } from '../store/breaker.ts'
import type { Delivery, Outcome } from '../store/delivery.ts'

/** How an attempt ended. */
export type Result =
  | { readonly type: 'done'; readonly receipt: Receipt; readonly confirmed: boolean }
  | { readonly type: 'skipped'; readonly why: string }
  /** `targetAsked` is false when it failed before the target was asked anything, so that it tells nothing of the target. */
  | { readonly type: 'failed'; readonly error: DeliveryError; readonly targetAsked?: boolean }

export interface RetrySettings {
  /** The waits after the first, second, ... failure. */
  readonly schedule_seconds: readonly number[]
  /** Each wait is made longer or shorter by up to this part of it, so that failures do not come back in step. */
  readonly jitter: number
  /** A delivery that has failed by itself for so long is given up. */
  readonly give_up_after_hours: number
}

/**
 * What becomes of a delivery after an attempt. Pure.
 * @param breaker the integration's, with this attempt counted already
 * @param startedAt when the attempt began, and `now` when it ended, milliseconds since 1970
 * @param random 0 <= x < 1
 */
export function outcome(
  delivery: Pick<Delivery, 'failures' | 'inDoubtSince' | 'failingSince'>,
  result: Result,
  breaker: Breaker,
  settings: RetrySettings,
  startedAt: number,
  now: number,
  random: number,
): Outcome {
  if (result.type === 'skipped') return settled('skipped', 'skipped', result.why, null, delivery)
  if (result.type === 'done') {
    const word = result.confirmed ? 'confirmed' : 'delivered'
    return settled('delivered', word, receiptText(result.receipt, result.confirmed), null, delivery)
  }
  const { error } = result
  const doubtful = error.verdict === 'in doubt'
  const inDoubtSince = delivery.inDoubtSince ?? (doubtful ? startedAt : null)
  if (error.verdict === 'dead') return settled('dead', 'dead', error.message, error.status, delivery)
  const note = error.message
  const { status } = error
  const holding =
    error.verdict === 'hold' || error.verdict === 'pause' || (error.targetDown && breaker.state === 'open')
  if (holding)
    return {
      state: 'held',
      dueAt: breaker.state === 'open' ? breaker.until : now,
      failures: delivery.failures,
      inDoubtSince,
      // The target's trouble is not the delivery's: its own row of failures starts anew.
      failingSince: null,
      note,
      word: doubtful ? 'in doubt' : 'hold',
      status,
    }
  const failures = delivery.failures + 1
  const failingSince = delivery.failingSince ?? now
  const worn = { inDoubtSince, failures, failingSince }
  if (failures > settings.schedule_seconds.length)
    return settled('dead', 'dead', `given up after ${failures} failures; the last one: ${note}`, status, worn)
  if (now - failingSince > settings.give_up_after_hours * 3_600_000)
    return settled(
      'dead',
      'dead',
      `given up after ${settings.give_up_after_hours} hours of failures; the last one: ${note}`,
      status,
      worn,
    )
  return {
    state: 'waiting',
    dueAt: now + retryMs(failures, error.retryAfterMs, settings, random),
    failures,
    inDoubtSince,
    failingSince,
    note,
    word: doubtful ? 'in doubt' : 'retry',
    status,
  }
}

/** The wait after the n-th failure, in milliseconds: the schedule's, or what the target asked for when that is longer. */
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

function settled(
  state: 'delivered' | 'skipped' | 'dead',
  word: Outcome['word'],
  note: string,
  status: number | null,
  delivery: Pick<Delivery, 'failures' | 'inDoubtSince' | 'failingSince'>,
): Outcome {
  return {
    state,
    dueAt: null,
    failures: delivery.failures,
    // Of a dead delivery the doubt is kept: a replay looks before it repeats.
    inDoubtSince: state === 'dead' ? delivery.inDoubtSince : null,
    failingSince: delivery.failingSince,
    note,
    word,
    status,
  }
}

function receiptText({ id, url, note }: Receipt, confirmed: boolean): string {
  const what = [note, id ? `id ${id}` : null, url].filter((part) => typeof part === 'string' && part !== '')
  const text = what.length === 0 ? 'accepted' : what.join(', ')
  return confirmed ? `found at the target after a doubtful attempt: ${text}` : text
}
