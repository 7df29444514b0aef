import t from 'tap'
import { DeliveryError } from '../../src/connectors/contract/delivery-error.ts'
import type { Result } from '../../src/queue/outcome.ts'
import {
  dayOf,
  learn,
  leftOfDay,
  maySend,
  notice,
  type Pace,
  restored,
  type Standing,
  spent,
} from '../../src/queue/standing.ts'
import type { IntegrationState } from '../../src/store/integration-states.ts'

const BREAKER = { failures: 3, probe_seconds: [10, 30], credentials_probe_seconds: 900 }
const PACE: Pace = { concurrency: 4, breaker: BREAKER }
const SLOW: Pace = { ...PACE, concurrency: 20, max_per_minute: 60 }
const NOON = Date.parse('2009-12-14T12:00:00Z')
const MIDNIGHT = Date.parse('2009-12-15T00:00:00Z')

const ok: Result = { type: 'done', receipt: {}, confirmed: false }
const skipped: Result = { type: 'skipped', why: 'not linked' }
const down = failedWith('retry', 'refused', { targetDown: true })
const busy = failedWith('retry', 'this ticket is locked')
const dead = failedWith('dead', 'no such ticket')
const login = failedWith('hold', 'the token s3cret is wrong', { status: 401 })
const limit = failedWith('hold', 'too fast', { status: 429, retryAfterMs: 7000 })
const gone = failedWith('pause', 'the account s3cret is closed')
const unlinked: Result = {
  type: 'failed',
  error: new DeliveryError('retry', 'Tracker is down', { targetDown: true }),
  targetAsked: false,
}

function failedWith(...args: ConstructorParameters<typeof DeliveryError>): Result {
  return { type: 'failed', error: new DeliveryError(...args) }
}

const redact = (text: string): string => text.replace('s3cret', '[redacted]')

/** Each result is another delivery's. */
let deliveries = 0

function learnt(standing: Standing, result: Result, now: number): ReturnType<typeof learn> {
  deliveries += 1
  return learn(standing, { id: deliveries, firstFailedAt: 0 }, result, { settings: BREAKER, now, random: 0, redact })
}

const state = (more: Partial<IntegrationState>): IntegrationState => ({
  integration: 'hook',
  fingerprint: 'ours',
  pausedAt: null,
  pausedReason: null,
  pausedBy: null,
  resumedAt: null,
  breaker: null,
  ...more,
})

/** One thing that happened, at a number of milliseconds after noon. */
type Event = readonly [at: number, what: Result | { readonly taken: number } | IntegrationState]

/** How an integration stands after all that. Nothing may change a standing, so each is frozen. */
function after(pace: Pace, history: readonly Event[]): Standing {
  return history.reduce(
    (standing, [at, what]) => {
      const now = NOON + at
      if ('taken' in what) return frozen(spent(standing, pace, what.taken, now))
      if ('integration' in what) return frozen(notice(standing, what, 'ours', now).standing)
      return frozen(learnt(standing, what, now).standing)
    },
    frozen(restored(null, 'ours', pace, NOON)),
  )
}

function frozen(standing: Standing): Standing {
  Object.freeze(standing.breaker)
  if (standing.bucket !== null) Object.freeze(standing.bucket)
  return Object.freeze(standing)
}

const DOWN: readonly Event[] = [
  [1, down],
  [2, down],
  [3, down],
]
const PAUSED = state({ pausedBy: 'operator', pausedReason: 'maintenance' })
const RESUMED = state({ resumedAt: NOON + 5000 })

interface Case {
  readonly name: string
  readonly pace?: Pace
  readonly history: readonly Event[]
  /** Milliseconds after noon. */
  readonly at: number
  readonly running?: number
  readonly count: number
  /** Milliseconds after noon, or null: it asks when it is woken. */
  readonly again?: number | null
}

