// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the syntax of the configuration
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { desk, FAKES, room } from './fakes.ts'
import { load, problems, warnings } from './loading.ts'

const WHOLE = `
server: { host: 0.0.0.0, port: 0, trust_proxy: [10.0.0.0/8, loopback] }
projects:
  - id: 1234567
    name: Enterprise
    secrets: [the-new-secret-of-all, the-old-secret-of-all]
    integrations: [captain, engine]
    tracker: { token: tracker-token, version: v3 }
  - id: shuttle
    secret: a-secret-for-the-shuttle
    integrations: [captain]
    story_url: https://tracker.example.com/{project}/{id}
integrations:
  captain:
    type: room
    subdomain: enterprise
    api_token: token-of-the-room
    timeout_seconds: 30
    retry: { jitter: 0 }
  engine:
    type: desk
    url: https://desk.example.com
    states: { started: null, accepted: { status: closed }, rejected: open }
`

t.test('a complete file is loaded with every default filled in and each setting in its place', async (t) => {
  const { config, warnings } = load(WHOLE)
  const common = {
    concurrency: 4,
    timeout_seconds: 15,
    block_private_addresses: false,
    allow_addresses: [],
    coalesce_states: true,
    retry: {
      schedule_seconds: [5, 30, 120, 600, 1800, 3600, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
      jitter: 0.2,
      give_up_after_hours: 120,
      hold_at_most_hours: 336,
    },
    breaker: { failures: 5, probe_seconds: [10, 30, 60, 300], credentials_probe_seconds: 900 },
  }
  t.strictSame(warnings, [])
  // What a connector makes of the settings is functions; each connector's tests look at what they do.
  const integrations = config.integrations.map(({ configured: _, ...rest }) => rest)
  t.strictSame(
    { ...config, integrations },
    {
      server: {
        host: '0.0.0.0',
        port: 0,
        trust_proxy: ['10.0.0.0/8', 'loopback'],
        body_limit_bytes: 1_048_576,
        request_timeout_seconds: 10,
        header_timeout_seconds: 5,
        keep_alive_timeout_seconds: 72,
        rate_limit: {
          enabled: true,
          per_project_per_minute: 6000,
          per_address_per_minute: 6000,
          wrong_secrets_per_address_per_minute: 60,
        },
        stop_timeout_seconds: 20,
      },
      data_dir: resolve('config'),
      admin: { tokens: [], hosts: [] },
      database: {
        client: 'sqlite',
        file: resolve('config/data/relay.db'),
        pool: 8,
        connect_timeout_seconds: 10,
        statement_timeout_seconds: 25,
        lock_timeout_seconds: 20,
      },
      credentials: { keys: [] },
      log: { level: 'info', format: 'auto' },
      notices: { to: [], held_minutes: 15, disk_free_mib: 500 },
      retention: { days: 90, dead_days: 365, gone_project_days: 365, rejected_days: 30, rejected_count: 1000 },
      imports: { folder: resolve('config/data/imports') },
      projects: [
        {
          id: '1234567',
          name: 'Enterprise',
          secrets: ['the-new-secret-of-all', 'the-old-secret-of-all'],
          integrations: ['captain', 'engine'],
          story_url: 'https://www.pivotaltracker.com/story/show/{id}',
          ignore_authors: [],
          catch_up: { every_minutes: 60, announce_within_minutes: 120, at_most: 5000, days: 7 },
          tracker: {
            api_url: 'https://www.pivotaltracker.com/services/v3',
            token: 'tracker-token',
            auth: 'x-tracker-token',
            version: 'v3',
            cache_seconds: 300,
            timeout_seconds: 15,
          },
        },
        {
          id: 'shuttle',
          name: 'shuttle',
          secrets: ['a-secret-for-the-shuttle'],
          integrations: ['captain'],
          story_url: 'https://tracker.example.com/{project}/{id}',
          ignore_authors: [],
          catch_up: { every_minutes: 60, announce_within_minutes: 120, at_most: 5000, days: 7 },
        },
      ],
      integrations: [
        {
          name: 'captain',
          type: 'room',
          connector: room,
          settings: { subdomain: 'enterprise', api_token: 'token-of-the-room', concurrency: 1, publish_comments: true },
          common: { ...common, concurrency: 1, timeout_seconds: 30, retry: { ...common.retry, jitter: 0 } },
          filter: null,
          written: {
            subdomain: 'enterprise',
            api_token: 'token-of-the-room',
            timeout_seconds: 30,
            retry: { jitter: 0 },
          },
        },
        {
          name: 'engine',
          type: 'desk',
          connector: desk,
          settings: {
            url: 'https://desk.example.com',
            states: { started: null, accepted: { status: 'closed' }, rejected: 'open' },
            version: '3.1',
          },
          common,
          filter: null,
          written: {
            url: 'https://desk.example.com',
            states: { started: null, accepted: { status: 'closed' }, rejected: 'open' },
          },
        },
      ],
    },
  )
})

t.test('an id keeps every digit of the file', async (t) => {
  const ids = load('projects: [{ id: 00123456789012345678901, secret: abcd }, { id: 1e3, secret: abcd }]').config
    .projects
  t.strictSame(
    ids.map(({ id }) => id),
    ['00123456789012345678901', '1e3'],
  )
})

t.test('a section that contains only comments has its defaults', async (t) => {
  const { config } = load(
    'server:\n  #port: 1\n  rate_limit:\ndatabase:\nprojects: []\nintegrations:\n  a:\n    type: bell\n    retry:\n',
  )
  t.equal(config.server.port, 8080)
  t.equal(config.server.rate_limit.per_project_per_minute, 6000)
  t.equal(config.database.client, 'sqlite')
  t.equal(config.integrations[0]?.common.retry.jitter, 0.2)
})

t.test('settings can be shared with an anchor and aliases', async (t) => {
  const { config } = load(
    'integrations:\n  a: { type: bell, retry: &calm { jitter: 0 } }\n  b: { type: bell, retry: *calm }\n',
  )
  t.strictSame(
    config.integrations.map(({ common }) => common.retry.jitter),
    [0, 0],
  )
})

t.test('all problems of a file are reported at once, in the order of the file', async (t) => {
  t.strictSame(
    problems(`server:
  prot: 8080
  port: four
  trust_proxy: [1.2.3, 10.0.0.0/99, 10.0.0.1]
  metrics_token: hunter2
databse: {}
database:
  client: sqllite
projects:
  - id: a b
    secert: hunter2-hunter2
    integrations: [rom, tea, tea]
  - id: demo
    secret: 123456
    story_url: https://example.com/
  - id: demo
    secrets: [abcd, "\${NOPE}"]
    tracker: { auth: bearer }
integrations:
  room:
    type: room
    subdomain: [enterprise]
    api_tokn: hunter2-hunter2
    retry: { jitter: 2, schedule_seconds: [5, x] }
    timeout: 15
  Tea: { type: room, subdomain: tea, api_token: file:nope.txt }
  tea:
    type: desk
    states: { a: { status: 3, x: 1 }, b: 7, c: null }
    visibility: { type: roll, value: x }
    version: 3.1
  other: { type: deks, anything: goes }
`),
    [
      '2:3 server.prot is not a known setting; did you mean "port"?',
      '3:9 server.port must be a whole number from 0 to 65535 (found "four")',
      '4:17 server.trust_proxy[0] must be an IP address or a range such as 10.0.0.0/8 (found "1.2.3")',
      '4:24 server.trust_proxy[1] must be an IP address or a range such as 10.0.0.0/8 (found "10.0.0.0/99")',
      '5:18 server.metrics_token must be text of at least 16 characters (found text that is not shown)',
      '6:1 databse is not a known setting; did you mean "database"?',
      '8:11 database.client must be one of "sqlite", "postgres" (found "sqllite"); did you mean "sqlite"?',
      '10:9 projects[0].id must be letters, digits, "-" and "_", at most 64 of them (found "a b")',
      '11:5 projects[0].secert is not a known setting; did you mean "secret"?',
      '12:20 projects[0].integrations[0] must be the name of an integration: room, Tea, tea, other (found "rom"); did you mean "room"?',
      '12:30 projects[0].integrations[2] must be different from the other entries (found the same entry again)',
      '14:13 projects[1].secret must be letters, digits, ".", "_", "~" and "-" only, 4 to 200 characters (found a number that is not shown, which is text only in quotes)',
      '15:16 projects[1].story_url must be an http or https URL with {id} in it, and {project} if needed (found "https://example.com/")',
      '16:9 projects[2].id must be different for each project (found "demo", as in projects[1])',
      '17:21 projects[2].secrets[1] needs the environment variable NOPE, or a default as in ${NOPE:-default} (NOPE is not set)',
      '18:5 projects[2].tracker.token is missing; it must be text',
      '22:16 integrations.room.subdomain must be text (found a list)',
      '23:5 integrations.room.api_tokn is not a known setting; did you mean "api_token"?',
      '24:22 integrations.room.retry.jitter must be a number from 0 to 1 (found 2)',
      '24:47 integrations.room.retry.schedule_seconds[1] must be a whole number from 1 to 604800 (found "x")',
      '25:5 integrations.room.timeout is not a known setting; did you mean "timeout_seconds"?',
      '26:3 integrations.Tea must be a name of lower-case letters, digits, "-" and "_", at most 63 of them (found "Tea")',
      '26:49 integrations.Tea.api_token must be a file that holds the secret (found "nope.txt", which does not exist)',
      '27:3 integrations.tea.url is missing; it must be text that matches ^https?://',
      '29:28 integrations.tea.states.a.status must be text (found 3, which is text only in quotes)',
      '29:31 integrations.tea.states.a.x is not a known setting; the settings here are: status',
      '29:42 integrations.tea.states.b must be null, or text, or a map of settings, as in "name: value" (found 7)',
      '30:25 integrations.tea.visibility.type must be one of "role", "group" (found "roll"); did you mean "role"?',
      '31:14 integrations.tea.version must be one of "2.0", "3.1" (found 3.1, which is text only in quotes)',
      '32:18 integrations.other.type must be one of "room", "desk", "bell" (found "deks"); did you mean "desk"?',
    ],
  )
})

const BROKEN: readonly { name: string; yaml: string; lines: readonly string[] }[] = [
  { name: 'an empty file, such as an editor leaves for a moment', yaml: '', lines: ['1:1 the file is empty'] },
  { name: 'nothing but comments', yaml: '# to do\n', lines: ['1:1 the file is empty'] },
  {
    name: 'a list instead of settings',
    yaml: '- a\n',
    lines: ['1:1 the file must be a map of settings, as in "name: value" (found a list)'],
  },
  {
    name: 'parts of the wrong kind',
    yaml: 'server: 5\nprojects: { a: 1 }\nintegrations: [x]\nlog: []\n',
    lines: [
      '1:9 server must be a map of settings, as in "name: value" (found 5)',
      '2:11 projects must be a list of at most 10000, each of them a map of settings, as in "name: value" (found a map)',
      '3:15 integrations must be a map of settings, as in "name: value" (found a list)',
      '4:6 log must be a map of settings, as in "name: value" (found a list)',
    ],
  },
  {
    name: 'entries of the wrong kind',
    yaml: 'projects: [5, ~]\nintegrations: { a: 5, b: ~, c: { type: 7 } }\n',
    lines: [
      '1:12 projects[0] must be a map of settings, as in "name: value" (found 5)',
      '1:15 projects[1].id is missing; it must be letters, digits, "-" and "_", at most 64 of them',
      `1:15 projects[1].secret is missing; it must be the secret part of the hook's URL, or a list of them as secrets`,
      '2:20 integrations.a must be a map of settings, as in "name: value" (found 5)',
      '2:23 integrations.b.type is missing; it must be one of "room", "desk", "bell"',
      '2:40 integrations.c.type must be one of "room", "desk", "bell" (found 7, which is text only in quotes)',
    ],
  },
  {
    name: 'a setting without a value',
    yaml: 'server:\n  port:\n',
    lines: ['2:8 server.port must be a whole number from 0 to 65535 (found nothing)'],
  },
  {
    name: 'secret and secrets together',
    yaml: 'projects: [{ id: a, secret: abcd, secrets: [abcd, efgh] }]\n',
    lines: ['1:35 projects[0].secrets must be left out when there is a secret (found both)'],
  },
  {
    name: 'notices through an integration that does not exist, and one that cannot carry them',
    yaml: `integrations:
  gong: { type: bell }
  desk: { type: desk, url: "http://desk.example.com" }
notices:
  to: [gong, going, desk]
`,
    lines: [
      '5:14 notices.to[1] must be the name of an integration: gong, desk (found "going"); did you mean "gong"?',
      '5:21 notices.to[2] must be an integration of the type campfire, slack, teams, discord, matrix, email, log or webhook (found "desk", of the type desk)',
    ],
  },
  {
    name: 'a reference when there is no integration at all',
    yaml: 'projects: [{ id: a, secret: abcd, integrations: [room] }]\n',
    lines: ['1:50 projects[0].integrations[0] must be the name of an integration; there is none yet (found "room")'],
  },
  {
    name: 'PostgreSQL without an address',
    yaml: 'database:\n  client: postgres\n',
    lines: ['1:1 database.url is missing; it must be the URL of the PostgreSQL server, since client is "postgres"'],
  },
  {
    name: 'headers that may take longer than the request',
    yaml: 'server:\n  header_timeout_seconds: 20\n',
    lines: ['2:27 server.header_timeout_seconds must be at most request_timeout_seconds, which is 10 (found 20)'],
  },
  {
    name: 'what the connector itself finds, at a setting and at a missing one',
    yaml: 'integrations:\n  a: { type: room, subdomain: x.y }\n  b: { type: room, subdomain: x, api_token: abcdefgh, bot_key: k }\n',
    lines: [
      '2:3 integrations.a.api_token is missing; set it, or bot_key',
      '2:31 integrations.a.subdomain must not have a dot',
      '3:64 integrations.b.bot_key must be left out when there is an api_token',
    ],
  },
  {
    name: 'a name with another unit, or without one',
    yaml: 'server: { body_limit: 1, body_limit_kb: 1, request_timeout_ms: 1 }\n',
    lines: [
      '1:11 server.body_limit is not a known setting; did you mean "body_limit_bytes"?',
      '1:26 server.body_limit_kb is not a known setting; did you mean "body_limit_bytes"?',
      '1:44 server.request_timeout_ms is not a known setting; did you mean "request_timeout_seconds"?',
    ],
  },
  {
    name: 'a name that resembles none',
    yaml: 'retention: { xyzzy: 1 }\n',
    lines: [
      '1:14 retention.xyzzy is not a known setting; the settings here are: days, dead_days, gone_project_days, rejected_count, rejected_days',
    ],
  },
  {
    name: 'names that every object in JavaScript has',
    yaml: 'retention: { __proto__: { a: 1 }, constructor: 1 }\n',
    lines: [
      '1:14 retention.__proto__ is not a known setting; the settings here are: days, dead_days, gone_project_days, rejected_count, rejected_days',
      '1:35 retention.constructor is not a known setting; the settings here are: days, dead_days, gone_project_days, rejected_count, rejected_days',
    ],
  },
  {
    name: 'a name with control characters',
    yaml: 'retention: { "da\\e[31mxyz": 1 }\n',
    lines: [
      '1:14 retention.da\\u001b[31mxyz is not a known setting; the settings here are: days, dead_days, gone_project_days, rejected_count, rejected_days',
    ],
  },
  {
    name: 'a file with a byte order mark and CRLF line ends',
    yaml: '\ufeffserver:\r\n  prt: 1\r\n',
    lines: ['2:3 server.prt is not a known setting; did you mean "port"?'],
  },
]

for (const { name, yaml, lines } of BROKEN)
  t.test(`is reported with its position: ${name}`, async (t) => {
    t.strictSame(problems(yaml), lines)
  })

t.test('a problem has its parts as fields', async (t) => {
  t.throws(() => load('server: { port: 70000 }\n'), {
    name: 'ConfigError',
    problems: [
      {
        path: ['server', 'port'],
        position: { line: 1, column: 17 },
        found: '70000',
        expected: 'a whole number from 0 to 65535',
        suggestion: null,
        message: 'server.port must be a whole number from 0 to 65535 (found 70000)',
      },
    ],
  })
})

t.test('what is allowed but probably not intended causes a warning', async (t) => {
  t.strictSame(warnings('database: { url: "postgres://h/d" }\n'), [
    '1:1 projects is empty, so the relay does not accept any activity',
    '1:13 database.url is not used, since client is "sqlite"',
  ])
  const yaml = (host: string): string =>
    `server: { host: "${host}" }\nprojects: [{ id: a, secret: abcd }, { id: b, secrets: [abcd, long-enough-for-all] }]\nintegrations:\n  idle: { type: bell }\n`
  const short = 'is shorter than 16 characters, although nothing else protects a URL that other machines can reach'
  const idle = '4:3 integrations.idle is not used by any project'
  t.strictSame(warnings(yaml('0.0.0.0')), [
    `2:29 projects[0].secret ${short}`,
    `2:56 projects[1].secrets[0] ${short}`,
    idle,
  ])
  for (const host of ['127.0.0.1', '::1', 'localhost']) t.strictSame(warnings(yaml(host)), [idle])
})

t.test('a file that cannot be read is reported as a problem', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-config-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'relay.yaml')
  const message = (): string => {
    try {
      loadConfig({ path, environment: {}, connectors: FAKES })
    } catch (error) {
      return error instanceof Error ? error.message : ''
    }
    return 'loaded'
  }
  t.equal(message(), `${path}: the file does not exist`)
  writeFileSync(path, Buffer.from([0x61, 0x3a, 0x20, 0xe9]))
  t.equal(message(), `${path}: the file is not UTF-8 text`)
  writeFileSync(path, 'projects:\n  - { id: a, secret: "file:hook" }\n')
  t.match(message(), /found "hook", which does not exist\)$/)
  writeFileSync(join(folder, 'hook'), 'secret-from-the-disk\n')
  t.strictSame(loadConfig({ path, environment: {}, connectors: FAKES }).config.projects[0]?.secrets, [
    'secret-from-the-disk',
  ])
})

