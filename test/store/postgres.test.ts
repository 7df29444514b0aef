import { inspect } from 'node:util'
import pg from 'pg'
import t, { type Test } from 'tap'
import { openDatabase } from '../../src/store/database.ts'
import type { Outcome, Taken } from '../../src/store/delivery.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { run, withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { testAppend } from './append-suite.ts'
import { testCountSlots } from './count-slots-suite.ts'
import { entry, type OpenStore } from './database.ts'
import { DELIVERED } from './delivered.ts'
import { testDoubt } from './doubt-suite.ts'
import { testKeeping } from './keeping-suite.ts'
import { testOrder } from './order-suite.ts'
import { testOwnWrites } from './own-writes-suite.ts'
import { byItsCallersClock, freshPostgres, settableClock, sharedCluster } from './postgres.ts'
import { testRejected } from './rejected-suite.ts'
import { testTexts } from './texts-suite.ts'

// On a machine that is busy with other things.
t.setTimeout(300_000)

const NOW = 5000

/** Where all is checked that can be checked, a server that is missing is a failure. */
const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

t.test('on PostgreSQL', { skip }, async (t) => {
  const cluster = await sharedCluster()
  const clock = await settableClock(t, await freshPostgres(t), NOW)
  const { url } = clock
  const look = new pg.Client({ connectionString: url })
  await look.connect()
  t.teardown(() => look.end())
  const rows = async (sql: string): Promise<readonly Record<string, unknown>[]> => (await look.query(sql)).rows

  /** Empties the tables: to make them anew for each test would take most of its time. */
  async function empty(): Promise<void> {
    const tables = await rows(
      "select tablename as name from pg_tables where schemaname = 'public' and tablename !~ '^knex'",
    )
    await rows(`truncate ${tables.map(({ name }) => name).join(', ')} restart identity cascade`)
  }

  const another: OpenStore = async (t, observeCommit) => {
    const store = openStore({ client: 'postgres', file: '', url }, observeCommit)
    t.teardown(() => store.close())
    return byItsCallersClock(store, clock.set)
  }

  const open: OpenStore = async (t, observeCommit) => {
    const store = await another(t, observeCommit)
    await empty()
    return store
  }

  /** True once so many sessions wait for locks of others; false if the work is done without. */
  async function waitsForALock(work: Promise<unknown>, sessions = 1): Promise<boolean> {
    let done = false
    const end = () => {
      done = true
    }
    work.then(end, end)
    const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    while (!done) if ((await rows(waiting)).length >= sessions) return true
    return false
  }

  /** A session that is not the relay's. */
  async function connect(t: Test): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    t.teardown(() => client.end())
    return client
  }

  testAppend(t, open)
  testOrder(t, open)
  testDoubt(t, open, 'server')
  testRejected(t, open)
  testTexts(t, open)
  testKeeping(t, open)
  testOwnWrites(t, open)

  testCountSlots(t, async (t) => {
    const database = openDatabase({ client: 'postgres', file: '', url: await freshPostgres(t, 'empty') })
    t.teardown(() => database.close())
    return database
  })

  t.test('relays that start together on a new database all find every table', async (t) => {
    const url = await freshPostgres(t, 'empty')
    const opened = Array.from({ length: 8 }, () => openDatabase({ client: 'postgres', file: '', url }))
    t.teardown(() => Promise.all(opened.map(({ close }) => close())))
    const applied = await Promise.all(opened.map(({ migrate }) => migrate()))
    const names = (await run(url, 'select name from knex_migrations order by id')).map(({ name }) => String(name))
    t.ok(names.length > 3)
    t.strictSame(applied.flat().sort(), names, 'each migration was applied by one of them')
  })

  t.test('two relays that take at the same time never get the same delivery, and leave none', async (t) => {
    const stores = [await open(t), await another(t)] as const
    const [one] = stores
    const numbers = Array.from({ length: 120 }, (_, index) => index + 1)
    await Promise.all(numbers.map((number) => one.append(entry(number, ['room'], undefined, [String(number)]))))
    const takeAll = async (store: Store): Promise<number[]> => {
      const ids: number[] = []
      for (;;) {
        const taken = await store.take({ integration: 'room', limit: 3, now: NOW, leaseMs: 60_000 })
        if (taken.length === 0) return ids
        ids.push(...taken.map(({ id }) => id))
      }
    }
    const taken = (await Promise.all(stores.map(takeAll))).flat()
    t.equal(new Set(taken).size, taken.length, 'none was taken twice')
    t.equal(taken.length, numbers.length, 'all were taken')
  })

  t.test('a delivery that another relay is just taking is left to it, and the next one is taken', async (t) => {
    const store = await open(t)
    for (const number of [1, 2]) await store.append(entry(number, ['room'], undefined, [String(number)]))
    const other = await connect(t)
    await other.query('begin')
    const { rows: locked } = await other.query('select id from deliveries order by id limit 1 for update')
    const taking = store.take({ integration: 'room', limit: 5, now: NOW, leaseMs: 1000 })
    t.notOk(await waitsForALock(taking))
    await other.query('rollback')
    const taken = await taking
    t.strictSame([locked.length, taken.map(({ activityId }) => activityId)], [1, [2]])
    const later = await store.take({ integration: 'room', limit: 5, now: NOW, leaseMs: 1000 })
    t.strictSame(
      later.map(({ activityId }) => activityId),
      [1],
    )
  })

  t.test('an activity waits while another relay changes a lane of its story', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['room'], undefined, ['7']))
    const other = await connect(t)
    await other.query('begin')
    await other.query("select pg_advisory_xact_lock(hashtextextended('room 26:7', 0))")
    const second = store.append(entry(2, ['room'], undefined, ['7']))
    t.ok(await waitsForALock(second))
    t.equal((await rows('select id from activities')).length, 1)
    // Meanwhile the other one settles the delivery that came first.
    await other.query('delete from lane_entries')
    await other.query('commit')
    t.match(await second, { duplicate: false })
    t.strictSame((await store.deliveries({ limit: 1 }))[0]?.dueAt, 1000, 'nobody stands before it any more')
  })

  t.test('two relays that each free one story of a delivery do not both leave it to the other', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['room'], undefined, ['7']))
    await store.append(entry(2, ['room'], undefined, ['8']))
    await store.append(entry(3, ['room'], undefined, ['7', '8']))
    const [first, second] = await store.take({ integration: 'room', limit: 5, now: NOW, leaseMs: 1000 })
    if (first === undefined || second === undefined) throw new Error('there was nothing to take')
    const other = await connect(t)
    await other.query('begin')
    await other.query('delete from lane_entries where delivery_id = $1', [second.id])
    // It sees that the third one still waits for story 7.
    await other.query('select id from deliveries where activity_id = 3 for update')
    const settling = store.settle({
      delivery: first,
      outcome: DELIVERED,
      exchanges: '[]',
      endedAt: NOW,
      durationMs: 0,
      targetTime: null,
    })
    t.ok(await waitsForALock(settling))
    await other.query('commit')
    t.equal(await settling, true)
    const [third] = await store.take({ integration: 'room', limit: 5, now: NOW, leaseMs: 1000 })
    t.equal(third?.activityId, 3)
  })

  t.test('a replay waits for a delivery of two stories that is just getting its turn from the other one', async (t) => {
    const [one, other] = [await open(t), await another(t)]
    const take = () => one.take({ integration: 'room', limit: 9, now: NOW, leaseMs: 1000 })
    const settle = (delivery: Taken | undefined, outcome: Outcome) => {
      if (delivery === undefined) throw new Error('there was nothing to take')
      return one.settle({ delivery, outcome, exchanges: '[]', endedAt: NOW, durationMs: 0, targetTime: null })
    }
    await one.append(entry(1, ['room'], undefined, ['7']))
    const [dead] = await take()
    await settle(dead, { ...DELIVERED, state: 'dead', word: 'dead' })
    await one.append(entry(2, ['room'], undefined, ['8']))
    const [active] = await take()
    await one.append(entry(3, ['room'], undefined, ['7', '8']))
    const slow = await connect(t)
    await slow.query('begin')
    // The last that is written, so that all else is done and not committed.
    await slow.query('select 1 from delivery_counts for update')
    const settling = settle(active, DELIVERED)
    t.ok(await waitsForALock(settling))
    const replaying = other.replay({ ids: [dead?.id ?? 0] }, NOW)
    t.ok(await waitsForALock(replaying, 2))
    await slow.query('commit')
    t.strictSame(await Promise.all([settling, replaying]), [true, 1])
    const [third, ...beside] = await take()
    t.strictSame([third?.activityId, beside], [3, []], 'not both at once')
    await settle(third, DELIVERED)
    t.strictSame(
      (await take()).map(({ activityId }) => activityId),
      [1],
    )
  })

  t.test(
    'two relays that append and settle the same stories keep their order, and nobody is left waiting',
    async (t) => {
      const stores = [await open(t), await another(t)]
      const activities = 40
      // Each activity touches two of four stories, so that lanes cross.
      const storiesOf = (number: number): string[] => [String(number % 4), String((number + 1 + (number % 3)) % 4)]
      const settled: number[] = []
      let appended = 0
      const write = async (store: Store, first: number): Promise<void> => {
        for (let number = first; number <= activities; number += 2) {
          await store.append(entry(number, ['room'], [{ kind: 'forward' }], storiesOf(number)))
          appended += 1
        }
      }
      const work = async (store: Store): Promise<void> => {
        while (settled.length < activities) {
          const taken = await store.take({ integration: 'room', limit: 2, now: NOW, leaseMs: 600_000 })
          if (taken.length === 0 && appended === activities && settled.length < activities) {
            const [left] = await rows(
              'select count(*)::int as open, count(due_at)::int as due from deliveries where settled_at is null',
            )
            if (left?.due === 0 && left.open !== 0) throw new Error(`${left.open} deliveries wait for nobody`)
          }
          for (const delivery of taken) {
            settled.push(delivery.id)
            await store.settle({
              delivery,
              outcome: DELIVERED,
              exchanges: '[]',
              endedAt: NOW,
              durationMs: 0,
              targetTime: null,
            })
          }
        }
      }
      await Promise.all([...stores.map((store, index) => write(store, index + 1)), ...stores.map(work)])
      t.strictSame(await rows('select * from lane_entries'), [])
      t.strictSame(await rows("select count(*)::int as n from deliveries where state = 'delivered'"), [
        { n: activities },
      ])
      t.strictSame(
        await rows('select delivery_id from attempts group by delivery_id having count(*) > 1'),
        [],
        'none was delivered twice',
      )
      const lanesOf = new Map(
        (await rows('select id, lanes from deliveries')).map(({ id, lanes }) => [
          Number(id),
          JSON.parse(String(lanes)) as string[],
        ]),
      )
      for (const lane of ['0', '1', '2', '3'].map((story) => `26:${story}`)) {
        const inOrder = settled.filter((id) => lanesOf.get(id)?.includes(lane))
        t.ok(inOrder.length > 10)
        t.strictSame(
          inOrder,
          [...inOrder].sort((a, b) => a - b),
          lane,
        )
      }
      const [wrong] = await rows(`select count(*)::int as n from (
        select integration, state, sum(count) as count from delivery_counts group by integration, state) as c
      where c.count <> (select count(*) from deliveries as d where d.integration = c.integration and d.state = c.state)`)
      t.strictSame(wrong, { n: 0 }, 'the counts are those of the rows')
    },
  )

  t.test('connections that the server has cut are replaced, and what comes then is stored', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['room']))
    const cut = await rows(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'tracker-relay'`,
    )
    t.ok(cut.length > 0)
    t.match(await store.append(entry(2, ['room'])), { duplicate: false })
    t.equal((await store.deliveries({ limit: 10 })).length, 2)
  })

  t.test(
    'a pooler that forgets prepared statements between transactions costs a repetition, and no more',
    async (t) => {
      const store = await open(t)
      await store.append(entry(1, ['room']))
      const { query } = pg.Client.prototype
      let forgotten = 0
      // As another session answers that PgBouncer has lent the connection to meanwhile.
      pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
        if (String(args[0]).startsWith('begin')) {
          forgotten += 1
          void Reflect.apply(query, this, ['deallocate all'])
        }
        return Reflect.apply(query, this, args)
      } as typeof query
      t.teardown(() => {
        pg.Client.prototype.query = query
      })
      t.match(await store.append(entry(2, ['room'])), { duplicate: false })
      t.equal(forgotten, 2, 'it was repeated once')
      const [taken] = await store.take({ integration: 'room', limit: 1, now: NOW, leaseMs: 1000 })
      t.match(await store.storedActivity(taken?.activityId ?? 0), { contentType: 'application/xml' })
      t.equal((await store.deliveries({ limit: 10 })).length, 2)
    },
  )

  t.test('a server that is gone is told as unavailable', async (t) => {
    const url = new URL(cluster.url)
    url.port = '1'
    const store = openStore({ client: 'postgres', file: '', url: url.href })
    t.teardown(() => store.close())
    await t.rejects(store.append(entry(1, ['room'])), { name: 'StoreError', reason: 'unavailable' })
    await t.rejects(store.migrate(), StoreError)
  })

  t.test('no error repeats what was to be stored', async (t) => {
    const store = await open(t)
    const secret = 'the launch code is 00000000'
    const raw = Buffer.from(secret)
    const fine = { ...entry(1, ['room']), raw }
    const told = await store
      .append({ ...fine, activity: { ...fine.activity, kind: null as unknown as string } })
      .then(String, inspect)
    t.match(told, 'null value in column "kind"')
    t.notMatch(told, secret)
    t.notMatch(told, raw.toString('hex'))
    t.notMatch(told, 'insert into')
  })
})