const CASES: readonly Case[] = [
  { name: 'a new integration sends as much as it may at once', history: [], at: 0, count: 4 },
  { name: 'what is under way takes its places', history: [], at: 0, running: 3, count: 1 },
  { name: 'and with all places taken it waits to be woken', history: [], at: 0, running: 4, count: 0 },
  { name: 'two failures of the target change nothing yet', history: DOWN.slice(0, 2), at: 4, count: 4 },
  { name: 'the third in a row holds it until the first probe', history: DOWN, at: 4, count: 0, again: 10_003 },
  { name: 'then one probe goes out', history: DOWN, at: 10_003, count: 1 },
  { name: 'and no second one while it is under way', history: DOWN, at: 10_003, running: 1, count: 0 },
  {
    name: 'what was under way when it was held tells nothing new',
    history: [...DOWN, [500, down]],
    at: 501,
    count: 0,
    again: 10_003,
  },
  {
    name: 'a failed probe waits for the next, longer step',
    history: [...DOWN, [10_003, down]],
    at: 10_004,
    count: 0,
    again: 40_003,
  },
  { name: 'an answered probe lets all out', history: [...DOWN, [10_003, ok]], at: 10_004, count: 4 },
  {
    name: 'an answer in between starts the count anew',
    history: [...DOWN.slice(0, 2), [3, ok], [4, down], [5, down]],
    at: 6,
    count: 4,
  },
  {
    name: "so does a delivery's own failure, since the target answered",
    history: [...DOWN.slice(0, 2), [3, busy], [4, dead], [5, down], [6, down]],
    at: 7,
    count: 4,
  },
  {
    name: 'a skipped delivery is no answer of the target',
    history: [...DOWN.slice(0, 2), [3, skipped], [4, down]],
    at: 5,
    count: 0,
    again: 10_004,
  },
  {
    name: 'a failure before the target was asked does not count against it',
    history: [1, 2, 3, 4].map((at) => [at, unlinked]),
    at: 5,
    count: 4,
  },
  { name: 'nor does it count as an answer', history: [...DOWN, [4, unlinked]], at: 5, count: 0, again: 10_003 },
  { name: 'rejected credentials hold it at once', history: [[0, login]], at: 1, count: 0, again: 900_000 },
  { name: 'so does a limit, as long as the target says', history: [[0, limit]], at: 1, count: 0, again: 7000 },
  { name: 'a pause by the target lasts until somebody resumes', history: [[0, gone]], at: 10 ** 9, count: 0 },
  { name: 'so does one by the operator', history: [[0, PAUSED]], at: 10 ** 9, count: 0 },
  {
    name: 'an answer to what was under way does not end a pause',
    history: [
      [0, PAUSED],
      [1, ok],
    ],
    at: 2,
    count: 0,
  },
  {
    name: 'a resume ends a pause',
    history: [
      [0, gone],
      [5000, RESUMED],
    ],
    at: 5000,
    count: 4,
  },
  { name: 'and lets a probe out before its time', history: [...DOWN, [5000, RESUMED]], at: 5000, count: 1 },
  {
    name: 'a resume that was noticed already ends no later pause',
    history: [
      [5000, RESUMED],
      [6000, gone],
      [7000, RESUMED],
    ],
    at: 7000,
    count: 0,
  },
  { name: 'a rate of one a second allows a burst of ten', pace: SLOW, history: [], at: 0, count: 10 },
  {
    name: 'then one each second',
    pace: SLOW,
    history: [[0, { taken: 10 }]],
    at: 1,
    count: 0,
    again: 1000,
  },
  { name: 'which is saved up', pace: SLOW, history: [[0, { taken: 10 }]], at: 3500, count: 3 },
  { name: 'up to the burst', pace: SLOW, history: [[0, { taken: 10 }]], at: 3_600_000, count: 10 },
  {
    name: 'and what is taken after a long rest is taken from the burst, not from the rest',
    pace: SLOW,
    history: [[3_600_000, { taken: 10 }]],
    at: 3_600_001,
    count: 0,
    again: 3_601_000,
  },
  {
    name: 'the rate does not raise what may run at once',
    pace: { ...SLOW, concurrency: 2 },
    history: [],
    at: 0,
    count: 2,
  },
  {
    name: 'nor does it let more than one probe out',
    pace: SLOW,
    history: DOWN,
    at: 10_003,
    count: 1,
  },
]

t.test('what has happened decides how much may be sent', async (t) => {
  for (const { name, pace = PACE, history, at, running = 0, count, again = null } of CASES)
    t.strictSame(
      maySend(after(pace, history), pace, running, NOON + at),
      { count, askAgainAt: again === null ? null : NOON + again },
      name,
    )
})

