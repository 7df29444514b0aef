import type { Knex } from 'knex'
import type { Committer, Writes } from './committer.ts'
import type { DeliveryState } from './delivery.ts'
import { REJECTED } from './rejected.ts'

export interface RetentionSettings {
  /** How long activities are kept whose deliveries are all delivered or skipped. */
  readonly days: number
  /** How long dead deliveries are kept with their activities; 0 or absent: for ever. */
  readonly dead_days?: number
  readonly rejected_days: number
  readonly rejected_count: number
}

export const SWEPT_TABLES = ['activities', 'rejected'] as const

/** Few rows in one commit, so that hooks do not wait long. */
const STEP = 200
const DAY_MS = 86_400_000

/**
 * Deletes what is old enough, in small steps. Open deliveries are never deleted, and dead ones, which can be replayed, only
 * after a time of their own.
 * @returns how many rows were deleted, by table
 */
export async function sweep(
  committer: Committer,
  reader: Knex,
  settings: RetentionSettings,
  now: number,
): Promise<Readonly<Record<(typeof SWEPT_TABLES)[number], number>>> {
  return {
    activities: await sweepActivities(committer, reader, {
      before: now - settings.days * DAY_MS,
      deadBefore: deadBefore(settings, now),
    }),
    rejected: await sweepRejected(committer, reader, settings, now),
  }
}

/** Dead deliveries that were given up since then are kept. */
function deadBefore({ dead_days = 0 }: RetentionSettings, now: number): number {
  return dead_days === 0 ? 0 : now - dead_days * DAY_MS
}

interface Limits {
  readonly before: number
  readonly deadBefore: number
}

async function sweepActivities(committer: Committer, reader: Knex, limits: Limits): Promise<number> {
  const { before, deadBefore } = limits
  let deleted = 0
  let cursor = { receivedAt: 0, id: 0 }
  for (;;) {
    const rows: { id: number; received_at: number; kept: number }[] = await reader('activities')
      .select('id', 'received_at')
      .select(
        reader.raw(
          `(select count(*) from deliveries where activity_id = activities.id
             and (settled_at is null or (state = 'dead' and settled_at >= ?))) as kept`,
          [deadBefore],
        ),
      )
      .where('received_at', '<', before)
      .where((later) =>
        later
          .where('received_at', '>', cursor.receivedAt)
          .orWhere((same) => same.where('received_at', cursor.receivedAt).where('id', '>', cursor.id)),
      )
      .orderBy([{ column: 'received_at' }, { column: 'id' }])
      .limit(STEP)
    const last = rows.at(-1)
    if (last === undefined) return deleted
    cursor = { receivedAt: last.received_at, id: last.id }
    const ids = rows.filter(({ kept }) => Number(kept) === 0).map(({ id }) => id)
    if (ids.length === 0) continue
    const deliveries: number[] = await reader('deliveries').whereIn('activity_id', ids).pluck('id')
    // The deliveries are held so that none is put back while it is deleted.
    deleted += await committer.run((trx) => deleteActivities(trx, ids, deadBefore), { names: ['sweep'], deliveries })
  }
}

async function deleteActivities(trx: Writes, ids: readonly number[], deadBefore: number): Promise<number> {
  const { knex } = trx
  // Checked again inside the transaction: a replay may have come in between.
  const gone: { id: number }[] = await knex('activities')
    .select('id')
    .whereIn('id', ids)
    .whereNotExists((open) =>
      open
        .from('deliveries')
        .whereRaw('deliveries.activity_id = activities.id')
        .where((alive) =>
          alive
            .whereNull('settled_at')
            .orWhere((dead) => dead.where('state', 'dead').where('settled_at', '>=', deadBefore)),
        ),
    )
  const own = gone.map(({ id }) => id)
  const counted: { integration: string; state: DeliveryState; n: number }[] = await knex('deliveries')
    .select('integration', 'state')
    .count({ n: '*' })
    .whereIn('activity_id', own)
    .groupBy('integration', 'state')
  for (const { integration, state, n } of counted) trx.counts.add(integration, state, -Number(n))
  await knex('attempts').whereIn('delivery_id', knex('deliveries').select('id').whereIn('activity_id', own)).delete()
  await knex('deliveries').whereIn('activity_id', own).delete()
  await knex('activities').whereIn('id', own).delete()
  return own.length
}

async function sweepRejected(
  committer: Committer,
  reader: Knex,
  settings: RetentionSettings,
  now: number,
): Promise<number> {
  const beyond: { id: number } | undefined = await reader('rejected')
    .select('id')
    .orderBy('id', 'desc')
    .offset(settings.rejected_count)
    .first()
  let deleted = 0
  for (;;) {
    const rows: { id: number }[] = await reader('rejected')
      .select('id')
      .where((old) =>
        old.where('received_at', '<', now - settings.rejected_days * DAY_MS).orWhere('id', '<=', beyond?.id ?? 0),
      )
      .orderBy('id')
      .limit(STEP)
    if (rows.length === 0) return deleted
    deleted += await committer.run(
      ({ knex }) =>
        knex('rejected')
          .whereIn(
            'id',
            rows.map(({ id }) => id),
          )
          .delete(),
      REJECTED,
    )
  }
}
