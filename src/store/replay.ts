import type { Knex } from 'knex'
import type { Committer, Writes } from './committer.ts'
import type { DeliveryState } from './delivery.ts'
import type { Held } from './dialect/dialect.ts'
import { blockedAmong, enter, type LaneEntry, laneKey } from './lanes.ts'
import { inPieces } from './pieces.ts'
import { storedJson } from './stored-json.ts'

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

/** With all its retries. */
export const AFRESH = { failures: 0, failing_since: null, first_failed_at: null, last_failed_at: null } as const

export const SETTLED = ['id', 'integration', 'lanes'] as const

/** What never changes of a delivery. */
export interface Settled {
  readonly id: number
  readonly integration: string
  readonly lanes: string
}

/**
 * What a transaction holds that puts these back. Alone: a delivery that also stands in another lane could get its turn
 * from there at this very moment, and not see that an older one comes back into this lane.
 */
export function orderOf(rows: readonly Settled[]): Held {
  return { names: rows.flatMap(entriesOf).map(laneKey), deliveries: rows.map(({ id }) => id), alone: true }
}

export function entriesOf({ id, integration, lanes }: Settled): LaneEntry[] {
  return storedJson<string[]>(lanes, `the lanes of delivery ${id}`).map((lane) => ({
    integration,
    lane,
    deliveryId: Number(id),
  }))
}

/** @param rows of which some may be open or deleted */
async function putBack(committer: Committer, rows: readonly Settled[], now: number): Promise<number> {
  const ids = rows.map(({ id }) => id)
  return await committer.run(async (trx) => (await putThoseBack(trx, ids, now)).length, orderOf(rows))
}

/** Puts those back that are settled, in one of these states if they are given. @returns the integrations of each */
export async function putThoseBack(
  trx: Writes,
  ids: readonly number[],
  now: number,
  states?: readonly DeliveryState[],
): Promise<string[]> {
  const rows: (Settled & { readonly state: DeliveryState })[] = await trx
    .knex('deliveries')
    .select(...SETTLED, 'state')
    .whereIn('id', [...ids])
    .whereNotNull('settled_at')
    .modify((query) => {
      if (states !== undefined) query.whereIn('state', [...states])
    })
    .orderBy('id')
  const entries = rows.flatMap(entriesOf)
  await enter(trx, entries)
  const blocked = await blockedAmong(trx, entries)
  const back = { state: 'pending', ...AFRESH, digest: null, settled_at: null, note: null, replayed_at: now }
  const put = rows.map(({ id }) => id)
  await trx.knex('deliveries').whereIn('id', put).update(back)
  await trx
    .knex('deliveries')
    .whereIn(
      'id',
      put.filter((id) => !blocked.has(Number(id))),
    )
    .update({ due_at: trx.stored(now, now) })
  for (const { integration, state } of rows) trx.counts.move(integration, state, 'pending')
  return rows.map(({ integration }) => integration)
}
