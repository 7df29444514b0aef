import t from 'tap'
import { DeliveryError } from '../../src/connectors/contract/delivery-error.ts'
import { allowance, answered, CLOSED, failed } from '../../src/queue/breaker.ts'
import type { Breaker } from '../../src/store/breaker.ts'

const SETTINGS = { failures: 3, probe_seconds: [10, 30], credentials_probe_seconds: 900 }
const DOWN = new DeliveryError('retry', 'refused', { targetDown: true })

/** Each failure is another delivery's, unless one is named. */
let deliveries = 0
function after(breaker: Breaker, error: DeliveryError, now: number, delivery?: number, fresh = false): Breaker {
  deliveries += 1
  return failed(breaker, { id: delivery ?? 1000 + deliveries, fresh }, error, SETTINGS, now, 0)
}

t.test(
  'failures of the target in a row open the breaker, and an answer in between starts the count anew',
  async (t) => {
    let breaker = after(after(CLOSED, DOWN, 1), DOWN, 2)
    t.equal(breaker.state, 'closed')
    breaker = after(after(answered(breaker, 3), DOWN, 4), DOWN, 5)
    t.equal(breaker.state, 'closed')
    t.strictSame(after(breaker, DOWN, 6), { state: 'open', until: 10_006, since: 6, openings: 1, reason: 'refused' })
  },
)

t.test('an error of the delivery itself shows that the target answers', async (t) => {
  const breaker = after(after(CLOSED, DOWN, 1), DOWN, 2)
  t.match(after(breaker, new DeliveryError('dead', 'no such room'), 3), { state: 'closed', failures: 0 })
})

t.test('while it is open nothing goes out, then one probe, and its success opens the way for all', async (t) => {
  const open: Breaker = { state: 'open', until: 1000, openings: 1, reason: 'down' }
  t.equal(allowance(open, 999, 0, 4), 0)
  t.equal(allowance(open, 1000, 0, 4), 1)
  t.equal(allowance(open, 1000, 1, 4), 0, 'one probe at a time')
  t.strictSame(answered(open, 1001), { state: 'closed', failures: 0, recoveredAt: 1001 })
  t.equal(allowance(answered(open, 1001), 1002, 1, 4), 3)
})

t.test('a probe that fails waits longer, up to the last step', async (t) => {
  const open: Breaker = { state: 'open', until: 1000, openings: 1, reason: 'down' }
  const second = after(open, DOWN, 1000)
  t.match(second, { openings: 2, until: 31_000 })
  t.match(after(second, DOWN, 31_000), { openings: 3, until: 61_000 })
})

t.test('a new delivery that fails as the probe gives a turn to what failed before', async (t) => {
  const open: Breaker = { state: 'open', until: 1000, openings: 1, reason: 'down' }
  const second = after(open, DOWN, 1000, 7, true)
  t.match(second, { openings: 2, until: 31_000, oldest: 'at once' })
  t.equal(allowance(second, 1001, 0, 4), 1, 'at once')
  t.equal(allowance(second, 1001, 1, 4), 0, 'one probe at a time')
  const third = after(second, DOWN, 1002, 3)
  t.strictSame(
    third,
    { state: 'open', until: 31_000, since: 1000, openings: 2, reason: 'refused' },
    'which adds no wait',
  )
  t.equal(allowance(third, 1003, 0, 4), 0, 'and then all wait for the next probe')
  t.notMatch(after(third, DOWN, 31_000, 3), { oldest: /./ }, 'which may be one that failed before, if nothing is new')
})

t.test('a target that wants to be left alone gets one probe, in turn new and old', async (t) => {
  const login = new DeliveryError('hold', 'bad token', { status: 401 })
  const open: Breaker = { state: 'open', until: 1000, openings: 1, reason: 'bad token' }
  const second = after(open, login, 1000, 7, true)
  t.match(second, { until: 901_000, oldest: 'next' })
  t.equal(allowance(second, 1001, 0, 4), 0)
  t.notMatch(after(second, login, 901_000, 8, true), { oldest: /./ })
})

t.test('those that were under way when it opened do not make it wait longer', async (t) => {
  const open: Breaker = { state: 'open', until: 1000, openings: 1, reason: 'down' }
  t.equal(after(open, DOWN, 500), open)
})

t.test('rejected credentials and a limit hold at once, for as long as each needs', async (t) => {
  t.match(after(CLOSED, new DeliveryError('hold', 'bad token', { status: 401 }), 0), { until: 900_000 })
  t.match(after(CLOSED, new DeliveryError('hold', 'limit', { status: 429, retryAfterMs: 7000 }), 0), { until: 7000 })
  t.match(after(CLOSED, new DeliveryError('hold', 'limit', { status: 429 }), 0), { until: 10_000 })
})

t.test('a target that is down and says when to come again is not asked before', async (t) => {
  const down = new DeliveryError('in doubt', 'down', { status: 503, retryAfterMs: 60_000, targetDown: true })
  t.strictSame(after(CLOSED, down, 1000), { state: 'open', until: 61_000, since: 1000, openings: 1, reason: 'down' })
})

t.test('a target that asks for no wait at all is not asked again and again', async (t) => {
  const now = new DeliveryError('hold', 'limit', { status: 429, retryAfterMs: 0 })
  let breaker = after(CLOSED, now, 0)
  t.match(breaker, { until: 1000 })
  breaker = after(breaker, now, 1000)
  t.match(breaker, { until: 3000 })
  t.match(after(CLOSED, new DeliveryError('hold', 'login', { status: 401, retryAfterMs: 0 }), 0), { until: 900_000 })
})
