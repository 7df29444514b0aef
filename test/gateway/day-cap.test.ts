import t from 'tap'
import { boardConnector, startBoard } from './board.ts'
import { eventually } from './eventually.ts'
import { freshFolder, type RunningRelay, startRelay } from './running-relay.ts'
import { changed } from './tracker-says.ts'
import { LONG_LEASE_MS, oneTurn } from './turns.ts'

const DAY_MS = 86_400_000
const started = (number: number): string => changed(number, { story: String(100 + number), state: 'started' })

/** Noon of tomorrow: so that no test runs into a midnight. */
const toNoon = (): number => DAY_MS - (Date.now() % DAY_MS) + DAY_MS / 2

async function delivered(relay: RunningRelay, count: number): Promise<void> {
  await eventually(
    () => relay.deliveries(),
    (all) => all.filter(({ state }) => state === 'delivered').length === count,
    `${count} delivered`,
  )
}

t.test(
  'no more is sent in a day than max_per_day allows, also after a restart; the rest follows the next day',
  async (t) => {
    const board = await startBoard(t)
    const folder = freshFolder(t)
    const setup = {
      folder,
      leaseMs: LONG_LEASE_MS,
      connectors: [boardConnector],
      integrations: { board: { type: 'board', url: board.url, concurrency: 2, max_per_day: 3 } },
    }
    const first = await startRelay(t, setup)
    first.advance(toNoon())
    await first.post(started(1))
    await first.post(started(2))
    await delivered(first, 2)
    await first.stop()

    const relay = await startRelay(t, setup)
    relay.advance(toNoon())
    for (let number = 3; number <= 6; number += 1) await relay.post(started(number))
    await delivered(relay, 3)
    await eventually(
      () => relay.lines('max_per_day is reached; sending continues on the next day'),
      (lines) => lines.length === 1,
      'the cap is told',
    )
    await oneTurn(relay)
    t.equal(board.told.length, 3)
    relay.advance(DAY_MS)
    await delivered(relay, 6)
    t.equal(board.told.length, 6)
    const days = relay.lines('max_per_day is reached; sending continues on the next day').map(({ until }) => until)
    t.equal(new Set(days).size, days.length, 'logged once a day, not with every look')
  },
)

t.test('what a target refuses does not count against the day', async (t) => {
  const board = await startBoard(t)
  const relay = await startRelay(t, {
    leaseMs: LONG_LEASE_MS,
    connectors: [boardConnector],
    integrations: { board: { type: 'board', url: board.url, max_per_day: 1 } },
  })
  relay.advance(toNoon())
  board.down({ status: 400 })
  await relay.post(started(1))
  await relay.allSettled(1)
  board.down(null)
  await relay.post(started(2))
  const all = await relay.allSettled(2)
  t.strictSame(
    all.map(({ state }) => state),
    ['dead', 'delivered'],
  )
})
