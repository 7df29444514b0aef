import { join } from 'node:path'
import pg from 'pg'
import t from 'tap'
import { openDatabase } from '../../src/store/database.ts'
import { openStore } from '../../src/store/store.ts'
import { withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { freshFolder, writeMigratedDatabase } from './database.ts'
import { fill, testLists } from './lists-suite.ts'
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
      async plansOf(work) {
        const queries = new Set((await statementsOf(work)).filter((sql) => /^\s*(with|select)/i.test(sql)))
        const plans: string[] = []
        for (const query of queries) {
          const blanks = new Array((query.match(/\?/g) ?? []).length).fill(1)
          const steps: { detail: string }[] = await database.writer.raw(`explain query plan ${query}`, blanks)
          plans.push(`${steps.map(({ detail }) => detail).join('\n')}\n${query}`)
        }
        return plans
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
    return { store, plansOf: (work) => postgresPlans(work, url) }
  })
})

/** Asks the server for the plan of each query that the driver sends, with its own values. */
async function postgresPlans(work: () => Promise<unknown>, url: string): Promise<readonly string[]> {
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
    for (const { text, values } of sent) {
      // Tables of a few rows are read as a whole, and rightly.
      const { rows } = await client.query(`explain ${text}`, values)
      const lines = (rows as { 'QUERY PLAN': string }[]).map((row) => row['QUERY PLAN'])
      const plan = lines.join('\n').replace(/Seq Scan on (delivery_counts|days|links|stories)/g, 'a small table: $1')
      plans.push(`${plan}\n${text}`)
    }
    return plans
  } finally {
    await client.end()
  }
}
