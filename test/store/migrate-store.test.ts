import { join } from 'node:path'
import t from 'tap'
import { openSource } from '../../src/store/migrate-store/source.ts'
import { inOrder, type Table } from '../../src/store/migrate-store/table.ts'
import { freshFolder, writeMigratedDatabase } from './database.ts'
import { withSqlite } from './every-table.ts'

t.test('so many bytes and rows of a file are in memory at once, and not one is left out', async (t) => {
  const file = join(freshFolder(t), 'relay.db')
  await writeMigratedDatabase(file)
  const sizes = [
    ...Array.from({ length: 10 }, () => 1_000_000),
    10_000_000,
    10,
    ...Array.from({ length: 2500 }, () => 50),
  ]
  await withSqlite(file, async (all) => {
    await all('begin')
    for (const [at, size] of sizes.entries())
      await all('insert into activities values (?, ?, ?, ?, ?, zeroblob(?), 1, 1, null, null)', [
        ...[at + 1, '26', `26:${at}`, 'story_update', 'application/xml', size],
      ])
    await all('commit')
  })
  const source = await openSource(file)
  t.teardown(source.close)
  const activities = source.tables.find(({ name }) => name === 'activities')
  if (activities === undefined) throw new Error('a store has activities')
  const batches: number[] = []
  let rows = 0
  for await (const batch of source.batches(activities, [0])) {
    rows += batch.rows.length
    t.equal(batch.last[0], rows)
    batches.push(batch.rows.length)
  }
  t.strictSame(batches, [4, 4, 2, 1, 1000, 1000, 501])
  const after: number[] = []
  for await (const { rows } of source.batches(activities, [2500])) after.push(rows.length)
  t.strictSame(after, [12])
})

t.test('a table comes after those that its rows refer to', async (t) => {
  const table = (name: string, ...parents: string[]): Table => ({
    name,
    parents,
    columns: [],
    key: [],
    isNumbered: true,
  })
  const tables = [table('a', 'c'), table('b', 'b', 'a'), table('c'), table('d', 'elsewhere')]
  t.strictSame(
    inOrder(tables).map(({ name }) => name),
    ['c', 'a', 'b', 'd'],
  )
})
