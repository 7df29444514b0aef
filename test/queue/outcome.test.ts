import t from 'tap'
import { DeliveryError } from '../../src/connectors/contract/delivery-error.ts'
import { CLOSED } from '../../src/queue/breaker.ts'
import { type Attempt, outcome, type Result, type RetrySettings, retryMs } from '../../src/queue/outcome.ts'
import type { Breaker } from '../../src/store/breaker.ts'

const SETTINGS: RetrySettings = {
  schedule_seconds: [5, 30, 120],
  jitter: 0.2,
  give_up_after_hours: 10,
  hold_at_most_hours: 48,
}
const FRESH: Attempt['delivery'] = {
  startedAt: 50_000,
  failures: 0,
  inDoubtSince: null,
  failingSince: null,
  firstFailedAt: null,
  lastFailedAt: null,
}
const OPEN: Breaker = { state: 'open', until: 90_000, openings: 1, reason: 'down' }
const STARTED = FRESH.startedAt
const NOW = 60_000

const failedWith = (...args: ConstructorParameters<typeof DeliveryError>): Result => ({
  type: 'failed',
  error: new DeliveryError(...args),
})

const decide = (result: Result, delivery = FRESH, breaker: Breaker = CLOSED, dueAgainAt: number | null = null) =>
  outcome({ delivery, result, breaker, dueAgainAt, retry: SETTINGS, now: NOW, random: 0.5 })

t.test('what happened decides what becomes of a delivery', async (t) => {
  const cases: [string, ReturnType<typeof decide>, Partial<ReturnType<typeof decide>>][] = [
    [
      'a write that was accepted is delivered',
      decide({ type: 'done', receipt: { id: '7' }, confirmed: false }),
      { state: 'delivered', dueAt: null, word: 'delivered', note: 'id 7' },
    ],
    [
      'one that was found at the target is delivered too, and says so',
      decide({ type: 'done', receipt: {}, confirmed: true }, { ...FRESH, inDoubtSince: 40_000 }),
      {
        state: 'delivered',
        word: 'confirmed',
        inDoubtSince: null,
        note: 'found at the target after a doubtful attempt: accepted',
      },
    ],
    [
      'a skipped one is settled',
      decide({ type: 'skipped', why: 'not linked' }),
      { state: 'skipped', note: 'not linked' },
    ],
    [
      'a passing error waits for the first step of the schedule',
      decide(failedWith('retry', 'busy')),
      { state: 'waiting', dueAt: NOW + 5000, failures: 1, failingSince: NOW, inDoubtSince: null },
    ],
    [
      'the target may ask for a longer wait than the schedule',
      decide(failedWith('retry', 'busy', { retryAfterMs: 60_000 })),
      { state: 'waiting', dueAt: NOW + 60_000 },
    ],
    [
      'but not for a shorter one',
      decide(failedWith('retry', 'busy', { retryAfterMs: 10 })),
      { state: 'waiting', dueAt: NOW + 5000 },
    ],
    [
      'an attempt whose end is unknown is in doubt since it began',
      decide(failedWith('in doubt', 'reset')),
      { state: 'waiting', word: 'in doubt', inDoubtSince: STARTED, failures: 1 },
    ],
    [
      'an older doubt is kept through a later definite failure',
      decide(failedWith('retry', 'busy'), { ...FRESH, inDoubtSince: 1000 }),
      { inDoubtSince: 1000 },
    ],
    [
      'what will never work is dead at once',
      decide(failedWith('dead', 'no such room', { status: 404 })),
      { state: 'dead', dueAt: null, status: 404 },
    ],
    [
      'a held one uses up nothing and waits for the breaker',
      decide(failedWith('hold', 'bad token', { status: 401 }), { ...FRESH, failures: 2, failingSince: 5 }, OPEN),
      { state: 'held', dueAt: 90_000, failures: 2, failingSince: null },
    ],
    [
      'the failure of a target that is down is held too once its breaker is open',
      decide(failedWith('in doubt', 'timeout', { targetDown: true }), FRESH, OPEN),
      { state: 'held', dueAt: 90_000, failures: 0, inDoubtSince: STARTED, word: 'in doubt' },
    ],
    [
      'before its breaker is open it counts like any other failure',
      decide(failedWith('in doubt', 'timeout', { targetDown: true })),
      { state: 'waiting', failures: 1, inDoubtSince: STARTED, word: 'in doubt' },
    ],
    [
      "a delivery's own failure counts although the breaker is open",
      decide(failedWith('retry', 'odd'), FRESH, OPEN),
      { state: 'waiting', failures: 1 },
    ],
    [
      'a paused one is due as soon as somebody resumes',
      decide(failedWith('pause', 'gone', { status: 410 })),
      { state: 'held', dueAt: NOW },
    ],
    [
      'after the last step of the schedule it is given up',
      decide(failedWith('retry', 'busy'), { ...FRESH, failures: 3, failingSince: 5 }),
      { state: 'dead', note: 'given up after 4 failures; the last one: busy' },
    ],
    [
      'and after the longest time of failing',
      decide(failedWith('in doubt', 'busy'), {
        ...FRESH,
        failures: 1,
        inDoubtSince: 5,
        failingSince: NOW - 36_000_001,
      }),
      { state: 'dead', inDoubtSince: 5 },
    ],
    [
      'the doubt of the very last attempt is kept for a replay',
      decide(failedWith('in doubt', 'reset'), { ...FRESH, failures: 3, failingSince: 5 }),
      { state: 'dead', inDoubtSince: STARTED, failures: 4 },
    ],
  ]
  for (const [name, actual, expected] of cases) t.match(actual, expected, name)
})

t.test('waits stay within the jitter and never come in step', async (t) => {
  const waits = Array.from({ length: 1000 }, (_, index) => retryMs(2, null, SETTINGS, index / 1000))
  t.ok(waits.every((ms) => ms >= 24_000 && ms <= 36_000))
  t.ok(new Set(waits).size > 900)
  t.equal(retryMs(99, null, SETTINGS, 0.5), 120_000, 'beyond the schedule its last step repeats')
})

t.test(
  'a question before the due date leaves a delivery as it was, unless the target has it or refuses it',
  async (t) => {
    const doubtful = { ...FRESH, failures: 2, failingSince: 10_000, firstFailedAt: 10_000, inDoubtSince: 9000 }
    const asked = (result: Result, breaker?: Breaker) => decide(result, doubtful, breaker, 90_000)
    const { startedAt: _, ...series } = doubtful
    const left = { ...series, state: 'waiting', word: 'in doubt', dueAt: 90_000, receiptId: null }
    t.match(asked({ type: 'absent' }), { ...left, status: null, note: /was asked and does not have it/ })
    t.match(asked(failedWith('retry', 'busy', { status: 500, targetDown: true })), {
      ...left,
      status: 500,
      note: 'busy',
    })
    t.match(asked({ type: 'absent' }, OPEN), { ...left, state: 'held' })
    t.match(asked({ type: 'done', receipt: {}, confirmed: true }), { state: 'delivered', word: 'confirmed' })
    t.match(asked(failedWith('dead', 'no such room')), { state: 'dead', dueAt: null })
  },
)
