import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import knex, { type Knex } from 'knex'
import t, { type Test } from 'tap'
import other from '../../../../src/connectors/other/index.ts'
import { examineTotal, MOST_ROWS } from '../../../../src/connectors/other/sql/limits.ts'
import { sqlTickets } from '../../../../src/connectors/other/sql/tickets.ts'
import { USUAL_TIMES } from '../../../../src/connectors/other/times.ts'
import { openSession } from '../../../harness.ts'
import { heldOf } from '../../reading.ts'
import { openOther } from '../other-source.ts'

/** A database file with tickets, its path with what paths may hold, and a connection that writes to it. */
async function database(t: Test, name = 'tickets 50% #1?.db'): Promise<{ file: string; db: Knex }> {
  const file = join(t.testdir({}), name)
  const db = knex({ client: 'sqlite3', useNullAsDefault: true, connection: { filename: file } })
  t.teardown(() => db.destroy())
  await db.raw(
    'create table tickets (id integer, title text, body blob, who text, opened, kind text, points real, state text)',
  )
  return { file, db }
}

const QUERY = `select id as external_id, title as NAME, body as description, who as requested_by, opened as created_at,
  kind as story_type, points as estimate, state from tickets -- the newest first;
  order by id desc; `

t.test('the rows of a query are tickets, in the order of the query', async (t) => {
  const { file, db } = await database(t)
  await db('tickets').insert([
    { id: 1, title: 'Cloak', opened: 1228867200, state: 'open' },
    {
      id: 2,
      title: 'More "power" <b>',
      body: 'a\n\u05e9\u05dc\u05d5\u05dd \ud83d\ude80',
      who: 'Kirk',
      opened: '2008-12-10 00:00:00',
      kind: 'bug',
      points: 1.5,
    },
    { id: 3, title: '', body: Buffer.from('bytes'), opened: 1228867200000, points: -1 },
  ])
  const { stories, check } = openOther(t, { sql: QUERY, database: { client: 'sqlite', file } })
  const createdAt = new Date('2008-12-10T00:00:00Z')
  const none = { description: '', requestedBy: '', type: null, estimate: null }
  t.strictSame(await stories(), [
    { ...none, externalId: '3', name: 'bytes', description: 'bytes', createdAt },
    {
      externalId: '2',
      name: 'More "power" <b>',
      description: 'a\n\u05e9\u05dc\u05d5\u05dd \ud83d\ude80',
      requestedBy: 'Kirk',
      createdAt,
      type: 'bug',
      estimate: 1.5,
    },
    { ...none, externalId: '1', name: 'Cloak', createdAt },
  ])
  t.strictSame(await check(), [
    { level: 'ok', setting: 'source.sql', message: 'the source can be read; 3 tickets can become stories' },
  ])
})

t.test('columns named id, title and type are understood', async (t) => {
  const { file, db } = await database(t)
  await db('tickets').insert({ id: 1, title: 'Cloak', kind: 'x' })
  const sql = 'select id, title, kind as type from tickets'
  const [story] = await openOther(t, { sql, database: { client: 'sqlite', file } }).stories()
  t.match(story, { externalId: '1', name: 'Cloak', type: 'x' })
})

t.test('a query without rows is an empty list', async (t) => {
  const { file } = await database(t)
  t.strictSame(await openOther(t, { sql: QUERY, database: { client: 'sqlite', file } }).stories(), [])
})

t.test('others can write to the file meanwhile, also in WAL mode', async (t) => {
  const { file, db } = await database(t)
  await db.raw('pragma journal_mode = wal')
  await db('tickets').insert(Array.from({ length: 150 }, (_, id) => ({ id, title: 'N' })))
  const sql = 'select a.id * 1000 + b.id as id, a.title from tickets a, tickets b'
  const { session, close } = openSession(other, { source: { sql, database: { client: 'sqlite', file } } })
  t.teardown(close)
  let count = 0
  for await (const page of session.stories?.() ?? []) {
    if (count === 0) await db('tickets').insert({ id: 999, title: 'later' })
    count += page.length
  }
  t.equal(count, 150 * 150)
})

t.test('a query can change nothing, and no file is created', async (t) => {
  const { file, db } = await database(t)
  await db('tickets').insert({ id: 1, title: 'N' })
  const cases: [string, RegExp][] = [
    [
      'with x as (select 1) insert into tickets (id) select 2 from x',
      /^the query would change the database, which is only read/,
    ],
    ['with x as (select 1) delete from tickets where 1', /^the query would change the database, which is only read/],
    ['select id, title from tickets; delete from tickets', /^never$/],
  ]
  for (const [sql, message] of cases) {
    const reading = openOther(t, { sql, database: { client: 'sqlite', file } }).stories()
    // The driver takes the first statement and leaves the rest.
    if (message.source === '^never$') t.equal((await reading).length, 1)
    else await t.rejects(reading, { setting: 'source.sql', message }, sql)
  }
  t.strictSame(await db('tickets').select('id'), [{ id: 1 }])
  const missing = `${file}.missing`
  await t.rejects(openOther(t, { sql: QUERY, database: { client: 'sqlite', file: missing } }).stories())
  t.notOk(existsSync(missing))
  t.equal(readdirSync(t.testdirName).length, 1)
})

