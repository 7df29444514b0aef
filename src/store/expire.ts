import type { Knex } from 'knex'
import { record } from './audit.ts'
import type { Committer, Writes } from './committer.ts'
import { DIGEST_LANE, settleOthers } from './digest.ts'
import { type LaneEntry, laneKey } from './lanes.ts'
import { storedJson } from './stored-json.ts'

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
export async function expire(committer: Committer, reader: Knex, expiry: Expiry): Promise<number> {
  for (let total = 0; ; ) {
    const rows = await someHeld(reader, expiry)
    const entries: LaneEntry[] = rows.flatMap(({ id, lanes }) =>
      storedJson<string[]>(lanes, `the lanes of delivery ${id}`).map((lane) => ({
        integration: expiry.integration,
        lane,
        deliveryId: id,
      })),
    )
    const ids = rows.map(({ id }) => id)
    if (ids.length > 0)
      total += await committer.run((trx) => expireThose(trx, expiry, ids, entries), {
        names: entries.map(laneKey),
        deliveries: ids,
      })
    if (ids.length < STEP) return total
  }
}

function someHeld(reader: Knex, { integration, before }: Expiry): Promise<{ id: number; lanes: string }[]> {
  return (
    reader('deliveries')
      .select('id', 'lanes')
      .where({ integration, state: 'held' })
      // As in the index, word for word.
      .whereRaw('settled_at is null and first_failed_at is not null')
      .where('first_failed_at', '<', before)
      .orderBy('first_failed_at')
      .limit(STEP)
  )
}

/** @param ids of which some may be held no more, or again */
async function expireThose(
  trx: Writes,
  { integration, before, now, note }: Expiry,
  ids: readonly number[],
  entries: readonly LaneEntry[],
): Promise<number> {
  const expired: { id: number }[] = await trx
    .knex('deliveries')
    .where('state', 'held')
    .where('first_failed_at', '<', before)
    .whereIn('id', [...ids])
    .update({
      state: 'dead',
      due_at: null,
      settled_at: now,
      note: trx.knex.raw("? || coalesce(note, '')", [note]),
    })
    .returning('id')
  const gone = new Set(expired.map(({ id }) => Number(id)))
  const left = entries.filter(({ deliveryId }) => gone.has(Number(deliveryId)))
  for (const _ of gone) trx.counts.move(integration, 'held', 'dead')
  // What was to be sent with it waits as long.
  for (const { deliveryId: id } of left.filter(({ lane }) => lane === DIGEST_LANE)) {
    const others = await settleOthers(trx, { id, integration, state: 'dead', note: 'expired', at: now })
    for (const other of others) left.push({ integration, lane: DIGEST_LANE, deliveryId: other })
    for (const _ of others) trx.counts.move(integration, 'pending', 'dead')
    for (const other of others) gone.add(other)
  }
  trx.leave(left, now)
  if (gone.size > 0) {
    const subject = `deliveries of ${integration}`
    const result = `${gone.size} given up`
    await record(trx, { who: 'relay', action: 'expire', subject, detail: { ids: [...gone] }, result }, now)
  }
  return gone.size
}
