import type { Knex } from 'knex'
import type { Committer, Writes } from './committer.ts'
import type { DeliveryState } from './delivery.ts'
import { enter, isBlocked, type LaneEntry, laneKey } from './lanes.ts'
import { inPieces } from './pieces.ts'

export interface ReplayChoice {
  /** These deliveries in any state; without ids, all of `integration` and `state`. */
  readonly ids?: readonly number[]
  readonly integration?: string
  readonly state?: 'dead' | 'skipped'
}

const STEP = 200

/**
 * Puts settled deliveries back into their lanes with all their retries, and leaves open ones alone. A dead one that was in
 * doubt keeps the doubt, so the target is asked before it is repeated.
 * @returns how many were put back
 */
export async function replay(committer: Committer, reader: Knex, choice: ReplayChoice, now: number): Promise<number> {
  if (choice.ids !== undefined) {
    const rows: Settled[] = []
    for (const some of inPieces([...new Set(choice.ids)]))
      rows.push(
        ...(await reader('deliveries')
          .select(...SETTLED)
          .whereIn('id', [...some])),
      )
    return await putBack(committer, rows, now)
  }
  let cursor = 0
  let total = 0
  for (;;) {
    const rows: Settled[] = await reader('deliveries')
      .select(...SETTLED)
      .where('id', '>', cursor)
      .whereRaw(choice.state === 'skipped' ? "state = 'skipped'" : "state = 'dead'")
      .modify((query) => {
        if (choice.integration !== undefined) query.where('integration', choice.integration)
      })
      .orderBy('id')
      .limit(STEP)
    const last = rows.at(-1)
    if (last === undefined) return total
    cursor = last.id
    total += await putBack(committer, rows, now)
  }
}

const SETTLED = ['id', 'integration', 'lanes'] as const

/** What never changes of a delivery. */
interface Settled {
  readonly id: number
  readonly integration: string
  readonly lanes: string
}

function entriesOf({ id, integration, lanes }: Settled): LaneEntry[] {
  return (JSON.parse(lanes) as string[]).map((lane) => ({ integration, lane, deliveryId: id }))
}

/** @param rows of which some may be open or deleted */
async function putBack(committer: Committer, rows: readonly Settled[], now: number): Promise<number> {
  const ids = rows.map(({ id }) => id)
  return await committer.run((trx) => putThoseBack(trx, ids, now), {
    names: rows.flatMap(entriesOf).map(laneKey),
    deliveries: ids,
  })
}

async function putThoseBack(trx: Writes, ids: readonly number[], now: number): Promise<number> {
  const rows: (Settled & { readonly state: DeliveryState })[] = await trx
    .knex('deliveries')
    .select(...SETTLED, 'state')
    .whereIn('id', [...ids])
    .whereNotNull('settled_at')
    .orderBy('id')
  for (const row of rows) {
    const { id, integration, state } = row
    const entries = entriesOf(row)
    const blocked = await isBlocked(trx, id, entries)
    await enter(trx, entries)
    await trx
      .knex('deliveries')
      .where({ id })
      .update({
        state: 'pending',
        due_at: blocked ? null : trx.stored(now, now),
        failures: 0,
        failing_since: null,
        first_failed_at: null,
        last_failed_at: null,
        settled_at: null,
        note: null,
      })
    trx.counts.move(integration, state, 'pending')
  }
  return rows.length
}
