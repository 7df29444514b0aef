// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the syntax of the configuration
import t from 'tap'
import { substitute, typed } from '../../src/config/substitute.ts'
import { load, problems } from './loading.ts'

const ENVIRONMENT = { NAME: 'kirk', EMPTY: '', NESTED: '${NAME}', YAML: 'x\nport: 1' }

const TEXTS: readonly [string, string][] = [
  ['${NAME}', 'kirk'],
  ['captain ${NAME}, ${NAME}!', 'captain kirk, kirk!'],
  ['${MISSING:-spock}', 'spock'],
  ['${EMPTY:-spock}', 'spock'],
  ['${NAME:-spock}', 'kirk'],
  ['a${MISSING:-}b', 'ab'],
  ['${MISSING:-a: b, c}', 'a: b, c'],
  ['$${NAME}', '${NAME}'],
  ['$$${NAME}', '$${NAME}'],
  ['${NESTED}', '${NAME}'],
  ['${YAML}', 'x\nport: 1'],
  ['$NAME and $ and {NAME}', '$NAME and $ and {NAME}'],
]

for (const [written, text] of TEXTS)
  t.test(`${JSON.stringify(written)} becomes ${JSON.stringify(text)}`, async (t) => {
    const result = substitute(written, ENVIRONMENT)
    t.strictSame([result.text, result.details], [text, []])
  })

const WRONG: readonly [string, string][] = [
  ['${MISSING}', 'MISSING is not set'],
  ['a ${EMPTY}', 'EMPTY is empty'],
  ['${}', 'a "${" that does not begin one'],
  ['${NAME', 'a "${" that does not begin one'],
  ['${NA ME}', 'a "${" that does not begin one'],
  ['${1NAME}', 'a "${" that does not begin one'],
  ['${NAME-x}', 'a "${" that does not begin one'],
]

for (const [written, found] of WRONG)
  t.test(`${JSON.stringify(written)} is refused`, async (t) => {
    t.strictSame(
      substitute(written, ENVIRONMENT).details.map((one) => one.found),
      [found],
    )
  })

t.test('every missing variable is reported, not only the first', async (t) => {
  t.strictSame(problems('server: { host: "${A}.${B}", public_url: "${C}" }'), [
    '1:17 server.host needs the environment variable A, or a default as in ${A:-default} (A is not set)',
    '1:17 server.host needs the environment variable B, or a default as in ${B:-default} (B is not set)',
    '1:42 server.public_url needs the environment variable C, or a default as in ${C:-default} (C is not set)',
  ])
})

t.test('secrets that are missing are not reported as equal too', async (t) => {
  t.strictSame(problems('projects: [{ id: a, secrets: ["${A}", "${B}"] }]').length, 2)
})

t.test('a variable is a number, or true and false, if the setting wants that, and otherwise text', async (t) => {
  t.strictSame(['8080', ' 1.5 ', '-1', '1e3', 'True', 'false', 'yes', '0x10', ''].map(typed), [
    8080,
    1.5,
    -1,
    1000,
    true,
    false,
    'yes',
    '0x10',
    '',
  ])
  const environment = { PORT: '9', JITTER: '0.5', YES: 'true', ID: '0012' }
  const { config } = load(
    'server: { port: "${PORT}", trust_proxy: "${YES}" }\nprojects: [{ id: "${ID}", name: "${YES}", secret: "${ID}" }]\nintegrations: { a: { type: bell, retry: { jitter: "${JITTER}", schedule_seconds: ["${PORT}", 1] } } }',
    { environment },
  )
  t.equal(config.server.port, 9)
  t.equal(config.server.trust_proxy, true)
  t.match(config.projects[0], { id: '0012', name: 'true', secrets: ['0012'] })
  t.match(config.integrations[0]?.common.retry, { jitter: 0.5, schedule_seconds: [9, 1] })
})

t.test(
  'a variable within longer text stays text, and a wrong value is reported by the name of the variable',
  async (t) => {
    t.strictSame(
      problems('server: { port: "8${PORT}", stop_timeout_seconds: "${PORT}" }', { environment: { PORT: '1.5' } }),
      [
        '1:17 server.port must be a whole number from 0 to 65535 (found the value of ${PORT})',
        '1:51 server.stop_timeout_seconds must be a whole number from 0 to 600 (found the value of ${PORT})',
      ],
    )
  },
)

t.test('the environment cannot add settings, names or aliases', async (t) => {
  const environment = { EVIL: '127.0.0.1\nport: 1', STAR: '*x', KEY: 'port' }
  t.strictSame(problems('server:\n  host: ${EVIL}\n', { environment }), [
    '2:9 server.host must be a host name or an IP address (found the value of ${EVIL})',
  ])
  t.equal(load('server:\n  host: ${STAR}\n', { environment }).config.server.host, '*x')
  t.match(problems('server:\n  ${KEY}: 1\n', { environment }), [/^2:3 server\.\$\{KEY\} is not a known setting/])
})

t.test(
  'an empty default leaves a setting out, and a required one is then reported as missing at its place',
  async (t) => {
    const { config } = load('server:\n  metrics_token: ${TOKEN:-}\n  port: ${PORT:-}\n')
    t.notOk('metrics_token' in config.server)
    t.equal(config.server.port, 8080)
    t.strictSame(problems('projects:\n  - id: a\n    secret: ${HOOK_SECRET:-}\n'), [
      "3:5 projects[0].secret is missing; it must be the secret part of the hook's URL, or a list of them as secrets",
    ])
  },
)
