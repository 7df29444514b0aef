import t from 'tap'
import { loadConfig } from '../../../src/config/load.ts'
import { ConfigError } from '../../../src/config/problem.ts'
import type { Config } from '../../../src/config/schema.ts'
import { secretsOf } from '../../../src/config/secrets.ts'
import other from '../../../src/connectors/other/index.ts'
import { configured, openSession, problemsOf } from '../../harness.ts'
import { activity } from '../../store/database.ts'

function problems(source: object, settings: object = {}): readonly { setting: string; problem: string }[] {
  return problemsOf(other, { source, ...settings })
}

t.test('settings that can be right are taken', async (t) => {
  const sqlite = { client: 'sqlite', file: 'data/tickets.db' }
  const cases: [object, object?][] = [
    [{ external_stories: 'https://a.example.com/stories.xml' }, { base_url: 'https://a.example.com/t/' }],
    [{ external_stories: ' http://127.0.0.1:8080/s?project=1 ', username: 'u', password: 'p:w' }],
    [{ json: 'https://a.example.com/', items: '/items', next: 'next', headers: { Authorization: 'Bearer k' } }],
    [{ json: 'https://a.example.com/', fields: { external_id: '$string(id)', name: '/title' } }],
    [{ feed: 'https://a.example.com/feed' }],
    [{ csv: 'data/tickets.csv', columns: { external_id: 'ID' }, delimiter: ';' }],
    [{ csv: 'https://a.example.com/tickets.csv', headers: { 'X-Key': 'k' } }],
    [{ yaml: '/srv/tickets.yaml', items: 'tickets' }],
    [{ sql: ' /* all */ -- of them\n WITH x AS (SELECT 1) select * from x;', database: sqlite }],
    [{ sql: '(select 1)'.slice(1, -1), database: { client: 'postgres', url: 'postgresql://u:p@h/d' } }],
    [{ sql: 'values (1)', database: { client: 'mysql', url: 'mysql://u:p@h/d' } }],
  ]
  for (const [source, settings] of cases) t.strictSame(problems(source, settings), [], JSON.stringify(source))
})

t.test('settings that cannot be right are told before anything is asked', async (t) => {
  const url = 'https://a.example.com/'
  const sqlite = { client: 'sqlite', file: 'a.db' }
  const query = { sql: 'select 1', database: sqlite }
  const cases: [object, string, string][] = [
    [{}, 'source', 'names no source: set one of external_stories, json, feed, csv, yaml, sql'],
    [{ json: url, feed: url }, 'source', 'names 2 sources: keep only one of json, feed'],
    [{ json: 'a.example.com' }, 'source.json', 'is not an http or https address'],
    [{ feed: 'ftp://a' }, 'source.feed', 'is not an http or https address'],
    [{ csv: 'ftp://a/b.csv' }, 'source.csv', 'is not an http or https address'],
    [{ yaml: url }, 'source.yaml', 'is an address; set the path of a file, or use json'],
    [
      { external_stories: 'https://u:p@a/' },
      'source.external_stories',
      'contains a login; set username and password instead',
    ],
    [{ feed: url, items: '/a' }, 'source.items', 'is for json, yaml'],
    [{ yaml: 'a.yaml', next: '/a' }, 'source.next', 'is for json'],
    [{ yaml: 'a.yaml', next_hosts: ['a.example.com'] }, 'source.next_hosts', 'is for json'],
    [{ json: url, delimiter: ';' }, 'source.delimiter', 'is for csv'],
    [{ json: url, database: sqlite }, 'source.database', 'is for sql'],
    [{ csv: 'a.csv', username: 'u' }, 'source.username', 'is for an address, not for a file'],
    [{ yaml: 'a.yaml', headers: { a: 'b' } }, 'source.headers', 'is for external_stories, json, feed, csv'],
    [{ json: url, password: 'p' }, 'source.username', 'is needed along with password'],
    [
      { json: url, username: 'a:b', password: 'p' },
      'source.username',
      'has ":" in it, which Basic authentication does not allow',
    ],
    [
      { json: url, username: 'a', headers: { AUTHORIZATION: 'x' } },
      'source.headers.authorization',
      'is a second login: keep either this or username',
    ],
    [{ json: url, headers: { Host: 'x' } }, 'source.headers.Host', 'is set by the relay itself; leave it out'],
    [{ json: url, headers: { 'a b': 'x' } }, 'source.headers.a b', 'is not a valid header name'],
    [
      { json: url, headers: { a: 'x\r\ny' } },
      'source.headers.a',
      'contains a line break or another character that a header cannot have',
    ],
    [
      { json: url, items: 'a[' },
      'source.items',
      'is not a JSONata expression: Expected "]" before end of expression, at character 2',
    ],
    [{ json: url, next: '/a~2' }, 'source.next', 'is not a JSON pointer: "~" must be written as ~0'],
    [{ sql: 'select 1' }, 'source.database', 'is needed along with sql'],
    [{ ...query, sql: 'delete from t' }, 'source.sql', 'is not a query: it must begin with select or with'],
    [{ ...query, sql: "attach 'a' as b" }, 'source.sql', 'is not a query: it must begin with select or with'],
    [{ ...query, sql: 'selected' }, 'source.sql', 'is not a query: it must begin with select or with'],
    [{ ...query, database: { client: 'sqlite' } }, 'source.database.file', 'is needed for sqlite'],
    [
      { ...query, database: { ...sqlite, url: 'postgres://a/b' } },
      'source.database.url',
      'is not for sqlite, which has a file',
    ],
    [
      { ...query, database: { client: 'postgres', file: 'a', url: 'postgres://a/b' } },
      'source.database.file',
      'is for sqlite only',
    ],
    [
      { ...query, database: { client: 'postgres' } },
      'source.database.url',
      'must be an address such as postgres://user:password@host/database',
    ],
    [
      { ...query, database: { client: 'mysql', url: 'postgres://a/b' } },
      'source.database.url',
      'must be an address such as mysql://user:password@host/database',
    ],
  ]
  for (const [source, setting, problem] of cases)
    t.strictSame(problems(source), [{ setting, problem }], JSON.stringify(source))
  t.strictSame(problems({ feed: url }, { base_url: 'tickets' }), [
    { setting: 'base_url', problem: 'is not an http or https address; leave it blank if tickets have none' },
  ])
})

