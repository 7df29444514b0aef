import t from 'tap'
import other from '../../../../src/connectors/other/index.ts'
import { openSession } from '../../../harness.ts'
import { bare } from '../../reading.ts'
import { openOther } from '../other-source.ts'
import { openCluster, run, withoutPostgres } from '../postgres-cluster.ts'

const skip = withoutPostgres ?? false

t.test('PostgreSQL', { skip }, async (t) => {
  const { url, close } = await openCluster()
  t.teardown(close)
  const table = `relay_tickets_${process.pid}`
  await run(
    url,
    `create table ${table} (id bigint, title text, body text, who text, opened timestamptz, plain timestamp, kind text, points numeric);
     insert into ${table} values
       (9007199254740993, 'More "power" <b>', E'a\\n\u05e9\u05dc\u05d5\u05dd \ud83d\ude80', 'Kirk', '2008-12-10 01:00+01', '2008-12-10', 'bug', 1.5),
       (1, 'Cloak', null, null, null, null, null, null)`,
  )
  t.teardown(() => run(url, `drop table if exists ${table}`))
  const database = { client: 'postgres', url }

  t.test('the rows of a query are tickets, with all digits and in UTC', async (t) => {
    const sql = `select id as external_id, title as "Name", body as description, who as requested_by, opened as created_at,
      kind as type, points as estimate from ${table} where not ('{"a": 1}'::jsonb ? 'b') order by id desc; `
    const { stories, check } = openOther(t, { sql, database })
    t.strictSame(await stories(), [
      {
        externalId: '9007199254740993',
        name: 'More "power" <b>',
        description: 'a\n\u05e9\u05dc\u05d5\u05dd \ud83d\ude80',
        requestedBy: 'Kirk',
        createdAt: new Date('2008-12-10T00:00:00Z'),
        type: 'bug',
        estimate: 1.5,
      },
      bare('1', 'Cloak'),
    ])
    t.strictSame(await check(), [
      { level: 'ok', setting: 'source.sql', message: 'the source can be read; 2 tickets can become stories' },
    ])
    const [story] = await openOther(t, {
      sql: `select id, title, plain as created_at from ${table} where id > 1`,
      database,
    }).stories()
    t.strictSame(story?.createdAt, new Date('2008-12-10T00:00:00Z'))
  })

  t.test('a query can change nothing, whatever it tries', async (t) => {
    const cases: [string, RegExp][] = [
      [
        `with x as (delete from ${table} returning id) select id, 'n' as name from x`,
        /DECLARE CURSOR must not contain data-modifying/,
      ],
      [`select 1 as id, 'n' as name; delete from ${table}`, /cannot insert multiple commands/],
      [`select 1 as id, 'n' as name; rollback; delete from ${table}`, /cannot insert multiple commands/],
      [`select nextval('${table}_s') as id, 'n' as name`, /^the query would change the database, which is only read/],
      [
        `select set_config('transaction_read_only', 'off', false) as id, nextval('${table}_s') as name`,
        /^the (query|database)/,
      ],
    ]
    await run(url, `create sequence ${table}_s`)
    t.teardown(() => run(url, `drop sequence ${table}_s`))
    for (const [sql, message] of cases)
      await t.rejects(openOther(t, { sql, database }).stories(), { setting: 'source.sql', message }, sql)
    t.strictSame(await run(url, `select count(*)::int as count, (select is_called from ${table}_s) from ${table}`), [
      { count: 2, is_called: false },
    ])
  })

  t.test('each mistake is reported with its setting', async (t) => {
    const elsewhere = new URL(url)
    elsewhere.pathname = '/not_there'
    const cases: [string, object, string, string | RegExp][] = [
      [
        'select 1',
        { url: elsewhere.href },
        'source.database.url',
        'the server has no such database: check source.database.url',
      ],
      [
        'select x from nowhere',
        {},
        'source.sql',
        'the database refuses the query (relation "nowhere" does not exist): check source.sql',
      ],
      ['select from from', {}, 'source.sql', /^the database refuses the query \(syntax error/],
      ['select 1 as key', {}, 'source.sql', 'the query has no column external_id, only key: select ... as external_id'],
      [
        'select pg_sleep(60) as id, 1 as name',
        { timeout_seconds: 1 },
        'source.sql',
        'the database took more than 1 s to answer: check source.sql',
      ],
    ]
    for (const [sql, settings, setting, message] of cases) {
      const { check } = openOther(t, { sql, database: { ...database, ...settings } })
      t.match(await check(), [{ level: 'error', setting, message }], sql)
    }
  })

  t.test('a rejected user, and one who may not read the table, are reported as such', async (t) => {
    const user = `relay_${process.pid}`
    await run(url, `create role ${user} login password 'right'`)
    t.teardown(() => run(url, `drop role ${user}`))
    const wrong = new URL(url)
    wrong.username = `${user}_other`
    wrong.password = 'wr0ng-secret'
    const [finding] = await openOther(t, { sql: 'select 1', database: { ...database, url: wrong.href } }).check()
    t.match(finding, {
      level: 'error',
      setting: 'source.database.url',
      message: 'the database rejects the user or the password: check source.database.url',
    })
    const reader = new URL(url)
    reader.username = user
    reader.password = 'right'
    const [refused] = await openOther(t, {
      sql: `select id, title from ${table}`,
      database: { ...database, url: reader.href },
    }).check()
    t.match(refused, {
      setting: 'source.database.url',
      message: /^the user may not read that \(permission denied for table/,
    })
  })

  t.test('long rows come a few at a time, all of them, and one that is too long is refused', async (t) => {
    const sql = `select i as id, 'N' as name, repeat('x', case when i % 3 = 0 then 3000000 else 10 end) as description
      from generate_series(1, 30) as i`
    const found = await openOther(t, { sql, database }).stories()
    t.strictSame(
      found.map(({ externalId }) => Number(externalId)),
      Array.from({ length: 30 }, (_, index) => index + 1),
    )
    t.equal(found[2]?.description.length, 100_000)
    const long = "select 1 as id, 'N' as name, repeat('x', 400000000) as description"
    t.strictSame(await openOther(t, { sql: long, database }).check(), [
      {
        level: 'error',
        setting: 'source.sql',
        message: 'a row is longer than 16 MiB, the maximum: select less of it, such as substr(description, 1, 20000)',
      },
    ])
  })

  t.test('100,000 rows come in pages, and no connection stays open if reading stops early', async (t) => {
    const sql = `select i as id, 'Ticket ' || i as title from generate_series(1, 100000) as i`
    const { session, close } = openSession(other, { source: { sql, database: { ...database, timeout_seconds: 30 } } })
    t.teardown(close)
    const sizes: number[] = []
    for await (const page of session.stories?.() ?? []) sizes.push(page.length)
    t.strictSame(sizes, Array(200).fill(500))
    for await (const _ of session.stories?.() ?? []) break
    const open = `select count(*)::int as open from pg_stat_activity where application_name = 'tracker-relay import'`
    while ((await run(url, open))[0]?.open !== 0) await new Promise(setImmediate)
  })

  t.test('a server that cannot be reached is reported as such', async (t) => {
    const down = new URL(url)
    down.port = '1'
    const [finding] = await openOther(t, { sql: 'select 1', database: { ...database, url: down.href } }).check()
    t.match(finding, { level: 'error', setting: null, message: 'the database cannot be queried (ECONNREFUSED)' })
  })
})
