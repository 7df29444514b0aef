import type { Committer } from './committer.ts'
import type { DeliveryState } from './delivery.ts'

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
  }, 'waits for nobody')
}