function load(source: string): Config {
  const text = `projects:\n  - { id: 26, secret: 0123456789abcdef0123, integrations: [tickets] }
integrations:\n  tickets:\n    type: other\n    source: ${source}\n`
  return loadConfig({
    path: 'relay.yaml',
    environment: {},
    connectors: [other],
    readFile: () => text,
  }).config
}

t.test('a configuration with such an integration loads, and a mistake within the source is found there', async (t) => {
  const config = load('{ sql: "select 1 as id", database: { client: sqlite, file: a.db } }')
  t.strictSame(config.integrations[0]?.settings, {
    base_url: '',
    source: { sql: 'select 1 as id', database: { client: 'sqlite', file: 'a.db', timeout_seconds: 30 } },
  })
  try {
    load('{ jsn: "https://a.example.com/" }')
    t.fail('the mistyped key was taken')
  } catch (error) {
    t.ok(error instanceof ConfigError)
    t.match(String(error), /source\.jsn.*json/s)
  }
})

t.test('no password, header, key in an address or address of a database is shown', async (t) => {
  const cases: [string, readonly string[]][] = [
    [
      '{ json: "https://a.example.com/k3y-in-the-path/a?token=t0ken-in-the-query&page=1", username: u, password: pw }',
      ['t0ken-in-the-query', 'k3y-in-the-path', 'pw'],
    ],
    ['{ feed: "https://a.example.com/", headers: { authorization: "Bearer b3arer" } }', ['Bearer b3arer', 'b3arer']],
    [
      '{ sql: "select 1", database: { client: postgres, url: "postgres://u:s3cret@h/d" } }',
      ['postgres://u:s3cret@h/d', 's3cret'],
    ],
  ]
  for (const [source, expected] of cases) {
    const secrets = secretsOf(load(source))
    for (const secret of expected) t.ok(secrets.includes(secret), secret)
    t.notOk(secrets.includes('a.example.com'))
  }
})

t.test('no activity causes anything, and nothing can be written', async (t) => {
  const settings = { source: { feed: 'http://127.0.0.1/' } }
  const { session, close } = openSession(other, settings)
  t.teardown(close)
  t.strictSame(configured(other, settings).plan(activity(1)), [])
  t.equal(session.perform, undefined)
})