t.test('each mistake is reported with its setting', async (t) => {
  const { file, db } = await database(t)
  await db('tickets').insert({ id: null, title: 'N' })
  const text = `${file}.txt`
  writeFileSync(text, 'this is no database, but long enough to look like one. '.repeat(20))
  const cases: [string, object, string, string | RegExp][] = [
    [
      'select 1',
      { file: `${file}.missing` },
      'source.database.file',
      `${file}.missing does not exist, may not be read, or is not a SQLite database: check source.database.file`,
    ],
    ['select 1', { file: text }, 'source.database.file', /is not a SQLite database: check source\.database\.file$/],
    [
      'select x from tickets',
      {},
      'source.sql',
      'the database refuses the query (SQLITE_ERROR: no such column: x): check source.sql',
    ],
    ['select from', {}, 'source.sql', /^the database refuses the query \(SQLITE_ERROR: near "from": syntax error\)/],
    [
      'select title, state from tickets',
      {},
      'source.sql',
      'the query has no column external_id, only title, state: select ... as external_id',
    ],
    ['select 1 as id', {}, 'source.sql', 'the query has no column name, only id: select ... as name'],
    ['select id, title from tickets', {}, 'source.sql', 'ticket 1 has no external_id: check source.sql'],
    [
      'with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) as id, 1 as name from n',
      { timeout_seconds: 1 },
      'source.sql',
      'the database took more than 1 s to answer: check source.sql',
    ],
  ]
  for (const [sql, settings, setting, message] of cases) {
    const { stories, check } = openOther(t, { sql, database: { client: 'sqlite', file, ...settings } })
    await t.rejects(stories(), { name: 'DeliveryError', setting, message }, sql)
    t.match(await check(), [{ level: 'error', setting, message }], sql)
  }
})

t.test('100,000 rows are read without holding them in memory', async (t) => {
  const { file } = await database(t)
  const sql = `with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000)
    select i as id, 'Ticket ' || i as title, hex(randomblob(150)) as description from n`
  const { session, close } = openSession(other, { source: { sql, database: { client: 'sqlite', file } } })
  t.teardown(close)
  const { count, most } = await heldOf(session)
  t.equal(count, 100_000)
  t.ok(most < 10_000_000, `${most} bytes were held of more than 30,000,000`)
})

t.test('long texts are read in a process of their own, a few at a time, while other work has its turns', async (t) => {
  const { file } = await database(t)
  const sql = `with recursive n(i) as (select 1 union all select i + 1 from n where i < 60)
    select i as id, 'Ticket ' || i as title, replace(hex(zeroblob(1000000)), '00', 'xx') as description from n`
  const { session, close } = openSession(other, { source: { sql, database: { client: 'sqlite', file } } })
  t.teardown(close)
  let last = performance.now()
  let longest = 0
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 5)
  t.teardown(() => clearInterval(timer))
  const sizes: number[] = []
  for await (const page of session.stories?.() ?? []) {
    sizes.push(page.length)
    t.ok(page.every(({ description }) => description.length === 100_000))
  }
  t.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    60,
  )
  t.ok(longest < 1000, `the event loop stood still for ${longest} ms`)
})

t.test('a row that is too long is refused before it is read', async (t) => {
  const { file, db } = await database(t)
  const long = {
    level: 'error',
    setting: 'source.sql',
    message: 'a row is longer than 16 MiB, the maximum: select less of it, such as substr(description, 1, 20000)',
  }
  await db.raw("insert into tickets (id, title, body) values (1, 'N', zeroblob(17000000))")
  const before = process.memoryUsage().rss
  for (const sql of [
    'select id, title, body as description from tickets',
    'select 1 as id, hex(zeroblob(4500000)) as name, hex(zeroblob(4500000)) as description',
  ])
    t.strictSame(await openOther(t, { sql, database: { client: 'sqlite', file } }).check(), [long], sql)
  const endless = "select 1 as id, 'N' as name, hex(zeroblob(400000000)) as description"
  t.strictSame(await openOther(t, { sql: endless, database: { client: 'sqlite', file } }).check(), [
    {
      ...long,
      message: 'the database holds a text longer than 64 MiB, the maximum: leave out that row or that column',
    },
  ])
  t.ok(process.memoryUsage().rss - before < 300_000_000)
  const sql = 'select id, title, substr(body, 1, 20000) as description from tickets'
  t.match(await openOther(t, { sql, database: { client: 'sqlite', file } }).check(), [{ level: 'ok' }])
})

t.test('a query that does not end is an error, and not one story for ever', async (t) => {
  const { file } = await database(t)
  const sql = 'with recursive n(i) as (select 1 union all select 1 from n) select i as id, i as name from n'
  const times = USUAL_TIMES
  const query = { sql, database: { client: 'sqlite', file, timeout_seconds: 30 }, times } as const
  let count = 0
  const readAll = async (): Promise<void> => {
    for await (const _ of sqlTickets(query, 1200)) count += 1
  }
  await t.rejects(readAll(), {
    name: 'DeliveryError',
    setting: 'source.sql',
    message: 'the query has more than 1200 rows, the maximum: add conditions',
  })
  t.equal(count, 1200)
  t.throws(() => examineTotal(1_000_001, 0, MOST_ROWS), { message: /more than 1000000 rows/ })
})

t.test('without a limit of its own a query has the time of the integration', async (t) => {
  const { file } = await database(t)
  const sql = 'with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) as id, 1 as name from n'
  const source = { sql, database: { client: 'sqlite', file } }
  const { session, close } = openSession(other, { source }, { timeoutMs: 1000 })
  t.teardown(close)
  t.match(await session.check?.(), [{ message: 'the database took more than 1 s to answer: check source.sql' }])
})