t.test('what is no regular file is refused at once, whatever names it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-config-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const at = (path: string): string => {
    try {
      loadConfig({ path, environment: {}, connectors: FAKES })
    } catch (error) {
      return error instanceof Error ? error.message : ''
    }
    return 'loaded'
  }
  t.equal(at(pipe), `${pipe}: the file is a named pipe, not a regular file`)
  t.equal(at('/dev/zero'), '/dev/zero: the file is a device, not a regular file')
  t.equal(at(folder), `${folder}: the file is a folder`)
  const path = join(folder, 'relay.yaml')
  const secret = (file: string): string => `projects:\n  - { id: a, secret: "file:${file}" }\n`
  const authority = (file: string): string =>
    `integrations: { room: { type: room, subdomain: x, connection: { ca_file: ${file} } } }\n`
  for (const [yaml, message] of [
    [
      secret('pipe'),
      /secret must be a file that holds the secret \(found "pipe", which is a named pipe, not a regular file\)/,
    ],
    [authority('pipe'), /ca_file must be a PEM file \(found "pipe", which is a named pipe, not a regular file\)/],
    [
      authority('/dev/zero'),
      /ca_file must be a PEM file \(found "\/dev\/zero", which is a device, not a regular file\)/,
    ],
  ] as const) {
    writeFileSync(path, yaml)
    t.match(at(path), message)
  }
})

t.test('a number in quotes is told to be one', async (t) => {
  t.strictSame(problems('server: { port: "8102", rate_limit: { enabled: "false" } }'), [
    '1:17 server.port must be a whole number from 0 to 65535 (found "8102", which is text: write it without quotes)',
    '1:48 server.rate_limit.enabled must be true or false (found "false", which is text: write it without quotes)',
  ])
})
