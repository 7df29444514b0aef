import t from 'tap'
import { NO_DIRECTORY, type Reading } from '../../../src/sources/contract/source.ts'
import { mappedSource, problemsOf, SIGNING_SECRET } from './mapped-source.ts'

type Test = Parameters<typeof mappedSource>[0]

async function reading(t: Test, expression: string, body: unknown = {}, settings: object = {}): Promise<Reading> {
  const source = mappedSource(t, { expression, ...settings })
  return await source.read({ headers: {}, body: Buffer.from(JSON.stringify(body)) }, NO_DIRECTORY)
}

const AT = '"occurredAt": "2026-11-24T12:00:00+01:00"'

t.test('what an expression leaves out is filled in', async (t) => {
  const read = await reading(t, `{ ${AT}, "author": by, "stories": { "id": id, "name": title } }`, {
    by: 'Ada Byron',
    id: 7,
    title: 'Punch the cards',
  })
  t.match(read, {
    activities: [
      {
        activity: {
          key: /^mapped:[0-9a-f]{40}$/,
          format: 'json',
          projectId: 'engine',
          projectName: 'The engine',
          version: null,
          kind: 'story_update',
          highlight: null,
          occurredAt: '2026-11-24T11:00:00.000Z',
          author: 'Ada Byron',
          authorId: null,
          description: 'Ada Byron edited "Punch the cards"',
          stories: [
            {
              id: '7',
              change: 'update',
              name: 'Punch the cards',
              storyType: null,
              url: null,
              fields: {},
              original: {},
              comments: [],
            },
          ],
          others: [],
        },
      },
    ],
  })
})

t.test(
  'a state means what the settings say, else what the expression says, else it is told and written nowhere',
  async (t) => {
    const expression = `{ ${AT}, "author": "Ada", "stories": { "id": 1, "name": "Cards", "state": { "name": state, "meaning": means } } }`
    const states = { 'In Review': 'finished', Shelved: 'cancelled' }
    const cases: [body: object, state: string | undefined, deed: string | undefined, sentence: string][] = [
      [{ state: 'in review', means: 'started' }, 'finished', undefined, 'Ada finished "Cards"'],
      [{ state: 'Doing', means: 'started' }, 'started', undefined, 'Ada started "Cards"'],
      [{ state: 'Shelved', means: 'accepted' }, undefined, 'cancelled', 'Ada cancelled "Cards"'],
      [{ state: 'Blue' }, undefined, 'set the state "Blue" of', 'Ada set the state "Blue" of "Cards"'],
      [{}, undefined, undefined, 'Ada edited "Cards"'],
    ]
    for (const [body, state, deed, sentence] of cases) {
      const read = await reading(t, expression, body, { states })
      const [told] = 'activities' in read ? read.activities : []
      const [story] = told?.activity.stories ?? []
      t.equal(story?.fields.currentState, state)
      t.equal(story?.deed, deed)
      t.equal(told?.activity.description, sentence)
    }
  },
)

t.test('labels, links and texts may lead to tickets', async (t) => {
  const read = await reading(
    t,
    `{ ${AT}, "stories": { "id": "a", "labels": ["jira:ENT-1"], "links": "https://jira.example.com/browse/ENT-2", "fields": {"description": "see ENT-3"}, "text": "see ENT-4" } }`,
  )
  t.match(read, {
    activities: [
      {
        tickets: [
          { storyId: 'a', url: 'https://jira.example.com/browse/ENT-2' },
          { storyId: 'a', label: 'jira:ENT-1' },
          { storyId: 'a', text: 'see ENT-4' },
          { storyId: 'a', text: 'see ENT-3' },
        ],
      },
    ],
  })
})

t.test('an expression may leave a body out, with its reason', async (t) => {
  t.strictSame(await reading(t, '{ "ignored": "ping", "detail": "hello" }'), { ignored: 'ping', detail: 'hello' })
  t.strictSame(await reading(t, '{ "ignored": "no news" }'), { ignored: 'no news', detail: 'no news' })
})

t.test('the same key is the same activity, and without one the same body is', async (t) => {
  const keyed = `{ "key": [id, "made"], ${AT} }`
  const keyOf = async (expression: string, body: object): Promise<string> => {
    const read = await reading(t, expression, body)
    return 'activities' in read ? (read.activities[0]?.activity.key ?? '') : ''
  }
  t.equal(await keyOf(keyed, { id: 1, sent: 1 }), await keyOf(keyed, { id: 1, sent: 2 }))
  t.not(await keyOf(keyed, { id: 1 }), await keyOf(keyed, { id: 2 }))
  t.equal(await keyOf(`{ ${AT} }`, { id: 1 }), await keyOf(`{ ${AT} }`, { id: 1 }))
  t.not(await keyOf(`{ ${AT} }`, { id: 1 }), await keyOf(`{ ${AT} }`, { id: 2 }))
})

