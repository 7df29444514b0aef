import t from 'tap'
import { linksIn } from '../../src/links/csv.ts'
import { CsvError } from '../../src/links/csv-records.ts'
import type { GivenLink } from '../../src/store/store.ts'

const PROJECTS: ReadonlySet<string> = new Set(['26'])

/** Handed over one character at a time, so that every place is one where a piece may end. */
async function* inCharacters(text: string): AsyncGenerator<string> {
  yield* text
}

async function read(text: string): Promise<GivenLink[]> {
  const found: GivenLink[] = []
  for await (const batch of linksIn(inCharacters(text), PROJECTS)) found.push(...batch)
  return found
}

async function problemsOf(text: string): Promise<readonly string[]> {
  try {
    await read(text)
  } catch (error) {
    if (error instanceof CsvError) return error.problems
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
  ['a column that is there twice', `${HEAD},story\n`, /^line 1: the column "story" is there twice/],
  ['an unknown column', `${HEAD},name\n`, /^line 1: there is no column "name"/],
  ['an open quotation mark', `${HEAD}\n26,109,"TEST-1\n26,110,TEST-2\n`, /^line 2: a quotation mark is not closed/],
  ['text behind a quoted value', `${HEAD}\n26,109,"TEST"-1\n`, /^line 2: there is text behind a quoted value/],
  ['a quotation mark within a value', `${HEAD}\n26,109,TEST"1"\n`, /^line 2: a quotation mark in a value/],
  ['a line without end', `${HEAD}\n26,109,"${'x'.repeat(30_000)}`, /^line 2: too long/],
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

t.test('of a file that is wrong everywhere, the first problems are told', async (t) => {
  const problems = await problemsOf(`${HEAD}\n${'26,,T-1\n'.repeat(1000)}`)
  t.equal(problems.length, 20)
  t.match(problems[0], /^line 2: story/)
})

t.test('a ticket has at most 255 characters', async (t) => {
  t.equal((await read(`${HEAD}\n26,109,${'x'.repeat(255)}`)).length, 1)
  t.match(await problemsOf(`${HEAD}\n26,109,${'x'.repeat(256)}`), [/^line 2: external_id/])
})
