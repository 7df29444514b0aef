import type { Knex } from 'knex'
import type { Insertion, Statement, Tables, Trx } from './dialect/dialect.ts'

export async function sentOn(reader: Knex | Tables, integration: string, day: string): Promise<number> {
  const row: { count: number } | undefined = await reader('days').where({ integration, day }).first('count')
  return Number(row?.count ?? 0)
}

const DAYS: Insertion = {
  table: 'days',
  columns: ['integration', 'day', 'count'],
  tail: 'on conflict (integration, day) do update set count = days.count + excluded.count',
}
const FORGET_EARLIER: Statement = {
  given: { table: 'days', columns: ['integration', 'day'] },
  sql: () => `delete from days where (integration, day) in (
    select days.integration, days.day from given join days on days.integration = given.integration
      and days.day < given.day)`,
}

/** Counts each on its day and deletes earlier days. */
export async function countSent(
  trx: Trx,
  sent: readonly { readonly integration: string; readonly day: string }[],
): Promise<void> {
  if (sent.length === 0) return
  const counts = new Map<string, [integration: string, day: string, count: number]>()
  for (const { integration, day } of sent) {
    const key = `${day} ${integration}`
    counts.set(key, [integration, day, (counts.get(key)?.[2] ?? 0) + 1])
  }
  // In one order for all, since others count in the same rows.
  const rows = [...counts].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row)
  await trx.insert(DAYS, rows)
  await trx.apply(
    FORGET_EARLIER,
    rows.map(([integration, day]) => [integration, day]),
  )
}
