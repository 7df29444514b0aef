import t from 'tap'
import { bare } from '../../reading.ts'
import { openOther } from '../other-source.ts'
import { isInstalled } from './installed.ts'

const url = process.env.RELAY_TEST_MYSQL
const hasDriver = isInstalled('mysql2')

t.test('without the package mysql2 a check says what to install', { skip: hasDriver }, async (t) => {
  const database = { client: 'mysql', url: 'mysql://relay:secret@127.0.0.1/tickets' }
  const { stories, check } = openOther(t, { sql: 'select 1', database })
  const setting = 'source.database.client'
  const message = 'mysql needs the npm package mysql2, which is not included: install it where the relay is installed'
  await t.rejects(stories(), { name: 'DeliveryError', setting, message })
  t.strictSame(await check(), [{ level: 'error', setting, message }])
})

const skip =
  url === undefined || !hasDriver ? 'needs the package mysql2, and RELAY_TEST_MYSQL: the URL of a database' : false

t.test('MySQL and MariaDB', { skip }, async (t) => {
  const database = { client: 'mysql', url }
  // A table is not needed, and one could not be made through this connection.
  const rows = `select 9007199254740993 as external_id, 'More "power" \u05e9\u05dc\u05d5\u05dd' as Name, cast('2008-12-10' as datetime) as created_at, 1.5 as estimate, null as type`

  t.test('the rows of a query are tickets, with all digits and in UTC', async (t) => {
    const { stories, check } = openOther(t, {
      sql: `${rows} union all select 1, 'Cloak', null, null, 'bug';`,
      database,
    })
    t.strictSame(await stories(), [
      {
        externalId: '9007199254740993',
        name: 'More "power" \u05e9\u05dc\u05d5\u05dd',
        description: '',
        requestedBy: '',
        createdAt: new Date('2008-12-10T00:00:00Z'),
        type: null,
        estimate: 1.5,
      },
      bare('1', 'Cloak', { type: 'bug' }),
    ])
    t.match(await check(), [{ level: 'ok', message: 'the source can be read; 2 tickets can become stories' }])
  })

  t.test('many rows come in pages, and reading can stop early', async (t) => {
    const digit = '(select 0 d union select 1 union select 2 union select 3 union select 4)'
    const five = [1, 2, 3, 4, 5].map((name) => `${digit} as t${name}`).join(' cross join ')
    const sql = `select t1.d + 5 * (t2.d + 5 * (t3.d + 5 * (t4.d + 5 * t5.d))) as id, 'N' as name from ${five}`
    const { pages, check } = openOther(t, { sql, database })
    t.strictSame(
      (await pages()).map(({ length }) => length),
      [500, 500, 500, 500, 500, 500, 125],
    )
    t.match(await check(), [{ level: 'ok', message: /1000 tickets or more/ }])
  })

  t.test('each mistake is reported with its setting', async (t) => {
    const wrong = new URL(url ?? '')
    wrong.username = 'relay_nobody'
    wrong.password = 'wr0ng-secret'
    const down = new URL(url ?? '')
    down.port = '1'
    const cases: [string, object, string | null, string | RegExp][] = [
      ['select x from nowhere', {}, 'source.sql', /^the database refuses the query \(.*nowhere/],
      ['select from', {}, 'source.sql', /^the database refuses the query \(You have an error in your SQL syntax/],
      ['select 1 as id, 2 as name; select 3', {}, 'source.sql', /^the database refuses the query /],
      ['select 1 as k', {}, 'source.sql', 'the query has no column external_id, only k: select ... as external_id'],
      [
        'select sleep(60) as id, 1 as name',
        { timeout_seconds: 1 },
        'source.sql',
        'the database took more than 1 s to answer: check source.sql',
      ],
      [
        rows,
        { url: wrong.href },
        'source.database.url',
        'the database rejects the user or the password: check source.database.url',
      ],
      [rows, { url: down.href }, null, 'the database cannot be queried (ECONNREFUSED)'],
    ]
    for (const [sql, settings, setting, message] of cases) {
      const [finding] = await openOther(t, { sql, database: { ...database, ...settings } }).check()
      t.match(finding, { level: 'error', setting, message }, sql)
    }
  })
})
