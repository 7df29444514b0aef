import { join } from 'node:path'
import pg from 'pg'
import t from 'tap'
import { openDatabase } from '../../src/store/database.ts'
import { openStore } from '../../src/store/store.ts'
import { withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { bytesRead } from './bytes-read.ts'
import { freshFolder, writeMigratedDatabase } from './database.ts'
import { type Effort, fill, testLists } from './lists-suite.ts'
import { freshPostgres } from './postgres.ts'
import { statementsOf } from './statements.ts'

t.setTimeout(300_000)

t.test('on SQLite', async (t) => {
  testLists(t, async (t) => {
    const file = join(freshFolder(t), 'relay.db')
    await writeMigratedDatabase(file)
    const database = openDatabase({ client: 'sqlite', file })
    await fill(database.writer, false)
    const store = openStore({ client: 'sqlite', file })
    t.teardown(async () => {
      await store.close()
      await database.close()
    })
    return {
      store,
      // A small part of a table.
      mostBytes: 8_000_000,
      async effortOf(work) {
        const before = bytesRead()
        const statements = await statementsOf(work)
        const bytes = bytesRead() - before
        const queries = new Set(statements.filter((sql) => /^\s*(with|select)/i.test(sql)))
        const plans: string[] = []
        for (const query of queries) {
          const blanks = new Array((query.match(/\?/g) ?? []).length).fill(1)
          const steps: { detail: string }[] = await database.writer.raw(`explain query plan ${query}`, blanks)
          plans.push(`${steps.map(({ detail }) => detail).join('\n')}\n${query}`)
        }
        return { plans, bytes }
      },
    }
  })
})

/** Where all is checked that can be checked, a server that is missing is a failure. */
const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

t.test('on PostgreSQL', { skip }, async (t) => {
  testLists(t, async (t) => {
    const url = await freshPostgres(t)
    const database = openDatabase({ client: 'postgres', file: '', url })
    await fill(database.writer, true)
    const store = openStore({ client: 'postgres', file: '', url })
    t.teardown(async () => {
      await store.close()
      await database.close()
    })
    return { store, mostBytes: 160_000_000, effortOf: (work) => postgresEffort(work, url) }
  })
})

const PAGE_BYTES = 8192

/**
 * Asks the server for the plan of each query that the driver sends, with its own values, and for the pages that it takes:
 * each counts as often as it is looked at, so that searching 5,000 rows by an index takes 11,000.
 */
async function postgresEffort(work: () => Promise<unknown>, url: string): Promise<Effort> {
  const { prototype } = pg.Client
  const { query } = prototype
  const sent: { text: string; values: unknown[] }[] = []
  prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [first, second] = args as [string | { text?: string; values?: unknown[] }, unknown]
    const text = typeof first === 'string' ? first : (first.text ?? '')
    const values = typeof first === 'string' ? second : first.values
    if (/^\s*(with|select)/i.test(text)) sent.push({ text, values: Array.isArray(values) ? values : [] })
    return (query as (...all: unknown[]) => unknown).apply(this, args)
  } as typeof query
  try {
    await work()
  } finally {
    prototype.query = query
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const plans: string[] = []
    let pages = 0
    for (const { text, values } of sent) {
      // Tables of a few rows are read as a whole, and rightly.
      const { rows } = await client.query(`explain (analyze, buffers, timing off) ${text}`, values)
      const lines = (rows as { 'QUERY PLAN': string }[]).map((row) => row['QUERY PLAN'])
      const plan = lines.join('\n').replace(/Seq Scan on (delivery_counts|days|links|stories)/g, 'a small table: $1')
      plans.push(`${plan}\n${text}`)
      // The first line of this kind is that of the whole.
      const [counts = ''] = /Buffers: .*/.exec(plan) ?? []
      for (const [, count] of counts.matchAll(/(?:hit|read)=(\d+)/g)) pages += Number(count)
    }
    return { plans, bytes: pages * PAGE_BYTES }
  } finally {
    await client.end()
  }
}