t.test('digits of long ids survive', async (t) => {
  const source = mappedSource(t, { expression: `{ ${AT}, "stories": { "id": id } }` })
  const read = await source.read({ headers: {}, body: Buffer.from('{"id":12345678901234567890}') }, NO_DIRECTORY)
  t.match(read, { activities: [{ activity: { stories: [{ id: '12345678901234567890' }] } }] })
})

t.test('an expression knows the headers that it names, the project and the home', async (t) => {
  const source = mappedSource(t, {
    expression: `{ ${AT}, "author": $headers."X-By", "description": $project.name & " " & $home & " " & $headers."x-none" }`,
    home: 'https://board.example.com/',
  })
  t.strictSame(source.headers, ['x-by', 'x-none'])
  const read = await source.read(
    { headers: { 'x-by': 'Ada', cookie: 'secret' }, body: Buffer.from('{}') },
    NO_DIRECTORY,
  )
  t.match(read, {
    activities: [{ activity: { author: 'Ada', description: 'The engine https://board.example.com null' } }],
  })
})

t.test('the first mistake in what an expression gives is told with its place', async (t) => {
  const cases: readonly [expression: string, message: string][] = [
    ['missing', 'the expression gives nothing; let it give an activity, or {"ignored": "no news", "detail": "why"}'],
    ['[]', 'the expression gives an empty list; let it give {"ignored": "no news", "detail": "why"} instead'],
    ['"text"', 'what the expression gives must be an object (found "text")'],
    ['{ "author": "Ada" }', 'occurredAt is missing'],
    [
      '{ "occurredAt": "soon" }',
      'occurredAt must be a time, such as 2026-11-24T12:00:00Z or milliseconds since 1970 (found "soon")',
    ],
    [
      `{ ${AT}, "stories": { "id": 1, "change": "modify" } }`,
      'stories[0].change must be one of create, update, delete (found "modify")',
    ],
    [`{ ${AT}, "stories": [{ "id": 1 }, { "name": "x" }] }`, 'stories[1].id is missing'],
    [
      `{ ${AT}, "stories": { "id": 1, "comments": { "text": ["a"] } } }`,
      'stories[0].comments[0].text must be text (found a list)',
    ],
    [
      `{ ${AT}, "storys": [] }`,
      'storys is not known; known are key, kind, occurredAt, author, authorId, description, highlight, projectName, stories, others',
    ],
    [
      `[{ ${AT} }, { ${AT}, "stories": { "id": 1, "state": { "name": "x", "meaning": "doing" } } }]`,
      '[1].stories[0].state.meaning must be one of unscheduled, planned, unstarted, started, finished, delivered, accepted, rejected, cancelled, duplicate, announce (found "doing")',
    ],
    ['{ "ignored": "whatever" }', 'ignored must be one of ping, no news, no story, own (found "whatever")'],
    [
      '{\n  "occurredAt": $number("soon")\n}',
      'the expression cannot be evaluated: Unable to cast value to a number: "soon", at line 2, column 24 of it',
    ],
    ['[1..101].{ "occurredAt": $ }', 'the expression gives 101 activities; 100 is the most for one body'],
  ]
  for (const [expression, message] of cases)
    t.strictSame(await reading(t, expression), { refused: { reason: 'expression', message } }, expression)
})

t.test('what is not JSON is refused before the expression sees it', async (t) => {
  const source = mappedSource(t, { expression: '$' })
  for (const [body, message] of [
    ['<a/>', /begins with "<a\/>"; the tool is expected to send JSON/],
    ['{"a":', /The JSON is malformed/],
    ['', /The body is empty/],
  ] as const)
    await t.rejects(async () => source.read({ headers: {}, body: Buffer.from(body) }, NO_DIRECTORY), message)
})

t.test('a wrong expression is told when the config is read, with its place', async (t) => {
  const cases: readonly [settings: object, ...problems: string[]][] = [
    [{}, 'tool is missing; set this, file or expression'],
    [{ tool: 'taiga', expression: '$' }, 'expression is a second expression; keep only one of tool, expression'],
    [
      { expression: '{\n  "a": 1,\n  "b" }' },
      'expression must be a JSONata expression: Expected ":", got "}", at line 3, column 7',
    ],
    [{ file: '/a/b' }, 'file must be a JSONata expression: Syntax error: "b", at line 1, column 4'],
    [{ expression: '$keys($headers)' }, 'expression must name each header that it reads, as in $headers."x-event"'],
    [
      {
        expression: '{ "author": $headers."X-Token" }',
        secret_header: 'x-token',
        header_secret: SIGNING_SECRET,
      },
      'expression must not read the header X-Token, which is what proves who sent the request',
    ],
  ]
  for (const [settings, ...problems] of cases) t.strictSame(problemsOf(settings), problems)
})
