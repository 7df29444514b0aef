import type { Committer } from './committer.ts'
import { CountChanges } from './counts.ts'
import type { Trx } from './dialect/dialect.ts'
import { type LaneEntry, leave, lockLanes } from './lanes.ts'

export interface Expiry {
  readonly integration: string
  /** Held deliveries whose first failure was before this time expire. */
  readonly before: number
  readonly now: number
  /** What stands before the last failure in the delivery's note. */
  readonly note: string
}

/** Few rows in one commit, so that hooks do not wait long. */
const STEP = 200

/**
 * Gives up deliveries that have been held for too long; they are kept and can be replayed.
 * @returns how many expired
 */
export async function expire(committer: Committer, expiry: Expiry): Promise<number> {
  for (let total = 0; ; ) {
    const expired = await committer.run((trx) => expireSome(trx, expiry))
    total += expired
    if (expired < STEP) return total
  }
}

async function expireSome(trx: Trx, { integration, before, now, note }: Expiry): Promise<number> {
  const rows: { id: number; lanes: string }[] = await trx
    .knex('deliveries')
    .select('id', 'lanes')
    .where({ integration, state: 'held' })
    // As in the index, word for word.
    .whereRaw('settled_at is null and first_failed_at is not null')
    .where('first_failed_at', '<', before)
    .orderBy('first_failed_at')
    .limit(STEP)
  if (rows.length === 0) return 0
  const entries: LaneEntry[] = rows.flatMap(({ id, lanes }) =>
    (JSON.parse(lanes) as string[]).map((lane) => ({ integration, lane, deliveryId: id })),
  )
  // Lanes before rows, as everywhere, so that two instances never wait for each other.
  await lockLanes(trx, entries)
  const expired: { id: number }[] = await trx
    .knex('deliveries')
    .where('state', 'held')
    .whereIn(
      'id',
      rows.map(({ id }) => id),
    )
    .update({
      state: 'dead',
      due_at: null,
      settled_at: now,
      note: trx.knex.raw("? || coalesce(note, '')", [note]),
    })
    .returning('id')
  const ids = new Set(expired.map(({ id }) => Number(id)))
  await leave(
    trx,
    entries.filter(({ deliveryId }) => ids.has(Number(deliveryId))),
    now,
  )
  const counts = new CountChanges()
  for (const _ of ids) counts.move(integration, 'held', 'dead')
  await counts.apply(trx)
  return ids.size
}
