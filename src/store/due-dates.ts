import type { Committer } from './committer.ts'
import type { DeliveryState } from './delivery.ts'
import type { Trx } from './dialect/dialect.ts'

export interface ClockChange {
  readonly integration: string
  /** By how much the caller's clock was set back just now, in milliseconds; 0 if that is not known. */
  readonly backMs: number
  readonly now: number
  /** The longest wait that any due date can mean. */
  readonly longestWaitMs: number
}

/** Processes on several machines may differ by so much. */
const SLACK_MS = 60_000

/**
 * Brings due dates back that were set by a clock that was ahead, so that nothing stands still until the time has caught
 * up. No clock decides about the ends of leases.
 */
export function bringBackDueDates(committer: Committer, change: ClockChange): Promise<void> {
  const { integration, backMs, now, longestWaitMs } = change
  return committer.run(async (trx) => {
    const { knex } = trx
    const at = trx.stored(now, now)
    // Without those that another instance changes at this moment, and so gives a date of its own.
    const later = (than: number, ...states: DeliveryState[]) =>
      knex('deliveries').whereIn(
        'id',
        knex('deliveries')
          .select('id')
          .where({ integration })
          .where('due_at', '>', than)
          .whereIn('state', states)
          .modify(trx.forUpdateSkipLocked),
      )
    if (backMs > 0 && trx.clock === 'caller')
      await later(at, 'waiting', 'held').update({
        due_at: knex.raw('case when due_at - ? > ? then due_at - ? else ? end', [backMs, at, backMs, at]),
      })
    await later(at + longestWaitMs + SLACK_MS, 'waiting', 'held').update({ due_at: at })
    await later(at + SLACK_MS, 'pending').update({ due_at: at })
    await bringBackBucket(trx, change, at)
  }, 'waits for nobody')
}

/** What `max_per_minute` leaves flows by that clock too. */
async function bringBackBucket({ knex, clock }: Trx, { integration, backMs }: ClockChange, at: number): Promise<void> {
  const ahead = (ms: number) =>
    knex('rates')
      .where({ integration })
      .where('at', '>', at + ms)
  if (backMs > 0 && clock === 'caller')
    await ahead(0).update({ at: knex.raw('case when at - ? > ? then ? else at - ? end', [backMs, at, at, backMs]) })
  await ahead(SLACK_MS).update({ at })
}
