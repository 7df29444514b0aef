import t from 'tap'
import { DeliveryError } from '../../src/connectors/contract/delivery-error.ts'
import { outcome, type Result } from '../../src/queue/outcome.ts'
import { blamed, learn, maySend, restored, type Standing } from '../../src/queue/standing.ts'
import type { Outcome } from '../../src/store/delivery.ts'

/**
 * Histories of an integration, played with the functions that decide: whose failure it is, whether it counts, and when
 * others may go on. Times are seconds.
 */

const HOUR = 3600
const RETRY = {
  schedule_seconds: [1, 1, 1, 1, 1, 1, 1, 1],
  jitter: 0,
  give_up_after_hours: 120,
  hold_at_most_hours: 336,
}
const PACE = { concurrency: 4, breaker: { failures: 3, probe_seconds: [10, 60], credentials_probe_seconds: 900 } }

const ok: Result = { type: 'done', receipt: {}, confirmed: false }
const failed = (...args: ConstructorParameters<typeof DeliveryError>): Result => ({
  type: 'failed',
  error: new DeliveryError(...args),
})
const down = failed('retry', 'it answered 500', { status: 500, targetDown: true })
const lost = failed('in doubt', 'no answer', { targetDown: true })
const login = failed('hold', 'wrong token', { status: 401 })
const limit = failed('hold', 'too fast', { status: 429 })
const refused = failed('dead', 'no such room', { status: 404 })
const maintenance = failed('retry', 'it answered 503', { status: 503, targetDown: true, retryAfterMs: 3_600_000 })

type Series = Pick<Outcome, 'failures' | 'inDoubtSince' | 'failingSince' | 'firstFailedAt' | 'lastFailedAt'>
const FRESH: Series = {
  failures: 0,
  inDoubtSince: null,
  failingSince: null,
  firstFailedAt: null,
  lastFailedAt: null,
}

type Step = readonly [seconds: number, delivery: string, result: Result]

interface Played {
  readonly standing: Standing
  readonly ends: ReadonlyMap<string, Outcome>
}

function play(steps: readonly Step[]): Played {
  let standing = restored(null, 'ours', PACE, 0)
  const ends = new Map<string, Outcome>()
  for (const [seconds, name, found] of steps) {
    const now = seconds * 1000
    const delivery = { ...(ends.get(name) ?? FRESH), id: idOf(name), startedAt: now }
    const result = blamed(standing, delivery, found)
    standing = learn(standing, delivery, result, {
      settings: PACE.breaker,
      now,
      random: 0,
      redact: (text) => text,
    }).standing
    ends.set(
      name,
      outcome({ delivery, result, breaker: standing.breaker, dueAgainAt: null, retry: RETRY, now, random: 0.5 }),
    )
  }
  return { standing, ends }
}

const idOf = (name: string): number => name.charCodeAt(0)

/** The same delivery fails at each of these seconds. */
const fails = (name: string, seconds: readonly number[], result = down): Step[] =>
  seconds.map((at) => [at, name, result] as const)

interface History {
  readonly name: string
  readonly steps: readonly Step[]
  /** What has become of the delivery P. */
  readonly p: Partial<Omit<Outcome, 'note'>> & { readonly note?: RegExp }
  /** How many deliveries may start at this second. */
  readonly next?: readonly [seconds: number, count: number]
}

