import t from 'tap'
import { retryAfterMs } from '../../src/http/retry-after.ts'

const now = new Date('2026-01-31T12:00:00.000Z')
const DAY = 24 * 60 * 60 * 1000

t.test('the wait that a target asks for is understood, and never longer than a day', async (t) => {
  const cases: [string | undefined, number | null][] = [
    [undefined, null],
    ['', null],
    ['   ', null],
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7000],
    ['1.5', 1500],
    ['99999999999999999999', DAY],
    [`${'9'.repeat(10_000)}`, DAY],
    ['-5', null],
    ['1e300', null],
    ['NaN', null],
    ['Infinity', null],
    ['soon', null],
    ['5, 10', null],
    ['Sat, 31 Jan 2026 12:01:00 GMT', 60_000],
    ['Sat, 31 Jan 2026 11:00:00 GMT', 0],
    ['Sat, 31 Jan 2036 12:00:00 GMT', DAY],
    ['Sat, 99 Foo 2026 12:00:00 GMT', null],
    ['\u0000', null],
  ]
  for (const [header, expected] of cases)
    t.equal(retryAfterMs(header, now), expected, JSON.stringify(header)?.slice(0, 40))
})
