import t from 'tap'
import { startWebhookReceiver } from '../targets/webhook-receiver.ts'
import { boardConnector, startBoard } from './board.ts'
import { eventually } from './eventually.ts'
import { startRelay } from './running-relay.ts'
import { changed } from './tracker-says.ts'
import { LONG_LEASE_MS, runUntilSettled } from './turns.ts'

const STORIES = ['101', '102', '103', '104', '105', '106']
const STATES = ['unstarted', 'started', 'finished', 'delivered', 'rejected', 'started', 'finished', 'accepted']

t.test('each story keeps its order, whatever goes wrong at the target in between', async (t) => {
  const receiver = await startWebhookReceiver({ secret: null })
  t.teardown(() => receiver.close())
  const relay = await startRelay(t, {
    leaseMs: LONG_LEASE_MS,
    integrations: {
      builds: {
        type: 'webhook',
        url: receiver.url,
        concurrency: 8,
        retry: { schedule_seconds: [1, 1, 1, 1, 1, 1, 1, 1] },
        breaker: { failures: 1000 },
      },
    },
  })
  const faults = ['reset', 'lose the answer', { status: 404 }, { status: 500 }, 'garbage', 'reset mid-body'] as const
  // The first try of every second delivery fails, in each way in turn.
  const seen = new Set<string>()
  let nth = 0
  for (const fault of faults)
    receiver.standIn.fault(fault, {
      times: 4,
      where({ headers }) {
        const id = headers['webhook-id'] ?? ''
        if (seen.has(id)) return false
        nth += 1
        if (nth % 2 === 0) return false
        seen.add(id)
        return true
      },
    })
  let number = 0
  for (const state of STATES)
    for (const story of STORIES) {
      number += 1
      await relay.post(changed(number, { story, state }))
    }
  const deliveries = await runUntilSettled(relay, STORIES.length * STATES.length)
  t.ok(deliveries.every(({ state }) => state === 'delivered'))
  t.equal(seen.size, 24, 'every fault was met')
  t.equal(new Set(receiver.accepted.map(({ id }) => id)).size, deliveries.length)
  const told = receiver.accepted.map(({ body }) => {
    const [story] = (JSON.parse(body) as { data: { stories: { id: string; fields: { currentState: string } }[] } }).data
      .stories
    return story
  })
  for (const story of STORIES)
    t.strictSame(
      told.filter((each) => each?.id === story).map((each) => each?.fields.currentState),
      STATES,
      `story ${story}`,
    )
})

t.test('a delivery that waits for its next try holds up its own story alone', async (t) => {
  const board = await startBoard(t)
  const relay = await startRelay(t, {
    leaseMs: LONG_LEASE_MS,
    connectors: [boardConnector],
    integrations: {
      board: { type: 'board', url: board.url, coalesce_states: false, retry: { schedule_seconds: [600] } },
    },
  })
  board.fault({ status: 425 }, { where: ({ body }) => body.includes('"101"') })
  await relay.post(changed(1, { story: '101', state: 'started' }))
  await relay.post(changed(2, { story: '101', state: 'finished' }))
  await relay.post(changed(3, { story: '102', state: 'started' }))
  await relay.post(changed(4, { story: '102', state: 'finished' }))
  await eventually(
    () => relay.deliveries(),
    (found) => found.filter(({ state }) => state === 'delivered').length === 2,
    'the other story is told',
  )
  t.strictSame(board.told, ['102 started', '102 finished'])
  t.strictSame(
    (await relay.deliveries()).map(({ storyId, state }) => `${storyId} ${state}`),
    ['101 waiting', '101 pending', '102 delivered', '102 delivered'],
  )
  relay.advance(600_000)
  await relay.allSettled(4)
  t.strictSame(board.told.slice(2), ['101 started', '101 finished'])
})

t.test('a delivery that died lets the next one of its story go on', async (t) => {
  const board = await startBoard(t)
  const relay = await startRelay(t, {
    connectors: [boardConnector],
    integrations: { board: { type: 'board', url: board.url } },
  })
  board.fault({ status: 422 })
  await relay.post(changed(1, { story: '101', state: 'started' }))
  await relay.post(changed(2, { story: '101', state: 'finished' }))
  const [first, second] = await relay.allSettled(2)
  t.match(first, { state: 'dead', note: 'the board answered 422', attempts: 1 })
  t.match(second, { state: 'delivered', note: 'shows finished' })
})
