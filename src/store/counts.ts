import type { Knex } from 'knex'
import type { DeliveryState } from './delivery.ts'
import type { Insertion, Trx } from './dialect/dialect.ts'

/** Every write keeps the numbers of deliveries by integration and state up to date, so that rows need not be counted. */
export class CountChanges {
  readonly #changes = new Map<string, { integration: string; state: DeliveryState; by: number }>()

  add(integration: string, state: DeliveryState, by: number): void {
    const key = `${state} ${integration}`
    const change = this.#changes.get(key)
    if (change === undefined) this.#changes.set(key, { integration, state, by })
    else change.by += by
  }

  move(integration: string, from: DeliveryState, to: DeliveryState): void {
    this.add(integration, from, -1)
    this.add(integration, to, 1)
  }

  /** Once in a transaction, and last: all who write the same slot wait for each other from here on. */
  async apply(trx: Trx): Promise<void> {
    const rows = [...this.#changes.entries()]
      .filter(([, { by }]) => by !== 0)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, { integration, state, by }]) => [integration, state, trx.slot, by] as const)
    if (rows.length === 0) return
    await trx.insert(COUNTS, rows)
  }
}

const COUNTS: Insertion = {
  table: 'delivery_counts',
  columns: ['integration', 'state', 'slot', 'count'],
  tail: 'on conflict (integration, state, slot) do update set count = delivery_counts.count + excluded.count',
}

/** A pair that never occurred is missing. */
export async function readCounts(
  reader: Knex,
): Promise<{ integration: string; state: DeliveryState; count: number }[]> {
  const rows: { integration: string; state: DeliveryState; count: number | string }[] = await reader('delivery_counts')
    .select('integration', 'state', reader.raw('sum(count) as count'))
    .groupBy('integration', 'state')
    .orderBy(['integration', 'state'])
  return rows.map(({ integration, state, count }) => ({ integration, state, count: Number(count) }))
}
