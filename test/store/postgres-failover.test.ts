import type { Socket } from 'node:net'
import pg from 'pg'
import t from 'tap'
import { openDatabase } from '../../src/store/database.ts'
import { openPostgres } from '../../src/store/dialect/postgres.ts'
import { openStore } from '../../src/store/store.ts'
import { isPassing } from '../../src/store/store-error.ts'
import { run, withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { startNetwork } from '../faults/network.ts'
import { entry } from './database.ts'
import { freshPostgres, sharedCluster } from './postgres.ts'

// On a machine that is busy with other things.
t.setTimeout(300_000)

/** What pg keeps to itself. */
interface Inside {
  readonly connection: { readonly stream: Socket }
}

const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

t.test('a server that falls silent is given up in time, and when it is back work goes on', { skip }, async (t) => {
  const network = await startNetwork(t, await freshPostgres(t))
  const dialect = openPostgres({ url: network.url }, {}, 500)
  t.teardown(() => dialect.writer.destroy())
  const add = (key: string): Promise<unknown> =>
    dialect.transaction(({ knex }) =>
      knex('activities')
        .count({ n: '*' })
        .select(knex.raw('? as key', [key])),
    )
  await add('one')
  network.setSilent(true)
  const error = await add('two').then(
    () => null,
    (reason: unknown) => reason,
  )
  t.match(error, { message: /Connection terminated: no answer within 0\.5 s$/ })
  network.setSilent(false)
  t.match(await add('three'), [{ key: 'three' }])
})

t.test(
  'a server that became read-only makes the store unavailable, until one that can be written to is there',
  { skip },
  async (t) => {
    const url = await freshPostgres(t)
    const name = new URL(url).pathname.slice(1)
    const store = openStore({ client: 'postgres', file: '', url })
    t.teardown(() => store.close())
    await store.append(entry(1, ['room']))
    const { url: server } = await sharedCluster()
    const failOver = async (isReadOnly: boolean): Promise<void> => {
      await run(server, `alter database ${name} set default_transaction_read_only = ${isReadOnly ? 'on' : 'off'}`)
      await run(server, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
    }
    await failOver(true)
    await t.rejects(store.append(entry(2, ['room'])), { name: 'StoreError', reason: 'unavailable' })
    t.equal((await store.deliveries({ limit: 10 })).length, 1, 'what is there can be read')
    await failOver(false)
    t.match(await store.append(entry(2, ['room'])), { duplicate: false })
  },
)

t.test(
  'a connection that breaks before the answer to a commit costs a repetition, and no more',
  { skip },
  async (t) => {
    const store = openStore({ client: 'postgres', file: '', url: await freshPostgres(t) })
    t.teardown(() => store.close())
    const { query } = pg.Client.prototype
    let commits = 0
    pg.Client.prototype.query = function (this: pg.Client & Inside, ...args: unknown[]) {
      const answer = Reflect.apply(query, this, args)
      if (args[0] === 'commit' && ++commits === 1) this.connection.stream.destroy()
      return answer
    } as typeof query
    t.teardown(() => {
      pg.Client.prototype.query = query
    })
    const unhandled: unknown[] = []
    const onUnhandled = (error: unknown) => void unhandled.push(error)
    process.on('unhandledRejection', onUnhandled)
    t.teardown(() => process.off('unhandledRejection', onUnhandled))
    // Whether the first commit arrived, nobody knows.
    t.match(await store.append(entry(1, ['room'])), { id: Number, deliveries: 1 })
    t.equal(commits, 2)
    t.strictSame(unhandled, [], 'nothing ends the process')
    t.strictSame(await store.counts(), [{ integration: 'room', state: 'pending', count: 1 }])
  },
)

t.test(
  'a relay that stands still within a transaction does not keep the others from what it locked',
  { skip },
  async (t) => {
    const url = await freshPostgres(t)
    const database = openDatabase({ client: 'postgres', file: '', url })
    t.teardown(() => database.close())
    const [shown] = await database.transaction(
      async ({ knex }) => (await knex.raw('show idle_in_transaction_session_timeout')).rows as unknown[],
    )
    t.strictSame(shown, { idle_in_transaction_session_timeout: '1min' })
    const ended = database.transaction(async ({ knex }) => {
      await knex.raw('set local idle_in_transaction_session_timeout = 50')
      await knex.raw('lock table deliveries')
      await run(url, 'select count(*) from deliveries')
      await knex.raw('select 1')
    })
    const error = await ended.then(
      () => null,
      (reason: unknown) => reason,
    )
    t.ok(isPassing(error), `it is tried again at once: ${error}`)
  },
)

t.test(
  'a lock that another session keeps is waited for, but not until the server seems silent',
  { skip },
  async (t) => {
    const url = await freshPostgres(t)
    const dialect = openPostgres({ url }, {}, 1500)
    t.teardown(() => dialect.writer.destroy())
    await openedOnce(url)
    const other = new pg.Client({ connectionString: url })
    await other.connect()
    t.teardown(() => other.end())
    await other.query('begin; lock table activities in access exclusive mode')
    const count = (): Promise<unknown> => dialect.transaction(({ knex }) => knex('activities').count({ n: '*' }))
    const error = await count().then(
      () => null,
      (reason: unknown) => reason,
    )
    t.match(error, { code: '55P03' })
    t.equal(isPassing(error), true, 'the commit is tried again')
    await other.query('rollback')
    t.match(await count(), [{ n: 0 }])
  },
)

async function openedOnce(url: string): Promise<void> {
  const store = openStore({ client: 'postgres', url, file: '' })
  await store.migrate()
  await store.close()
}
