import t from 'tap'
import { loadConfig } from '../../../src/config/load.ts'
import { ConfigError } from '../../../src/config/problem.ts'
import type { Config } from '../../../src/config/schema.ts'
import other from '../../../src/connectors/other/index.ts'
import { secretsOf } from '../../config/loading.ts'
import { configured, openSession, problemsOf } from '../../harness.ts'
import { activity } from '../../store/database.ts'

function problems(source: object, settings: object = {}): readonly { setting: string; problem: string }[] {
  return problemsOf(other, { source, ...settings })
}

t.test('correct settings are accepted', async (t) => {
  const sqlite = { client: 'sqlite', file: 'data/tickets.db' }
  const cases: [object, object?][] = [
    [{ external_stories: 'https://a.example.com/stories.xml' }, { base_url: 'https://a.example.com/t/' }],
    [{ external_stories: ' http://127.0.0.1:8080/s?project=1 ', username: 'u', password: 'p:w' }],
    [{ json: 'https://a.example.com/', items: '/items', next: 'next', headers: { Authorization: 'Bearer k' } }],
    [{ json: 'https://a.example.com/', fields: { external_id: '$string(id)', name: '/title' } }],
    [{ feed: 'https://a.example.com/feed' }],
    [{ feed: 'https://a.example.com/feed', fields: { type: 'trac:type', created_at: 'trac:opened/@at' } }],
    [{ csv: 'data/tickets.csv', columns: { external_id: 'ID' }, delimiter: ';' }],
    [{ csv: 'https://a.example.com/tickets.csv', headers: { 'X-Key': 'k' } }],
    [{ csv: 'data/tickets.csv', encoding: 'windows-1252' }],
    [{ yaml: '/srv/tickets.yaml', items: 'tickets', date_format: 'd/M/yyyy HH:mm', time_zone: 'Europe/Berlin' }],
    [{ sql: ' /* all */ -- of them\n WITH x AS (SELECT 1) select * from x;', database: sqlite }],
    [{ sql: '(select 1)'.slice(1, -1), database: { client: 'postgres', url: 'postgresql://u:p@h/d' } }],
    [{ sql: 'values (1)', database: { client: 'mysql', url: 'mysql://u:p@h/d' } }],
  ]
  for (const [source, settings] of cases) t.strictSame(problems(source, settings), [], JSON.stringify(source))
})

