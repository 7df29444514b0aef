import type { Knex } from 'knex'
import type { Committer } from './committer.ts'
import { CountChanges } from './counts.ts'
import type { DeliveryState } from './delivery.ts'
import type { Trx } from './dialect/dialect.ts'
import { enter, isBlocked, lockLanes } from './lanes.ts'

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
  if (choice.ids !== undefined) return await committer.run((trx) => putBack(trx, choice.ids ?? [], now))
  let cursor = 0
  let total = 0
  for (;;) {
    const rows: { id: number }[] = await reader('deliveries')
      .select('id')
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
    total += await committer.run((trx) =>
      putBack(
        trx,
        rows.map(({ id }) => id),
        now,
      ),
    )
  }
}

async function putBack(trx: Trx, ids: readonly number[], now: number): Promise<number> {
  const rows: { id: number; integration: string; lanes: string; state: DeliveryState }[] = await trx
    .knex('deliveries')
    .select('id', 'integration', 'lanes', 'state')
    .whereIn('id', [...ids])
    .whereNotNull('settled_at')
    .orderBy('id')
  const entriesOf = ({ id, integration, lanes }: (typeof rows)[number]) =>
    (JSON.parse(lanes) as string[]).map((lane) => ({ integration, lane, deliveryId: id }))
  await lockLanes(trx, rows.flatMap(entriesOf))
  const counts = new CountChanges()
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
        due_at: blocked ? null : now,
        failures: 0,
        failing_since: null,
        first_failed_at: null,
        last_failed_at: null,
        settled_at: null,
        note: null,
      })
    counts.move(integration, state, 'pending')
  }
  await counts.apply(trx)
  return rows.length
}
