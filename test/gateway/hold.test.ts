import t from 'tap'
import { startStandIn } from '../../src/stand-ins/stand-in.ts'
import { boardConnector, startBoard } from './board.ts'
import { eventually } from './eventually.ts'
import { type RunningRelay, startRelay } from './running-relay.ts'
import { changed } from './tracker-says.ts'
import { LONG_LEASE_MS, oneTurn } from './turns.ts'

const started = (number: number): string => changed(number, { story: String(100 + number), state: 'started' })

const isOpen = async (relay: RunningRelay): Promise<boolean> =>
  (await relay.metrics()).get('relay_breaker_state{integration="board",state="open"}') === 1

t.test('a target that is down is held: seen by everybody, probed by one, and nothing is used up or lost', async (t) => {
  const board = await startBoard(t)
  const relay = await startRelay(t, {
    leaseMs: LONG_LEASE_MS,
    connectors: [boardConnector],
    integrations: {
      board: {
        type: 'board',
        url: board.url,
        concurrency: 4,
        retry: { schedule_seconds: [1] },
        breaker: { failures: 2, probe_seconds: [60, 600] },
      },
    },
  })
  board.down('reset')
  for (let number = 1; number <= 6; number += 1) await relay.post(started(number))
  await eventually(() => isOpen(relay), Boolean, 'the breaker is open')
  await eventually(
    () => relay.deliveries(),
    (all) => all.every(({ state }) => state !== 'delivering'),
    'all that were under way have come back',
  )
  await oneTurn(relay)
  const before = board.requests.length
  t.ok(before <= 4, 'no more than were under way together')
  t.match(relay.lines('integration held'), [{ level: 'warn', integration: 'board', reason: /./, probe_at: /T/ }])
  const [state] = await relay.store.integrationStates()
  t.match(state, { integration: 'board', breaker: { state: 'open', openings: 1 } })

  await oneTurn(relay)
  t.equal(board.requests.length, before, 'it is left alone')
  // Two were never tried: as long as there are such, a probe is one of them, and right after it one that failed before.
  const probes = [
    { wait: 60_000 * 1.05, most: 2 },
    { wait: 600_000 * 1.05, most: 2 },
    { wait: 600_000 * 1.05, most: 1 },
  ]
  for (const { wait, most } of probes) {
    const count = board.requests.length
    relay.advance(wait - 10_000)
    await oneTurn(relay)
    t.equal(board.requests.length, count, 'not before its time')
    relay.advance(10_000)
    await eventually(
      () => board.requests.length,
      (now) => now === count + most,
      'a probe',
    )
    await eventually(
      () => relay.deliveries(),
      (all) => all.every(({ state }) => state !== 'delivering'),
      'it has come back',
    )
    await oneTurn(relay)
    t.equal(board.requests.length, count + most, 'and no more')
    t.equal(await isOpen(relay), true)
  }
  board.down(null)
  relay.advance(600_000 * 1.05)
  const deliveries = await relay.allSettled(6)
  t.ok(deliveries.every(({ state, failures }) => state === 'delivered' && failures <= 1))
  t.equal(board.told.length, 6, 'each once')
  t.equal(
    await eventually(
      () => isOpen(relay),
      (open) => !open,
      'the breaker is closed',
    ),
    false,
  )
  const recovered = (): number => relay.lines('integration recovered').length
  t.equal(await eventually(recovered, (count) => count > 0, 'the log tells of it'), 1)
  t.match(await relay.store.integrationStates(), [{ breaker: { state: 'closed' } }])
})

t.test('while a probe is under way nothing else is sent', async (t) => {
  const board = await startBoard(t)
  const relay = await startRelay(t, {
    server: { stop_timeout_seconds: 0 },
    leaseMs: LONG_LEASE_MS,
    connectors: [boardConnector],
    integrations: { board: { type: 'board', url: board.url, timeout_seconds: 300, breaker: { failures: 1 } } },
  })
  const asked = (count: number, what: string): Promise<number> =>
    eventually(
      () => board.requests.length,
      (seen) => seen === count,
      what,
    )
  board.down('reset')
  await relay.post(started(1))
  await eventually(() => isOpen(relay), Boolean, 'the breaker is open')
  await relay.post(started(2))
  await asked(2, 'a second one finds out at once whether it was only the first')
  for (const number of [3, 4, 5]) await relay.post(started(number))
  await oneTurn(relay)
  t.equal(board.requests.length, 2, 'the target is down')
  board.down(null)
  const release = board.holdAnswers()
  relay.advance(10_000 * 1.05)
  await asked(3, 'a probe')
  await oneTurn(relay)
  t.equal(board.requests.length, 3)
  release()
  await relay.allSettled(5)
})

