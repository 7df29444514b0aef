import t from 'tap'
import { ConfigError, format, nearest } from '../../src/config/problem.ts'

const KNOWN = [
  'port',
  'host',
  'body_limit_bytes',
  'timeout_seconds',
  'api_token',
  'get-satisfaction',
  'tea',
  'sea',
  'log',
]

const MEANT: readonly [string, string | null][] = [
  ['prot', 'port'],
  ['ports', 'port'],
  ['PORT', 'port'],
  ['api-token', 'api_token'],
  ['apitoken', 'api_token'],
  ['get_satisfaction', 'get-satisfaction'],
  ['timeout', 'timeout_seconds'],
  ['timeout_ms', 'timeout_seconds'],
  ['body_limit_kb', 'body_limit_bytes'],
  ['te', 'tea'],
  ['lgo', 'log'],
  ['cat', null],
  ['xyzzy', null],
  ['', null],
]

for (const [word, meant] of MEANT)
  t.test(`"${word}" ${meant === null ? 'is near nothing' : `was most likely meant to be "${meant}"`}`, async (t) => {
    t.equal(nearest(word, KNOWN), meant)
  })

t.test('the message of the error is every problem, a line each', async (t) => {
  const problem = { line: 12, column: 5, found: null, expected: null, suggestion: null }
  const problems = [
    {
      ...problem,
      file: 'config/relay.yaml',
      path: 'integrations.room.api_tokn',
      suggestion: 'api_token',
      message: 'unknown setting',
    },
    { ...problem, file: 'config/relay.yaml', path: 'server\n', message: 'two\nlines' },
    { ...problem, file: 'gone.yaml', line: null, column: null, path: '', message: 'the file does not exist' },
  ]
  const text = [
    'config/relay.yaml:12:5 integrations.room.api_tokn: unknown setting; did you mean "api_token"?',
    'config/relay.yaml:12:5 server\\u000a: two\\u000alines',
    'gone.yaml: the file does not exist',
  ].join('\n')
  t.equal(format(problems), text)
  t.equal(new ConfigError(problems).message, text)
})