t.test('the cap of a day ends the day, but not while a failure can still free a place', async (t) => {
  const standing = after(PACE, [])
  const left = (sent: number, running: number) => leftOfDay(standing, 5, { sent, running }, NOON)
  t.strictSame(left(0, 0), { left: 5, standing })
  t.strictSame(left(2, 1), { left: 2, standing }, 'what is under way is counted as sent')
  const full = left(5, 0)
  t.equal(full.left, 0)
  t.strictSame(maySend(full.standing, PACE, 0, NOON), { count: 0, askAgainAt: MIDNIGHT })
  t.strictSame(maySend(full.standing, PACE, 0, MIDNIGHT), { count: 4, askAgainAt: null })
  const filling = left(4, 1)
  t.equal(filling.left, 0)
  t.strictSame(maySend(filling.standing, PACE, 1, NOON), { count: 0, askAgainAt: NOON + 500 })
  t.equal(left(7, 0).left, 0, 'a cap that was lowered allows nothing, not less than nothing')
})

t.test('a day is a day in UTC', async (t) => {
  t.equal(dayOf(MIDNIGHT - 1), '2009-12-14')
  t.equal(dayOf(MIDNIGHT), '2009-12-15')
})

t.test('a restart goes on from what was stored, as far as it belongs to the settings', async (t) => {
  const breaker = { state: 'open', until: NOON, openings: 2, reason: 'down' } as const
  const closed = { state: 'closed', failures: 0, recoveredAt: 0 } as const
  const theirs = { pausedBy: 'target', pausedReason: 'gone' } as const
  const cases: [string, IntegrationState | null, Partial<Standing>][] = [
    ['nothing is known', null, { breaker: closed, pausedReason: null, resumedAt: 0 }],
    ['it was held', state({ breaker }), { breaker, pausedReason: null }],
    ['it was held under other settings', state({ fingerprint: 'old', breaker }), { breaker: closed }],
    [
      'the clock was set back since then by an hour, which nobody noticed',
      state({ breaker: { ...breaker, until: NOON + 3_660_000, since: NOON + 3_600_000 } }),
      { breaker: { ...breaker, until: NOON + 60_000, since: NOON } },
    ],
    [
      'the clock of another machine is half a minute ahead',
      state({ breaker: { ...breaker, until: NOON + 90_000, since: NOON + 30_000 } }),
      { breaker: { ...breaker, until: NOON + 90_000, since: NOON + 30_000 } },
    ],
    ['the target paused it', state(theirs), { pausedReason: 'gone' }],
    ['the target paused it under other settings', state({ ...theirs, fingerprint: 'old' }), { pausedReason: null }],
    ['the operator paused it', { ...PAUSED, fingerprint: 'old' }, { pausedReason: 'maintenance' }],
    ['it was resumed', state({ fingerprint: 'old', resumedAt: 7 }), { resumedAt: 7, pausedReason: null }],
  ]
  for (const [name, stored, expected] of cases) t.match(restored(stored, 'ours', PACE, NOON), expected, name)
})

t.test('only what changes the standing is news, without secrets', async (t) => {
  const news = (history: readonly Event[], result: Result, at: number) =>
    learnt(after(PACE, history), result, NOON + at).news
  t.equal(news([], ok, 1), null)
  t.equal(news([], busy, 1), null)
  t.equal(news(DOWN.slice(0, 2), skipped, 3), null)
  t.match(news(DOWN.slice(0, 2), down, 3), { type: 'held', breaker: { until: NOON + 10_003, reason: 'refused' } })
  t.equal(news(DOWN, down, 500), null, 'it was held already')
  t.match(news(DOWN, down, 10_003), { type: 'held', breaker: { openings: 2 } })
  t.strictSame(news(DOWN, ok, 10_003), {
    type: 'recovered',
    breaker: { state: 'closed', failures: 0, recoveredAt: NOON + 10_003 },
  })
  t.match(news([], login, 1), { type: 'held', breaker: { reason: 'the token [redacted] is wrong' } })
  t.strictSame(news([], gone, 1), { type: 'paused', reason: 'the account [redacted] is closed' })
  t.equal(after(PACE, [[1, gone]]).pausedReason, 'the account [redacted] is closed')
})

t.test('what was noticed once is not noticed again', async (t) => {
  const news = (history: readonly Event[], noticed: IntegrationState) =>
    notice(after(PACE, history), noticed, 'ours', NOON).news
  t.equal(news([], state({})), null)
  t.equal(news([], PAUSED), 'paused')
  t.equal(news([[0, PAUSED]], PAUSED), null)
  t.equal(news([[0, PAUSED]], RESUMED), 'resumed')
  t.equal(news([[0, RESUMED]], RESUMED), null)
  const refused = state({ pausedBy: 'target', pausedReason: 'gone' })
  t.equal(news([], refused), 'paused', 'what a target has told another instance')
  t.equal(news([], { ...refused, fingerprint: 'theirs' }), null, 'what it has said about other settings does not count')
})
