import t from 'tap'
import type { Condition } from '../../../src/gateway/notices/condition.ts'
import { createFewest, newsSince } from '../../../src/gateway/notices/news.ts'

const HOUR_MS = 3_600_000
const NOW = Date.parse('2026-11-28T12:00:00Z')

const held = (name: string, holds = true): Condition => ({
  id: `held ${name}`,
  about: name,
  what: 'held',
  holds,
  message: `${name} ${holds ? 'is down' : 'works again'}`,
})
const dead = (count: number): Condition => ({
  id: 'dead jira',
  about: 'jira',
  what: 'dead',
  holds: count > 0,
  message: `${count} dead`,
  count,
})

t.test('what begins and what ends is told once each, and nothing that never began', (t) => {
  t.equal(newsSince({}, [held('jira', false)], NOW), null)
  const begun = newsSince({}, [held('jira'), held('zendesk')], NOW)
  t.strictSame(begun, {
    lines: [
      { about: 'jira', what: 'held', isOver: false, message: 'jira is down' },
      { about: 'zendesk', what: 'held', isOver: false, message: 'zendesk is down' },
    ],
    told: { 'held jira': { at: NOW }, 'held zendesk': { at: NOW } },
  })
  t.equal(newsSince(begun?.told ?? {}, [held('jira'), held('zendesk')], NOW + HOUR_MS), null, 'not again')
  t.equal(newsSince(begun?.told ?? {}, [], NOW + HOUR_MS), null, 'what is not known is not over')
  t.strictSame(newsSince(begun?.told ?? {}, [held('jira', false), held('zendesk')], NOW + HOUR_MS), {
    lines: [{ about: 'jira', what: 'held', isOver: true, message: 'jira works again' }],
    told: { 'held zendesk': { at: NOW } },
  })
  t.end()
})

t.test('what grows is told again after an hour, and only if it grew', (t) => {
  const first = newsSince({}, [dead(1)], NOW)?.told ?? {}
  t.equal(newsSince(first, [dead(50)], NOW + HOUR_MS - 1), null)
  t.equal(newsSince(first, [dead(1)], NOW + HOUR_MS), null)
  t.strictSame(newsSince(first, [dead(50)], NOW + HOUR_MS), {
    lines: [{ about: 'jira', what: 'dead', isOver: false, message: '50 dead' }],
    told: { 'dead jira': { at: NOW + HOUR_MS, count: 50 } },
  })
  t.end()
})

t.test('what shrinks and grows again is told, although it is less than what was told', (t) => {
  const withFewest = createFewest()
  const look = (told: Parameters<typeof newsSince>[0], count: number, now: number) =>
    newsSince(withFewest(told, [dead(count)]), [dead(count)], now)
  const ten = look({}, 10, NOW)?.told ?? {}
  t.equal(look(ten, 10, NOW + HOUR_MS), null)
  t.equal(look(ten, 2, NOW + HOUR_MS), null, 'eight were dealt with')
  const seven = look(ten, 7, NOW + HOUR_MS)
  t.match(seven, { lines: [{ message: '7 dead' }], told: { 'dead jira': { at: NOW + HOUR_MS, count: 7 } } })
  t.equal(look(seven?.told ?? {}, 7, NOW + 2 * HOUR_MS), null, 'and not again')
  t.end()
})
