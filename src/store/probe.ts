import type { Knex } from 'knex'

/**
 * A write that must reach the disk and leaves nothing behind. Deleting nothing would not do: it commits without
 * writing, also to a disk that is full.
 */
export async function probe(trx: Knex): Promise<void> {
  const row = { integration: '', state: 'probe' }
  await trx('delivery_counts').insert({ ...row, count: 0 })
  await trx('delivery_counts').where(row).delete()
}
