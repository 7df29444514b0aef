import type { Trx } from './dialect/dialect.ts'

/**
 * A write that must reach the disk and leaves nothing behind. Deleting nothing would not test that: it commits even if
 * the disk is full.
 */
export async function probe({ knex, slot }: Trx): Promise<void> {
  const row = { integration: '', state: 'probe', slot }
  await knex('delivery_counts').insert({ ...row, count: 0 })
  await knex('delivery_counts').where(row).delete()
}
