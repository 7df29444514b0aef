import t, { type Test } from 'tap'
import { createClockWatch } from '../../src/gateway/clock-watch.ts'
import { boardConnector, startBoard } from './board.ts'
import { eventually } from './eventually.ts'
import { startRelay } from './running-relay.ts'
import { changed } from './tracker-says.ts'
import { LONG_LEASE_MS, oneTurn } from './turns.ts'

const HOUR_MS = 3_600_000

const started = (number: number): string => changed(number, { story: String(100 + number), state: 'started' })

async function relayWithBoard(t: Test, settings: object) {
  const board = await startBoard(t)
  const relay = await startRelay(t, {
    leaseMs: LONG_LEASE_MS,
    connectors: [boardConnector],
    integrations: { board: { type: 'board', url: board.url, ...settings } },
  })
  const inState = (wanted: string) =>
    eventually(relay.deliveries, (all) => all.some(({ state }) => state === wanted), `one is ${wanted}`)
  return { board, relay, inState }
}

t.test('a target that is held is probed after the same time, although the clock was set back an hour', async (t) => {
  const { board, relay, inState } = await relayWithBoard(t, { breaker: { failures: 1, probe_seconds: [60] } })
  board.down('reset')
  await relay.post(started(1))
  await inState('held')
  await relay.setClockBack(HOUR_MS)
  board.down(null)
  await oneTurn(relay)
  t.equal(board.told.length, 0, 'not before its time')
  relay.advance(66_000)
  await relay.allSettled(1)
  t.equal(board.told.length, 1)
})

t.test('a retry comes after the same time', async (t) => {
  const retry = { schedule_seconds: [60], jitter: 0 }
  const { board, relay, inState } = await relayWithBoard(t, { retry, breaker: { failures: 100 } })
  board.down({ status: 503 })
  await relay.post(started(1))
  await inState('waiting')
  await relay.setClockBack(HOUR_MS)
  board.down(null)
  await oneTurn(relay)
  t.equal(board.told.length, 0, 'not before its time')
  relay.advance(60_000)
  await relay.allSettled(1)
  t.equal(board.told.length, 1)
})

t.test('max_per_minute lets as many through as before', async (t) => {
  const { board, relay } = await relayWithBoard(t, { max_per_minute: 1 })
  await relay.post(started(1))
  await relay.allSettled(1)
  await relay.setClockBack(HOUR_MS)
  await relay.post(started(2))
  await oneTurn(relay)
  t.equal(board.told.length, 1)
  relay.advance(60_000)
  await relay.allSettled(2)
  t.equal(board.told.length, 2)
})

t.test('what is set back little by little, or forward, is left alone', async (t) => {
  const clock = { wall: 0, steady: 0 }
  const noticed: number[] = []
  const look = createClockWatch({
    now: () => clock.wall,
    steady: () => clock.steady,
    setBack: async (ms) => void noticed.push(ms),
  })
  const pass = async (wallMs: number): Promise<void> => {
    clock.steady += 1000
    clock.wall += wallMs
    await look()
  }
  await pass(1000)
  await pass(500)
  await pass(HOUR_MS)
  t.strictSame(noticed, [])
  await pass(-4000)
  t.strictSame(noticed, [5000])
  await pass(1000)
  t.strictSame(noticed, [5000], 'and once')
})
