// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the syntax of the configuration
import { resolve } from 'node:path'
import t from 'tap'
import { secretSettings, secretsOfIntegration } from '../../src/config/secrets.ts'
import { load, problems } from './loading.ts'

const HOOK = 'projects: [{ id: a, secret: '

t.test(
  'a secret file is found relative to the config, and one newline at its end is not part of the secret',
  async (t) => {
    const secret = (written: string, files: Record<string, string>): readonly string[] | undefined =>
      load(`${HOOK}"${written}" }]`, { files, environment: { DIR: '/run/secrets' } }).config.projects[0]?.secrets
    t.strictSame(secret('file:hook', { 'config/hook': 'abcdefgh\n' }), ['abcdefgh'])
    t.strictSame(secret('file:../hook', { hook: 'abcdefgh\r\n' }), ['abcdefgh'])
    t.strictSame(secret('file:/run/secrets/hook', { '/run/secrets/hook': 'abcdefgh' }), ['abcdefgh'])
    t.strictSame(secret('file:${DIR}/hook', { '/run/secrets/hook': 'abcdefgh' }), ['abcdefgh'])
    t.strictSame(problems(`${HOOK}"file:hook" }]`, { files: { 'config/hook': '\n' } }), [
      '1:29 projects[0].secret must be a file that holds the secret (found "hook", which is empty)',
    ])
    t.strictSame(problems(`${HOOK}"file:hook" }]`, { files: { 'config/hook': 'abcdefgh\n\n' } }), [
      '1:29 projects[0].secret must be letters, digits, ".", "_", "~" and "-" only, 4 to 200 characters (found text that is not shown)',
    ])
  },
)

t.test('only secrets are read from files, and only if the config itself says so', async (t) => {
  const { config } = load(
    'database: { file: "file:data.db" }\nintegrations: { a: { type: room, subdomain: x, bot_key: "${KEY}" } }',
    { environment: { KEY: 'file:/etc/passwd' } },
  )
  t.equal(config.database.file, resolve('config/file:data.db'))
  t.match(config.integrations[0]?.settings, { bot_key: 'file:/etc/passwd' })
})

t.test('several secrets of a project are valid at once, so that one can be changed without a gap', async (t) => {
  const yaml = 'projects: [{ id: a, secrets: ["${NEW}", "file:old"] }]'
  const surroundings = { environment: { NEW: 'the-new-secret' }, files: { 'config/old': 'the-old-secret\n' } }
  t.strictSame(load(yaml, surroundings).config.projects[0]?.secrets, ['the-new-secret', 'the-old-secret'])
})

const SECRETS = `
server: { metrics_token: metrics-token-of-16, admin_token: admin-token-of-16-x }
database: { client: postgres, url: "postgres://relay:p%40ss-word@db/relay" }
projects:
  - { id: a, secrets: [hook-one, hook-one-and-more], integrations: [room], tracker: { token: token-of-tracker } }
integrations:
  room: { type: room, subdomain: enterprise, api_token: room-token }
  desk:
    type: desk
    url: "https://desk.example.com/hooks/T012345AB?key=abc123def456&page=2"
    headers: { authorization: Bearer abcdef, x-plain: plain-header }
`

t.test(
  "an integration's secrets are listed, the longest first, with the secret parts of each, and no other's",
  async (t) => {
    const { config } = load(SECRETS)
    const secretsOf = (wanted: string): readonly string[] =>
      config.integrations
        .filter(({ name }) => name === wanted)
        .flatMap((integration) => secretsOfIntegration(config, integration))
    t.strictSame(secretsOf('room'), ['token-of-tracker', 'room-token'], "with the token for its project's links")
    t.strictSame(secretsOf('desk'), [
      'https://desk.example.com/hooks/T012345AB?key=abc123def456&page=2',
      'Bearer abcdef',
      'abc123def456',
      'plain-header',
      'T012345AB',
      'abcdef',
    ])
  },
)

t.test('the settings that hold secrets are known by their names', async (t) => {
  const [room, desk] = load(SECRETS).config.integrations.map(secretSettings)
  t.strictSame(room, [{ setting: 'api_token', texts: ['room-token'] }])
  t.strictSame(
    desk?.map(({ setting }) => setting),
    ['url', 'headers.authorization', 'headers.x-plain'],
  )
})

const LEAKS: readonly { name: string; yaml: string; environment?: Record<string, string> }[] = [
  { name: 'a secret of the wrong size', yaml: 'server: { admin_token: hunter2 }' },
  { name: 'a secret of the wrong form', yaml: `${HOOK}"hunter2 hunter2" }]` },
  { name: 'a secret of the wrong type', yaml: 'server: { admin_token: { hunter: hunter2 } }' },
  {
    name: 'a secret header of the wrong type',
    yaml: 'integrations: { a: { type: desk, url: x://hunter2, headers: [hunter2] } }',
  },
  { name: 'a secret under a misspelt name', yaml: 'server: { admin_tokn: hunter2 }' },
  {
    name: 'a secret of an integration of an unknown type',
    yaml: 'integrations: { a: { type: rom, api_token: hunter2 } }',
  },
  {
    name: 'the same secret in the wrong place',
    yaml: 'server: { admin_token: hunter2-hunter2-x, port: hunter2-hunter2-x }',
  },
  { name: 'a password in a URL', yaml: 'server: { public_url: "https://kirk:hunter2@example.com/" }' },
  {
    name: 'a variable with a wrong value',
    yaml: 'server: { port: "${PORT}", host: "a ${PORT}" }\nlog: { level: "${PORT}" }',
    environment: { PORT: 'hunter2' },
  },
  { name: 'quotes that are not closed', yaml: 'server:\n  admin_token: "hunter2\n  port: 1\n' },
  { name: 'text that is not YAML', yaml: 'server:\n  admin_token: hunter2: hunter2" {\n\thunter2: @hunter2\n' },
  { name: 'an alias that is a secret', yaml: 'server: { admin_token: *hunter2 }' },
  { name: 'a tag that is a secret', yaml: 'server: { admin_token: !hunter2 x }' },
]

for (const { name, yaml, environment = {} } of LEAKS)
  t.test(`is not shown in a problem: ${name}`, async (t) => {
    const lines = problems(yaml, { environment })
    t.not(lines.length, 0)
    t.notMatch(lines.join('\n'), 'hunter2')
  })
