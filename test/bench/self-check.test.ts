import t from 'tap'
import { request } from 'undici'
import { readArguments } from '../../bench/arguments.ts'
import { body, STORIES } from '../../bench/bodies.ts'
import { createSelfCheck, type SelfCheck } from '../../bench/self-check.ts'
import { checkArrivals, startSink } from '../../bench/sink-process.ts'

const FIRST = 1_000_000

/** What the bench finds when these numbers arrive, one after another. */
async function found(expected: number, arriving: readonly number[]): Promise<SelfCheck> {
  const check = createSelfCheck()
  const sink = await startSink()
  try {
    const run = await sink.expect({ first: FIRST, count: expected, stories: STORIES })
    for (const number of arriving) {
      const answer = await request(`${sink.origin}/0`, { method: 'POST', body: body('xml', number) })
      await answer.body.dump()
    }
    checkArrivals(check, 'run', await run.report(), expected)
    return check
  } finally {
    await sink.close()
  }
}

const CASES: readonly [string, number, readonly number[], readonly string[]][] = [
  ['all that arrived once and in order', 2, [FIRST, FIRST + 1], []],
  ['a delivery that is lost', 2, [FIRST], ['run: each delivery arrived: expected 2, found 1']],
  ['a delivery that arrives twice', 1, [FIRST, FIRST], ['run: none arrived twice: expected 0, found 1']],
  [
    'a story whose later activity arrives first',
    STORIES + 1,
    [FIRST + STORIES, ...Array.from({ length: STORIES }, (_, index) => FIRST + index)],
    ['run: those of a story arrived in their order: expected 0, found 1'],
  ],
  ['a delivery that nobody sent', 1, [FIRST, FIRST + 1], ['run: nothing else arrived: expected 0, found 1']],
]

for (const [what, expected, arriving, violations] of CASES)
  t.test(`the bench ${violations.length === 0 ? 'passes' : 'finds'} ${what}`, async (t) => {
    const check = await found(expected, arriving)
    t.strictSame([check.made, check.violations], [4, violations])
  })

t.test('only a whole run replaces the results that are kept', async (t) => {
  const outputs = [[], ['--quick'], ['--only', 'drain'], ['--quick', '--output', 'quick.md']].map(
    (given) => readArguments(given, {}).output,
  )
  t.strictSame(outputs, ['bench/RESULTS.md', null, null, 'quick.md'])
})
