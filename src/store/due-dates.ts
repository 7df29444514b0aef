import type { Committer } from './committer.ts'

export interface ClockChange {
  readonly integration: string
  /** By how much the clock was set back just now, in milliseconds; 0 if that is not known. */
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
  return committer.run(async ({ knex }) => {
    const later = (than: number) => knex('deliveries').where({ integration }).where('due_at', '>', than)
    const waiting = ['waiting', 'held']
    if (backMs > 0)
      await later(now)
        .whereIn('state', waiting)
        .update({ due_at: knex.raw('case when due_at - ? > ? then due_at - ? else ? end', [backMs, now, backMs, now]) })
    await later(now + longestWaitMs + SLACK_MS)
      .whereIn('state', waiting)
      .update({ due_at: now })
    await later(now + SLACK_MS)
      .where('state', 'pending')
      .update({ due_at: now })
  })
}