t.test('wrong settings are reported before anything is sent', async (t) => {
  const url = 'https://a.example.com/'
  const sqlite = { client: 'sqlite', file: 'a.db' }
  const query = { sql: 'select 1', database: sqlite }
  const cases: [object, string, string][] = [
    [{}, 'source', 'must name a source: set one of external_stories, json, feed, csv, yaml, sql'],
    [{ json: url, feed: url }, 'source', 'names 2 sources; keep only one of json, feed'],
    [{ json: 'a.example.com' }, 'source.json', 'must be an http or https URL'],
    [{ feed: 'ftp://a' }, 'source.feed', 'must be an http or https URL'],
    [{ csv: 'ftp://a/b.csv' }, 'source.csv', 'must be an http or https URL'],
    [{ yaml: url }, 'source.yaml', 'must be the path of a file; for a URL use json'],
    [
      { external_stories: 'https://u:p@a/' },
      'source.external_stories',
      'must not contain a login; set username and password instead',
    ],
    [{ feed: url, items: '/a' }, 'source.items', 'is only for json, yaml'],
    [{ yaml: 'a.yaml', next: '/a' }, 'source.next', 'is only for json'],
    [{ yaml: 'a.yaml', next_hosts: ['a.example.com'] }, 'source.next_hosts', 'is only for json'],
    [{ json: url, delimiter: ';' }, 'source.delimiter', 'is only for csv'],
    [
      { csv: 'a.csv', encoding: 'klingon' },
      'source.encoding',
      'must be the name of an encoding, such as utf-8, windows-1252 or shift_jis',
    ],
    [
      { feed: url, fields: { type: '$lowercase(type)' } },
      'source.fields.type',
      'must be the name of an element, such as dc:creator, author/name or link/@href',
    ],
    [{ ...query, encoding: 'utf-8' }, 'source.encoding', 'is only for external_stories, json, feed, csv, yaml'],
    [
      { json: url, time_zone: 'Berlin' },
      'source.time_zone',
      'must be the name of a time zone, such as Europe/Berlin or UTC',
    ],
    [
      { json: url, date_format: 'DD/MM/YYYY' },
      'source.date_format',
      `has the unknown token "DD"; it is made of yyyy, MM, dd, HH, mm, ss (MMM for Mar, hh and a for PM), with other letters in '...'`,
    ],
    [{ json: url, database: sqlite }, 'source.database', 'is only for sql'],
    [{ csv: 'a.csv', username: 'u' }, 'source.username', 'is only for a URL'],
    [{ yaml: 'a.yaml', headers: { a: 'b' } }, 'source.headers', 'is only for external_stories, json, feed, csv'],
    [{ json: url, password: 'p' }, 'source.username', 'is missing; password needs it'],
    [
      { json: url, username: 'a:b', password: 'p' },
      'source.username',
      'must not contain ":", which Basic authentication does not allow',
    ],
    [
      { json: url, username: 'a', headers: { AUTHORIZATION: 'x' } },
      'source.headers.authorization',
      'is a second login; keep either this or username',
    ],
    [{ json: url, headers: { Host: 'x' } }, 'source.headers.Host', 'is set by the relay itself; leave it out'],
    [{ json: url, headers: { 'a b': 'x' } }, 'source.headers.a b', 'is not a valid header name'],
    [
      { json: url, headers: { a: 'x\r\ny' } },
      'source.headers.a',
      'must not contain a line break or another character that a header cannot have',
    ],
    [
      { json: url, items: 'a[' },
      'source.items',
      'must be a JSONata expression: Expected "]" before end of expression, at character 2',
    ],
    [{ json: url, next: '/a~2' }, 'source.next', 'must be a JSON pointer, in which "~" is written as ~0'],
    [{ sql: 'select 1' }, 'source.database', 'is missing; sql needs it'],
    [{ ...query, sql: 'delete from t' }, 'source.sql', 'must be a query that begins with select or with'],
    [{ ...query, sql: "attach 'a' as b" }, 'source.sql', 'must be a query that begins with select or with'],
    [{ ...query, sql: 'selected' }, 'source.sql', 'must be a query that begins with select or with'],
    [{ ...query, database: { client: 'sqlite' } }, 'source.database.file', 'is missing; sqlite needs it'],
    [
      { ...query, database: { ...sqlite, url: 'postgres://a/b' } },
      'source.database.url',
      'is not for sqlite, which has a file',
    ],
    [
      { ...query, database: { client: 'postgres', file: 'a', url: 'postgres://a/b' } },
      'source.database.file',
      'is only for sqlite',
    ],
    [
      { ...query, database: { client: 'postgres' } },
      'source.database.url',
      'must be a URL like postgres://user:password@host/database',
    ],
    [
      { ...query, database: { client: 'mysql', url: 'postgres://a/b' } },
      'source.database.url',
      'must be a URL like mysql://user:password@host/database',
    ],
  ]
  for (const [source, setting, problem] of cases)
    t.strictSame(problems(source), [{ setting, problem }], JSON.stringify(source))
  t.strictSame(problems({ feed: url }, { base_url: 'tickets' }), [
    { setting: 'base_url', problem: 'must be an http or https URL, or blank if tickets have none' },
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

t.test(
  'a configuration with such an integration loads, and a mistyped setting of the source is reported',
  async (t) => {
    const config = load('{ sql: "select 1 as id", database: { client: sqlite, file: a.db } }')
    t.strictSame(config.integrations[0]?.settings, {
      base_url: '',
      source: { sql: 'select 1 as id', database: { client: 'sqlite', file: 'a.db' } },
    })
    try {
      load('{ jsn: "https://a.example.com/" }')
      t.fail('the mistyped key was taken')
    } catch (error) {
      t.ok(error instanceof ConfigError)
      t.match(String(error), /source\.jsn.*json/s)
    }
  },
)

t.test('passwords, headers, keys in URLs and the URL of the database are secrets', async (t) => {
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

t.test('activities have no effect, and nothing can be written', async (t) => {
  const settings = { source: { feed: 'http://127.0.0.1/' } }
  const { session, close } = openSession(other, settings)
  t.teardown(close)
  t.strictSame(configured(other, settings).plan(activity(1)), [])
  t.equal(session.perform, undefined)
})