const HISTORIES: readonly History[] = [
  {
    name: 'what failed before is tried as well, right after a new one that failed as the probe',
    steps: [...fails('P', [0, 1, 2]), [3, 'A', down], [13, 'B', down]],
    p: { state: 'held' },
    next: [14, 1],
  },
  {
    name: 'if it fails too, all wait for the next probe',
    steps: [...fails('P', [0, 1, 2]), [3, 'A', down], [13, 'B', down], [14, 'P', down]],
    p: { state: 'held' },
    next: [15, 0],
  },
  {
    name: 'if it is answered, the new ones are to blame',
    steps: [...fails('A', [0, 1, 2]), [3, 'P', down], [13, 'B', down], [14, 'P', ok]],
    p: { state: 'delivered' },
    next: [15, 4],
  },
  {
    name: 'a first failure counts as long as nothing is held',
    steps: fails('P', [0]),
    p: { state: 'waiting', failures: 1 },
    next: [1, 4],
  },
  {
    name: 'alone, it is held after three, and its failures stand still',
    steps: fails('P', [0, 1, 2, 12, 72, 132]),
    p: { state: 'held', failures: 2 },
  },
  {
    name: 'another one may find out at once whether the target is down',
    steps: fails('P', [0, 1, 2]),
    p: { state: 'held' },
    next: [3, 1],
  },
  {
    name: 'if it fails too, the target is down, and all wait for the probe',
    steps: [...fails('P', [0, 1, 2]), [3, 'A', down]],
    p: { state: 'held' },
    next: [4, 0],
  },
  {
    name: 'if it is answered, all others go on',
    steps: [...fails('P', [0, 1, 2]), [3, 'A', ok]],
    p: { state: 'held', failures: 2 },
    next: [4, 4],
  },
  {
    name: 'from then on its failures are its own: they count and hold nobody',
    steps: [...fails('P', [0, 1, 2]), [3, 'A', ok], ...fails('P', [4])],
    p: { state: 'waiting', failures: 3 },
    next: [5, 4],
  },
  {
    name: 'each of them needs an answer to others since the one before',
    steps: [...fails('P', [0, 1, 2]), [3, 'A', ok], ...fails('P', [4, 5, 6, 7])],
    p: { state: 'held', failures: 5 },
    next: [8, 1],
  },
  {
    name: 'so in a busy integration it is given up after its schedule',
    steps: Array.from({ length: 12 }, (_, index): Step[] => [
      [2 * index, 'P', down],
      [2 * index + 1, 'A', ok],
    ]).flat(),
    p: { state: 'dead', word: 'dead', failures: 12 },
    next: [30, 4],
  },
  {
    name: 'a refusal is an answer as well',
    steps: [...fails('P', [0]), [1, 'A', refused], ...fails('P', [2])],
    p: { state: 'waiting', failures: 2 },
    next: [3, 4],
  },
  {
    name: 'a lost answer that repeats stays in doubt, and counts',
    steps: [...fails('P', [0, 1, 2], lost), [3, 'A', ok], ...fails('P', [4], lost)],
    p: { state: 'waiting', word: 'in doubt', failures: 3, inDoubtSince: 0 },
  },
  {
    name: 'a login that is rejected for one delivery alone is its own failure',
    steps: [
      [0, 'P', login],
      [900, 'A', ok],
      [901, 'P', login],
    ],
    p: { state: 'waiting', failures: 1 },
    next: [902, 4],
  },
  {
    name: 'a rejected login holds everybody, since others would be rejected too',
    steps: [[0, 'P', login]],
    p: { state: 'held', failures: 0 },
    next: [1, 0],
  },
  {
    name: 'a rate limit is nobody’s failure, even if others came through meanwhile',
    steps: [
      [0, 'P', limit],
      [10, 'A', ok],
      [11, 'P', limit],
    ],
    p: { state: 'held', failures: 0 },
  },
  {
    name: 'an outage that strikes all counts for none',
    steps: [
      ...['A', 'B', 'C', 'P'].map((name, index): Step => [index, name, down]),
      [20, 'P', down],
      [90, 'A', down],
      [160, 'P', down],
    ],
    p: { state: 'held', failures: 0 },
  },
  {
    name: 'an outage that begins after an answer costs each one failure at most',
    steps: [
      [0, 'P', down],
      [1, 'A', ok],
      [2, 'P', down],
      [3, 'P', down],
      [4, 'P', down],
      [5, 'P', down],
    ],
    p: { state: 'held', failures: 4 },
  },
  {
    name: 'a server error’s Retry-After of an hour is a hint: the probe comes after five minutes',
    steps: [[0, 'P', maintenance]],
    p: { state: 'held', dueAt: 300_000 },
    next: [299, 0],
  },
  {
    name: 'and then it does come',
    steps: [[0, 'P', maintenance]],
    p: { state: 'held' },
    next: [300, 1],
  },
  {
    name: 'fourteen days after its first failure a held delivery expires',
    steps: fails('P', [0, 1, 2, 336 * HOUR + 1]),
    p: { state: 'dead', word: 'expired', failures: 2, note: /^expired: held for more than 336 hours .*answered 500$/ },
  },
  {
    name: 'not before',
    steps: fails('P', [0, 1, 2, 336 * HOUR - 1]),
    p: { state: 'held' },
  },
]

t.test('whose failure it is decides what counts and who waits', async (t) => {
  for (const { name, steps, p, next } of HISTORIES) {
    const { standing, ends } = play(steps)
    t.match(ends.get('P'), p, name)
    if (next !== undefined) t.equal(maySend(standing, PACE, 0, next[0] * 1000).count, next[1], name)
  }
})

t.test('a pause does not expire, since it waits for a person', async (t) => {
  const gone = failed('pause', 'it answered 410', { status: 410 })
  t.match(play(fails('P', [0, 400 * HOUR], gone)).ends.get('P'), { state: 'held' })
})
