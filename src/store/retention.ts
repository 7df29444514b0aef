import type { Knex } from 'knex'
import type { Committer, Writes } from './committer.ts'
import type { DeliveryState } from './delivery.ts'
import type { Tables } from './dialect/dialect.ts'
import { forgetOldWords } from './old-words.ts'
import { sweepOwnWrites } from './own-writes.ts'
import { inPieces } from './pieces.ts'
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
  const swept = {
    activities: await sweepActivities(committer, reader, {
      before: now - settings.days * DAY_MS,
      deadBefore: deadBefore(settings, now),
    }),
    rejected: await sweepRejected(committer, reader, settings, now),
  }
  await forgetOldWords(committer, reader)
  await sweepOwnWrites(committer, reader, now)
  return swept
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
    const rows: { id: number; received_at: number }[] = await reader('activities')
      .select('id', 'received_at')
      .where('received_at', '<', before)
      .whereRaw('(received_at, id) > (?, ?)', [cursor.receivedAt, cursor.id])
      .orderBy([{ column: 'received_at' }, { column: 'id' }])
      .limit(STEP)
    const last = rows.at(-1)
    if (last === undefined) return deleted
    cursor = { receivedAt: last.received_at, id: last.id }
    const { over, deliveries } = await split(
      reader,
      rows.map(({ id }) => id),
      deadBefore,
    )
    if (over.length === 0) continue
    // The deliveries are held so that none is put back while it is deleted.
    deleted += await committer.run((trx) => deleteActivities(trx, over, deadBefore), {
      names: ['sweep'],
      deliveries: deliveries.map(({ id }) => id),
    })
  }
}

interface Found {
  readonly id: number
  readonly activity_id: number
  readonly integration: string
  readonly state: DeliveryState
  readonly settled_at: number | null
}

/**
 * The activities that are kept no longer, and their deliveries. Each statement of a sweep names its rows: on a server
 * without statistics, as after an upgrade, a join would read whole tables for each step.
 */
async function split(
  knex: Tables,
  activities: readonly number[],
  deadBefore: number,
): Promise<{ over: readonly number[]; deliveries: readonly Found[] }> {
  const found: Found[] = await knex('deliveries')
    .select('id', 'activity_id', 'integration', 'state', 'settled_at')
    .whereIn('activity_id', [...activities])
  const kept = new Set(
    found
      .filter(({ state, settled_at }) => settled_at === null || (state === 'dead' && settled_at >= deadBefore))
      .map(({ activity_id }) => activity_id),
  )
  return {
    over: activities.filter((id) => !kept.has(id)),
    deliveries: found.filter(({ activity_id }) => !kept.has(activity_id)),
  }
}

async function deleteActivities(trx: Writes, ids: readonly number[], deadBefore: number): Promise<number> {
  const { knex } = trx
  // Asked again inside the transaction: a replay may have come in between.
  const { over, deliveries } = await split(knex, ids, deadBefore)
  for (const { integration, state } of deliveries) trx.counts.add(integration, state, -1)
  for (const some of inPieces(deliveries.map(({ id }) => id))) {
    await knex('attempts').whereIn('delivery_id', some).delete()
    await knex('deliveries').whereIn('id', some).delete()
  }
  return await knex('activities')
    .whereIn('id', [...over])
    .delete()
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
