import t from 'tap'
import { type Known, LinkFileError, linksIn } from '../../src/links/csv.ts'
import type { GivenLink } from '../../src/store/link-row.ts'

const KNOWN: Known = {
  projects: new Set(['26']),
  systems: ['jira', 'get_satisfaction'],
  undecidedBetween: () => [],
}

/** Handed over one character at a time, so that every place is one where a piece may end. */
async function* inCharacters(text: string): AsyncGenerator<string> {
  yield* text
}

async function read(text: string): Promise<GivenLink[]> {
  const found: GivenLink[] = []
  for await (const batch of linksIn(inCharacters(text), KNOWN)) found.push(...batch)
  return found
}

async function problemsOf(text: string): Promise<readonly string[]> {
  try {
    await read(text)
  } catch (error) {
    if (error instanceof LinkFileError) return error.problems
    throw error
  }
  return []
}

const HEAD = 'project,story,external_id'

for (const [name, end] of [
  ['LF', '\n'],
  ['CR LF', '\r\n'],
  ['CR', '\r'],
] as const)
  t.test(`lines that end with ${name} are lines, and are counted`, async (t) => {
    const text = [HEAD, '26,1,TEST-1', '', '26,2,"TEST ""2"""', '26,3,'].join(end)
    t.strictSame(await problemsOf(text), [
      'line 5: external_id: expected a ticket, at most 255 characters, found nothing',
    ])
    t.strictSame(
      (await read(text.slice(0, text.lastIndexOf('26,3')))).map(({ storyId, externalId }) => [storyId, externalId]),
      [
        ['1', 'TEST-1'],
        ['2', 'TEST "2"'],
      ],
    )
  })

const refused: readonly (readonly [what: string, text: string, problem: RegExp])[] = [
  ['an empty file', '', /^line 1: expected the names of the columns: project,story,external_id,/],
  ['a missing column', 'project,story\n26,109\n', /^line 1: the column external_id is missing/],
  ['a column that is named twice', `${HEAD},story\n`, /^line 1: the column "story" is named twice/],
  ['an unknown column', `${HEAD},name\n`, /^line 1: the column "name" is unknown/],
  [
    'an open quotation mark',
    `${HEAD}\n26,109,"TEST-1\n26,110,TEST-2\n`,
    /^line 2: external_id: a quotation mark is not closed/,
  ],
  [
    'text after a quoted value',
    `${HEAD}\n26,109,"TEST"-1\n`,
    /^line 2: external_id: there is text after a quoted value/,
  ],
  [
    'a quotation mark within a value',
    `${HEAD}\n26,109,TEST"1"\n`,
    /^line 2: external_id: there is a quotation mark in a value/,
  ],
  [
    'a line without end',
    `${HEAD}\n26,109,"${'x'.repeat(30_000)}`,
    /^line 2: external_id: the row is longer than 20000 bytes/,
  ],
  [
    'a quotation mark within the header',
    'project,story,ext"ernal_id"\n',
    /^line 1: column 3: there is a quotation mark in a value/,
  ],
  ['a system that is not there', `${HEAD},system\n26,109,TEST-1,trello`, /^line 2: system: expected jira, get_satisf/],
  ['a line of too many values', `${HEAD}\n26,109,TEST-1,jira\n`, /^line 2: expected 3 values, found 4/],
  ['a ticket that breaks the line', `${HEAD}\n26,109,"TEST\n1"\n`, /^line 2: external_id: expected a ticket/],
  ['a program for an address', `${HEAD},external_url\n26,1,T-1,javascript:alert(1)`, /^line 2: external_url: expected/],
  ['a project that is not there', `${HEAD}\n27,109,TEST-1`, /^line 2: project: "27" is not in the config/],
]
for (const [what, text, problem] of refused)
  t.test(`${what} is refused`, async (t) => {
    const [first] = await problemsOf(text)
    t.match(first, problem)
  })

for (const [name, delimiter] of [
  ['comma', ','],
  ['semicolon', ';'],
  ['tab', '\t'],
] as const)
  t.test(`a file is read whose values are separated by ${name}`, async (t) => {
    const rows = [
      ['\ufeffStory', 'project', ' external_id ', 'system', 'external_url'],
      ['1', '26', 'a,b;c', '', ''],
      ['2', ' 26 ', ' "TEST ""2""" ', 'jira', 'https://jira.example.com/browse/2'],
      ['3', '26', '"\r\nTEST-3\n"', 'get_satisfaction', ''],
      ['4', '26', '', '', ''],
    ]
    const quoted = rows.map((row) =>
      row.map((cell) => (!cell.includes('"') && cell.includes(delimiter) ? `"${cell}"` : cell)).join(delimiter),
    )
    const found = await read(quoted.slice(0, 4).join('\r\n'))
    t.strictSame(
      found.map(({ storyId, externalId, system, externalUrl }) => [storyId, externalId, system, externalUrl]),
      [
        ['1', 'a,b;c', null, null],
        ['2', 'TEST "2"', 'jira', 'https://jira.example.com/browse/2'],
        ['3', 'TEST-3', 'get_satisfaction', null],
      ],
    )
    t.strictSame(await problemsOf(quoted.join('\r\n')), [
      'line 7: external_id: expected a ticket, at most 255 characters, found nothing',
    ])
  })

t.test('problems before a place that is not CSV are reported too', async (t) => {
  t.match(await problemsOf(`${HEAD}\n26,,TEST-1\n26,2,TEST"2"\n26,,TEST-3\n`), [
    /^line 2: story: expected/,
    /^line 3: external_id: there is a quotation mark in a value/,
  ])
})

t.test('of a file that is wrong everywhere, the first problems are told', async (t) => {
  const problems = await problemsOf(`${HEAD}\n${'26,,T-1\n'.repeat(1000)}`)
  t.equal(problems.length, 20)
  t.match(problems[0], /^line 2: story/)
})

t.test('a ticket has at most 255 characters', async (t) => {
  t.equal((await read(`${HEAD}\n26,109,${'x'.repeat(255)}`)).length, 1)
  t.match(await problemsOf(`${HEAD}\n26,109,${'x'.repeat(256)}`), [/^line 2: external_id/])
})
