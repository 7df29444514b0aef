import type { Knex } from 'knex'

export async function sentOn(reader: Knex, integration: string, day: string): Promise<number> {
  const row: { count: number } | undefined = await reader('days').where({ integration, day }).first('count')
  return Number(row?.count ?? 0)
}

/** Counts one more on the day and deletes earlier days. */
export async function countSent(knex: Knex, integration: string, day: string): Promise<void> {
  await knex('days')
    .insert({ integration, day, count: 1 })
    .onConflict(['integration', 'day'])
    .merge({ count: knex.raw('days.count + 1') })
  await knex('days').where({ integration }).where('day', '<', day).delete()
}
