import t from 'tap'
import { type Board, boardConnector, startBoard } from './board.ts'
import { eventually } from './eventually.ts'
import { type RunningRelay, startRelay } from './running-relay.ts'
import { changed } from './tracker-says.ts'
import { LONG_LEASE_MS } from './turns.ts'

const STATES = ['started', 'finished', 'delivered', 'accepted']

async function relayBeforeBoard(
  t: { teardown(work: () => Promise<void> | void): void },
  settings: object = {},
): Promise<{ board: Board; relay: RunningRelay }> {
  const board = await startBoard(t)
  const breaker = { failures: 1 }
  const relay = await startRelay(t, {
    leaseMs: LONG_LEASE_MS,
    connectors: [boardConnector],
    integrations: { board: { type: 'board', url: board.url, breaker, ...settings } },
  })
  return { board, relay }
}

async function postWhileDown({ board, relay }: { board: Board; relay: RunningRelay }): Promise<void> {
  board.down({ status: 503 })
  let number = 0
  for (const state of STATES) {
    number += 1
    await relay.post(changed(number, { story: '109', state }))
  }
  await relay.post(changed(10, { story: '110', state: 'started' }))
  await eventually(
    () => relay.deliveries(),
    (all) => all.some(({ state }) => state === 'held') && all.every(({ state }) => state !== 'delivering'),
    'the board is held',
  )
  board.down(null)
  relay.advance(11_000)
  await relay.allSettled(5)
}

t.test('of the states that waited while the target was down only the last is carried on', async (t) => {
  const { board, relay } = await relayBeforeBoard(t)
  await postWhileDown({ board, relay })
  t.strictSame([...board.told].sort(), ['109 accepted', '110 started'])
  t.strictSame(
    (await relay.deliveries()).map(({ state, note }) => `${state}: ${note}`),
    [
      ...Array<string>(3).fill('skipped: superseded: a later state of the story was waiting already'),
      'delivered: shows accepted',
      'delivered: shows started',
    ],
  )
})

t.test('with coalesce_states off each of them is carried on, in order', async (t) => {
  const { board, relay } = await relayBeforeBoard(t, { coalesce_states: false })
  await postWhileDown({ board, relay })
  t.strictSame(
    board.told.filter((each) => each.startsWith('109')),
    STATES.map((state) => `109 ${state}`),
  )
})

t.test('while the target is up no state is left out, however fast they come', async (t) => {
  const { board, relay } = await relayBeforeBoard(t)
  const release = board.holdAnswers()
  let number = 0
  for (const state of STATES) {
    number += 1
    await relay.post(changed(number, { story: '109', state }))
  }
  release()
  await relay.allSettled(STATES.length)
  t.strictSame(
    board.told,
    STATES.map((state) => `109 ${state}`),
  )
})
