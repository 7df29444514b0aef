import pg from 'pg'
import t from 'tap'
import { openStore } from '../../src/store/store.ts'
import { run, withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { entry } from './database.ts'
import { freshPostgres } from './postgres.ts'

const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

t.setTimeout(300_000)

for (const isolation of ['repeatable read', 'serializable'])
  t.test(
    `on a database whose transactions are "${isolation}" an activity still sees what was done while it waited`,
    { skip },
    async (t) => {
      const url = await freshPostgres(t)
      const name = new URL(url).pathname.slice(1)
      await run(url, `alter database ${name} set default_transaction_isolation = '${isolation}'`)
      const store = openStore({ client: 'postgres', file: '', url })
      t.teardown(() => store.close())
      await store.append(entry(1, ['room'], undefined, ['7']))
      const other = new pg.Client({ connectionString: url })
      await other.connect()
      t.teardown(() => other.end())
      await other.query('begin isolation level read committed')
      await other.query("select pg_advisory_xact_lock(hashtextextended('room 26:7', 0))")
      const second = store.append(entry(2, ['room'], undefined, ['7']))
      const waiting = `select 1 from pg_stat_activity where datname = '${name}' and wait_event_type = 'Lock'`
      while ((await other.query(waiting)).rows.length === 0);
      // The delivery before it is settled meanwhile.
      await other.query('delete from lane_entries')
      await other.query('commit')
      t.match(await second, { duplicate: false })
      t.type((await store.deliveries({ limit: 1 }))[0]?.dueAt, 'number', 'it is due, since nobody stands before it')
    },
  )