t.test('a breaker that is open stays open over a restart, unless the settings have changed', async (t) => {
  const board = await startBoard(t)
  board.down('reset')
  const setup = {
    leaseMs: LONG_LEASE_MS,
    connectors: [boardConnector],
    integrations: { board: { type: 'board', url: board.url, breaker: { failures: 1, probe_seconds: [3600] } } },
  }
  const first = await startRelay(t, setup)
  await first.post(started(1))
  await eventually(() => isOpen(first), Boolean, 'the breaker is open')
  await first.stop()
  board.down(null)
  const asked = board.requests.length
  const second = await startRelay(t, { ...setup, folder: first.folder })
  await oneTurn(second)
  t.equal(await isOpen(second), true)
  t.equal(board.requests.length, asked)
  const mended = { board: { type: 'board', url: `${board.url}/`.replace(/\/$/, ''), timeout_seconds: 14 } }
  await second.reload({ ...setup, integrations: mended })
  t.equal(await isOpen(second), false, 'other settings may work at once')
  await second.allSettled(1)
})

t.test('Retry-After is honoured: of a whole target by holding it, of one delivery by waiting', async (t) => {
  for (const answer of [
    { status: 429, headers: { 'retry-after': '120' } },
    { status: 503, headers: { 'retry-after': '120' } },
    { status: 425, headers: { 'retry-after': '120' } },
  ]) {
    const board = await startBoard(t)
    const relay = await startRelay(t, {
      leaseMs: LONG_LEASE_MS,
      connectors: [boardConnector],
      integrations: {
        board: {
          type: 'board',
          url: board.url,
          retry: { schedule_seconds: [1] },
          breaker: { probe_seconds: [1], credentials_probe_seconds: 1 },
        },
      },
    })
    board.fault(answer)
    await relay.post(started(1))
    await eventually(
      () => relay.deliveries(),
      (all) => all.every(({ state }) => state === 'held' || state === 'waiting'),
      'it waits',
    )
    relay.advance(100_000)
    await oneTurn(relay)
    t.equal(board.requests.length, 1, `${answer.status}: not before its time`)
    relay.advance(26_100)
    const [delivery] = await relay.allSettled(1)
    t.match(delivery, { state: 'delivered', attempts: 2, failures: answer.status === 425 ? 1 : 0 })
  }
})

t.test('rejected credentials hold the integration for long, and new settings end that at once', async (t) => {
  const board = await startBoard(t)
  const relay = await startRelay(t, {
    leaseMs: LONG_LEASE_MS,
    connectors: [boardConnector],
    integrations: { board: { type: 'board', url: board.url, retry: { schedule_seconds: [1] } } },
  })
  board.down({ status: 401 })
  await relay.post(started(1))
  await relay.post(started(2))
  await eventually(() => isOpen(relay), Boolean, 'the breaker is open')
  await eventually(
    () => relay.deliveries(),
    (all) => all.every(({ state }) => state !== 'delivering'),
    'all have come back',
  )
  const asked = board.requests.length
  relay.advance(890_000)
  await oneTurn(relay)
  t.equal(board.requests.length, asked, 'an account is not locked by our tries')
  board.down(null)
  await relay.reload({
    connectors: [boardConnector],
    integrations: { board: { type: 'board', url: board.url, retry: { schedule_seconds: [2] } } },
  })
  const deliveries = await relay.allSettled(2)
  t.strictSame(
    deliveries.map(({ state, failures }) => [state, failures]),
    [
      ['delivered', 0],
      ['delivered', 0],
    ],
  )
})

t.test('what a target would take does not wait until all that it fails was tried as a probe', async (t) => {
  const told: string[] = []
  const target = await startStandIn(({ body }) => {
    const { story } = JSON.parse(body.toString()) as { story: string }
    if (story !== '199') return { status: 500 }
    told.push(story)
    return { status: 204 }
  })
  t.teardown(() => target.close())
  const relay = await startRelay(t, {
    leaseMs: LONG_LEASE_MS,
    connectors: [boardConnector],
    integrations: {
      board: {
        type: 'board',
        url: target.url,
        retry: { schedule_seconds: [60] },
        breaker: { failures: 2, probe_seconds: [600] },
      },
    },
  })
  for (let number = 1; number <= 20; number += 1) await relay.post(started(number))
  await eventually(() => isOpen(relay), Boolean, 'the breaker is open')
  await relay.post(started(99))
  for (let probes = 0; probes < 2; probes += 1) {
    await eventually(
      () => relay.deliveries(),
      (all) => all.every(({ state }) => state !== 'delivering'),
      'it has come back',
    )
    relay.advance(600_000 * 1.11)
    await oneTurn(relay)
  }
  await eventually(
    () => told.length,
    (count) => count > 0,
    'the good one is delivered by the second probe',
  )
  t.ok(target.requests.length < 15, `only ${target.requests.length} were tried before`)
})
