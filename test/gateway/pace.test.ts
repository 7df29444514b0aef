import t from 'tap'
import { boardConnector, startBoard } from './board.ts'
import { eventually } from './eventually.ts'
import { startRelay } from './running-relay.ts'
import { changed } from './tracker-says.ts'
import { LONG_LEASE_MS, oneTurn } from './turns.ts'

const started = (number: number): string => changed(number, { story: String(100 + number), state: 'started' })

t.test('a target that hangs slows no other integration', async (t) => {
  const slow = await startBoard(t)
  const quick = await startBoard(t)
  slow.down('hang')
  const relay = await startRelay(t, {
    server: { stop_timeout_seconds: 0 },
    connectors: [boardConnector],
    integrations: {
      slow: { type: 'board', url: slow.url, concurrency: 2, timeout_seconds: 300 },
      quick: { type: 'board', url: quick.url },
    },
  })
  for (let number = 1; number <= 20; number += 1) await relay.post(started(number))
  await eventually(
    () => quick.told.length,
    (count) => count === 20,
    'the quick one has been told everything',
  )
  const deliveries = await relay.deliveries()
  t.equal(deliveries.filter(({ integration, state }) => integration === 'slow' && state === 'delivering').length, 2)
  t.equal(slow.requests.length, 2)
  t.equal(slow.told.length, 0)
})

t.test('no more deliveries are under way at once than concurrency allows, and as many as that', async (t) => {
  const board = await startBoard(t)
  const release = board.holdAnswers()
  const relay = await startRelay(t, {
    connectors: [boardConnector],
    integrations: { board: { type: 'board', url: board.url, concurrency: 3 } },
  })
  for (let number = 1; number <= 12; number += 1) await relay.post(started(number))
  await eventually(
    () => board.requests.length,
    (count) => count === 3,
    'three are under way',
  )
  await oneTurn(relay)
  t.equal(board.requests.length, 3)
  release()
  await relay.allSettled(12)
  t.equal(board.busiest(), 3)
})

t.test('max_per_minute is kept: a burst at first, then evenly', async (t) => {
  const board = await startBoard(t)
  const relay = await startRelay(t, {
    leaseMs: LONG_LEASE_MS,
    connectors: [boardConnector],
    integrations: { board: { type: 'board', url: board.url, max_per_minute: 1 } },
  })
  for (let number = 1; number <= 3; number += 1) await relay.post(started(number))
  for (const count of [1, 2, 3]) {
    await eventually(
      () => board.told.length,
      (told) => told === count,
      `${count} are told`,
    )
    await oneTurn(relay)
    t.equal(board.requests.length, count)
    relay.advance(60_000)
  }
  await relay.allSettled(3)
})
