import t from 'tap'
import { type DigestTimes, digestAfter, digestProblems } from '../../../src/connectors/kit/digest-times.ts'

const cases: readonly (readonly [of: DigestTimes, came: string, due: string])[] = [
  [{ every_minutes: 60 }, '2026-11-24T06:00:00.000Z', '2026-11-24T07:00:00.000Z'],
  [{ every_minutes: 60 }, '2026-11-24T06:59:59.999Z', '2026-11-24T07:00:00.000Z'],
  [{ every_minutes: 1440 }, '2026-11-24T06:00:00.000Z', '2026-11-25T00:00:00.000Z'],
  // The last one of a day is shorter, so that each day has the same times.
  [{ every_minutes: 1000 }, '2026-11-24T18:00:00.000Z', '2026-11-25T00:00:00.000Z'],
  [{ at: ['08:00', '13:00'] }, '2026-11-24T07:59:59.999Z', '2026-11-24T08:00:00.000Z'],
  [{ at: ['13:00', '08:00'] }, '2026-11-24T08:00:00.000Z', '2026-11-24T13:00:00.000Z'],
  [{ at: ['08:00'] }, '2026-11-24T08:00:00.000Z', '2026-11-25T08:00:00.000Z'],
  [{ at: ['08:00'], time_zone: 'Europe/Berlin' }, '2026-11-24T06:00:00.000Z', '2026-11-24T07:00:00.000Z'],
  [{ at: ['00:30'], time_zone: 'America/New_York' }, '2026-11-24T06:00:00.000Z', '2026-11-25T05:30:00.000Z'],
  // The clock is put forward in the night, and back in another one.
  [{ at: ['08:00'], time_zone: 'Europe/Berlin' }, '2026-03-28T12:00:00.000Z', '2026-03-29T06:00:00.000Z'],
  [{ at: ['02:30'], time_zone: 'Europe/Berlin' }, '2026-03-28T12:00:00.000Z', '2026-03-29T01:30:00.000Z'],
  [{ at: ['02:30'], time_zone: 'Europe/Berlin' }, '2026-10-25T00:45:00.000Z', '2026-10-26T01:30:00.000Z'],
]

t.test('a digest is due at the first of its times after what it tells of', async (t) => {
  for (const [of, came, due] of cases)
    t.equal(digestAfter(of)(new Date(came)).toISOString(), due, JSON.stringify([of, came]))
})

t.test('a digest is later than what it tells of, and the next one later than it, all year', async (t) => {
  const all: readonly DigestTimes[] = [
    { every_minutes: 7 },
    { at: ['00:00', '02:30', '23:59'], time_zone: 'Europe/Berlin' },
    { at: ['00:00'], time_zone: 'America/Sao_Paulo' },
    { at: ['02:00'], time_zone: 'Australia/Lord_Howe' },
  ]
  for (const of of all) {
    const next = digestAfter(of)
    let at = new Date('2018-01-01T00:00:00Z')
    for (let days = 0; days < 366; days += 1) {
      const due = next(at)
      const hours = (due.getTime() - at.getTime()) / 3_600_000
      if (hours <= 0 || hours > 25) t.fail(`${JSON.stringify(of)} after ${at.toISOString()}: ${due.toISOString()}`)
      at = due
    }
  }
})

t.test('times that cannot be meant are problems', async (t) => {
  t.strictSame(digestProblems(undefined), [])
  t.strictSame(digestProblems({ every_minutes: 60 }), [])
  t.strictSame(digestProblems({ at: ['08:00'], time_zone: 'Europe/Berlin' }), [])
  t.match(digestProblems({}), [{ setting: 'digest', problem: 'needs either every_minutes or at' }])
  t.match(digestProblems({ every_minutes: 60, at: ['08:00'] }), [{ setting: 'digest' }])
  t.match(digestProblems({ every_minutes: 60, time_zone: 'UTC' }), [{ setting: 'digest.time_zone' }])
  t.match(digestProblems({ at: ['08:00'], time_zone: 'Mars/Utopia' }), [{ setting: 'digest.time_zone' }])
})
