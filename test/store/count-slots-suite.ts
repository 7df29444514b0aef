import { resolve } from 'node:path'
import type { Knex } from 'knex'
import type { Test } from 'tap'
import type { Database } from '../../src/store/database.ts'

const NAME = '20261128000030_count_slots.js'

/** What becomes of the numbers of deliveries when rows for each instance come, and when they go, on whatever database. */
export function testCountSlots(suite: Test, open: (t: Test) => Promise<Pick<Database, 'writer' | 'migrate'>>): void {
  suite.test('the numbers of deliveries are kept when each instance gets rows of its own, and back', async (t) => {
    const database = await open(t)
    await database.migrate()
    const { writer } = database
    const { up, down } = (await import(resolve('migrations', NAME))) as Record<
      'up' | 'down',
      (knex: Knex) => Promise<void>
    >
    const rows = async () =>
      (await writer('delivery_counts').select('*').orderBy(['integration', 'state'])).map((row) => ({
        ...row,
        count: Number(row.count),
      }))
    const row = (state: string, count: number, slot?: number) =>
      slot === undefined ? { integration: 'room', state, count } : { integration: 'room', state, count, slot }
    await writer('delivery_counts').insert([row('dead', 3, 0), row('dead', -1, 7), row('pending', 5, 2)])
    await down(writer)
    t.strictSame(await rows(), [row('dead', 2), row('pending', 5)])
    await up(writer)
    t.strictSame(await rows(), [row('dead', 2, 0), row('pending', 5, 0)])
    await down(writer)
    await up(writer)
    await t.rejects(writer('delivery_counts').insert(row('dead', 1, 0)), 'one row for each instance')
  })
}
