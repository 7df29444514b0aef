import t from 'tap'
import { METRIC_WORDS } from '../../src/gateway/metric-words.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { reportAttempt } from '../../src/queue/attempt-report.ts'
import type { Outcome, Taken } from '../../src/store/delivery.ts'

const DELIVERY: Taken = {
  id: 7,
  activityId: 3,
  key: 'dlv_7',
  projectId: '26',
  integration: 'hook',
  storyId: '109',
  effect: { kind: 'forward' },
  lanes: [],
  state: 'delivering',
  createdAt: 1000,
  replayedAt: null,
  dueAt: null,
  attempts: 2,
  failures: 1,
  inDoubtSince: null,
  failingSince: null,
  firstFailedAt: null,
  lastFailedAt: null,
  kept: null,
  targetTime: null,
  digest: null,
  settledAt: null,
  note: null,
  token: 'token',
  startedAt: 4000,
  before: { state: 'pending', dueAt: 1000 },
  occurredAt: 900,
  storyName: null,
  storyType: null,
  trace: null,
  body: null,
}
const DELIVERED: Outcome = {
  state: 'delivered',
  dueAt: null,
  failures: 1,
  inDoubtSince: null,
  failingSince: null,
  firstFailedAt: null,
  lastFailedAt: null,
  receiptId: null,
  note: 'id 7',
  word: 'delivered',
  status: null,
}

/** What an attempt that ended at 4500 wrote to the log and counted. */
async function report(outcome: Outcome, ours = true, delivery = DELIVERY): Promise<{ line: unknown; counted: string }> {
  const lines: string[] = []
  const metrics = createMetrics({ version: 'test', words: METRIC_WORDS })
  const log = createLogger('info', { write: (line: string) => lines.push(line) })
  reportAttempt(metrics, log, { delivery, outcome, endedAt: 4500, durationMs: 500, ours, traceId: null })
  return { line: JSON.parse(lines.join('')), counted: await metrics.registry.metrics() }
}

t.test('an attempt is one line of the log', async (t) => {
  const { line } = await report(DELIVERED)
  t.match(line, {
    level: 'info',
    msg: 'delivery',
    delivery: 7,
    activity: 3,
    project: '26',
    story: '109',
    kind: 'forward',
    attempt: 2,
    outcome: 'delivered',
    state: 'delivered',
    ms: 500,
    note: 'id 7',
  })
  t.notOk(Object.hasOwn(Object(line), 'again_at'), 'it is settled')
})

t.test('the level says whether somebody has to look', async (t) => {
  const cases: [Outcome['state'], Outcome['word'], number | null, string][] = [
    ['skipped', 'skipped', null, 'info'],
    ['waiting', 'retry', 9000, 'warn'],
    ['held', 'hold', 9000, 'warn'],
    ['dead', 'dead', null, 'error'],
  ]
  for (const [state, word, dueAt, level] of cases) {
    const { line } = await report({ ...DELIVERED, state, word, dueAt })
    t.match(line, { level, state, ...(dueAt === null ? {} : { again_at: '1970-01-01T00:00:09.000Z' }) }, state)
  }
})

t.test('an attempt is counted, and its time from the activity on if it was delivered', async (t) => {
  const delivered = (await report(DELIVERED)).counted
  t.match(delivered, /^relay_delivery_attempts_total\{integration="hook",outcome="delivered"\} 1$/m)
  t.match(delivered, /^relay_delivery_end_to_end_seconds_sum\{integration="hook"\} 3.5$/m)
  t.notMatch(delivered, /^relay_delivery_leases_lost_total\{integration="hook"\} 1$/m)
  const held = (await report({ ...DELIVERED, state: 'held', word: 'hold', dueAt: 9000 })).counted
  t.match(held, /^relay_delivery_attempts_total\{integration="hook",outcome="hold"\} 1$/m)
  t.notMatch(held, /^relay_delivery_end_to_end_seconds_sum\{integration="hook"\} 3.5$/m)
})

t.test('the time of a delivery that was replayed counts from the replay on', async (t) => {
  const { counted } = await report(DELIVERED, true, { ...DELIVERY, replayedAt: 4250 })
  t.match(counted, /^relay_delivery_end_to_end_seconds_sum\{integration="hook"\} 0.25$/m)
})

t.test('an attempt whose lease was lost says so', async (t) => {
  const { line, counted } = await report(DELIVERED, false)
  t.match(line, { outcome: 'delivered', state: 'not ours any more' })
  t.match(counted, /^relay_delivery_leases_lost_total\{integration="hook"\} 1$/m)
})
