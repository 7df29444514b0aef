import t from 'tap'
import { clockOf, earliestAtTarget } from '../../../src/connectors/kit/target-clock.ts'

t.test('the earliest time of what an attempt wrote is told by the clock of the target', async (t) => {
  const since = new Date('2026-01-01T10:00:00.000Z')
  const now = new Date('2026-01-01T10:00:30.000Z')
  const earliest = (date: string | null): string =>
    earliestAtTarget(since, clockOf({ headers: date === null ? {} : { date } }), now).toISOString()
  t.equal(earliest('Thu, 01 Jan 2026 10:00:30 GMT'), '2026-01-01T09:59:55.000Z')
  t.equal(earliest('Thu, 01 Jan 2026 09:50:30 GMT'), '2026-01-01T09:49:55.000Z', 'ten minutes behind')
  t.equal(earliest('Thu, 01 Jan 2026 11:00:30 GMT'), '2026-01-01T10:59:55.000Z', 'an hour ahead')
  t.equal(earliest(null), '2026-01-01T09:58:00.000Z')
  t.equal(earliest('now'), '2026-01-01T09:58:00.000Z')
})
