import t from 'tap'
import { clockOf, DAY_MS, earliestAtTarget, HOUR_MS } from '../../../src/connectors/kit/target-clock.ts'

const since = new Date('2026-01-01T10:00:00.000Z')
const now = new Date('2026-01-01T10:00:30.000Z')

t.test('what an attempt wrote cannot be older than the attempt, by the clock of the target', async (t) => {
  const earliest = (date: string | null, at = now, unknownMs = HOUR_MS): string => {
    const clock = clockOf({ headers: date === null ? {} : { date } })
    return earliestAtTarget({ since, targetTime: null }, clock, at, unknownMs).toISOString()
  }
  t.equal(earliest('Thu, 01 Jan 2026 10:00:30 GMT'), '2026-01-01T09:00:00.000Z')
  t.equal(earliest('Thu, 01 Jan 2026 09:50:30 GMT'), '2026-01-01T08:50:00.000Z', 'ten minutes behind')
  t.equal(earliest('Thu, 01 Jan 2026 11:00:30 GMT'), '2026-01-01T10:00:00.000Z', 'an hour ahead')
  t.equal(earliest(null), '2026-01-01T09:00:00.000Z')
  t.equal(earliest('now', now, DAY_MS), '2025-12-31T10:00:00.000Z')
  const setBack = new Date('2026-01-01T09:30:00.000Z')
  t.equal(earliest(null, setBack), '2026-01-01T08:30:00.000Z', 'our clock was set back since')
  t.equal(earliest('Thu, 01 Jan 2026 09:30:00 GMT', setBack), '2026-01-01T08:30:00.000Z')
})

t.test(
  'an attempt that began while our clock was hours ahead is looked for since it happened in Tracker',
  async (t) => {
    const occurredAt = new Date('2026-01-01T07:30:00.000Z')
    const earliest = (at: Date, happened = occurredAt): string =>
      earliestAtTarget({ since, targetTime: null, occurredAt: happened }, null, at, HOUR_MS).toISOString()
    t.equal(earliest(new Date('2026-01-01T10:00:30.000Z')), '2026-01-01T06:30:00.000Z')
    t.equal(earliest(now, new Date('2026-01-01T10:00:00.000Z')), '2026-01-01T09:00:00.000Z')
    t.equal(earliest(now, new Date('2025-06-01T10:00:00.000Z')), '2026-01-01T09:00:00.000Z', 'it has waited')
  },
)

t.test("if the target's clock at the attempt is known, ours does not matter", async (t) => {
  const targetTime = new Date('2026-01-01T11:00:00.000Z')
  for (const at of [now, new Date(0), new Date('2030-01-01T00:00:00.000Z')])
    t.equal(
      earliestAtTarget({ since, targetTime }, at, at, HOUR_MS).toISOString(),
      '2026-01-01T10:59:00.000Z',
      'a minute for machines of one target that differ',
    )
})
