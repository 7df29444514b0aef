import t from 'tap'
import { duration, when } from '../../../src/commands/terminal/times.ts'
import { NOW, screen } from './fake-terminal.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

t.test('on a terminal a time is a distance from now, in its largest unit', async (t) => {
  for (const [distance, text] of [
    [0, 'now'],
    [-999, 'now'],
    [-1000, '1 s ago'],
    [-59_999, '59 s ago'],
    [-3 * MINUTE, '3 min ago'],
    [-HOUR - 59 * MINUTE, '1 h ago'],
    [-DAY, '1 day ago'],
    [-29 * DAY, '29 days ago'],
    [2 * HOUR, 'in 2 h'],
    [40_000, 'in 40 s'],
    [-30 * DAY, '2026-10-29'],
    [400 * DAY, '2028-01-02'],
  ] as const)
    t.equal(when(NOW + distance, screen(80)), text)
})

t.test('in a pipe or file a time is exact, and no time is no text', async (t) => {
  t.equal(when(NOW - 3 * MINUTE, screen(null)), '2026-11-28T11:57:00.000Z')
  t.equal(when(null, screen(null)), '')
  t.equal(when(null, screen(80)), '')
})

t.test('a length of time is shown in its largest unit', async (t) => {
  t.strictSame([0, 61_000, 3 * HOUR, 2.5 * DAY].map(duration), ['0 s', '1 min', '3 h', '2 days'])
})
