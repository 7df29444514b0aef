import t from 'tap'
import { ConfigError, format, problemWith } from '../../src/config/problem.ts'

t.test('the message of the error has a line for each problem, in the order of the file', async (t) => {
  const problems = [
    problemWith(
      ['integrations', 'room', 'api_tokn'],
      { line: 12, column: 5 },
      { suggestion: 'api_token', says: 'is new' },
    ),
    problemWith(['projects', 0, 'id\n'], { line: 12, column: 3 }, { says: 'has two\nlines' }),
    problemWith(['server', 'port'], { line: 2, column: 9 }, { expected: 'a number', found: '"four"' }),
    problemWith(['server'], { line: 3, column: 1 }, { expected: 'a map' }),
    problemWith([], { line: 1, column: 1 }, { says: 'is empty' }),
  ]
  const text = [
    'relay.yaml:1:1 the file is empty',
    'relay.yaml:2:9 server.port must be a number (found "four")',
    'relay.yaml:3:1 server is missing; it must be a map',
    'relay.yaml:12:3 projects[0].id\\u000a has two\\u000alines',
    'relay.yaml:12:5 integrations.room.api_tokn is new; did you mean "api_token"?',
  ].join('\n')
  t.equal(new ConfigError('relay.yaml', problems).message, text)
  t.equal(
    format('gone.yaml', [problemWith([], null, { says: 'does not exist' })]),
    'gone.yaml: the file does not exist',
  )
})
