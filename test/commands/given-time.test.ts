import t from 'tap'
import { givenTime } from '../../src/commands/given-time.ts'
import { UsageError } from '../../src/commands/usage-error.ts'

const NOW = Date.UTC(2026, 10, 28, 12)

t.test('a time is a day, a time of day, or how long ago; without a zone it is UTC', async (t) => {
  const expected: Readonly<Record<string, string>> = {
    '2026-11-27': '2026-11-27T00:00:00.000Z',
    '2026-11-27 18:30': '2026-11-27T18:30:00.000Z',
    '2026-11-27T18:30:05.5Z': '2026-11-27T18:30:05.500Z',
    '2026-11-27T18:30+02:00': '2026-11-27T16:30:00.000Z',
    '90s': '2026-11-28T11:58:30.000Z',
    '30min': '2026-11-28T11:30:00.000Z',
    '2h': '2026-11-28T10:00:00.000Z',
    '7d': '2026-11-21T12:00:00.000Z',
  }
  for (const [text, time] of Object.entries(expected)) t.equal(givenTime(text, '--from', NOW), time, text)
  t.equal(givenTime(undefined, '--from', NOW), undefined)
})

t.test('what is not a time is refused with examples', async (t) => {
  for (const text of ['', 'yesterday', '2026-13-01', '2026-11-28T25:00', '7 weeks', '1764331200'])
    t.throws(
      () => givenTime(text, '--to', NOW),
      new UsageError(
        `--to must be a time such as 2026-11-28T18:00, a day such as 2026-11-28 (both UTC), or how long ago: 90s, 30min, 2h, 7d; not "${text}"`,
      ),
    )
})
