import { join } from 'node:path'
import t, { type Test } from 'tap'
import { withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { freshPostgres } from '../store/postgres.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../targets/webhook-receiver.ts'
import { eventually } from './eventually.ts'
import { freshFolder, type RunningRelay, startRelay } from './running-relay.ts'
import { changed } from './tracker-says.ts'
import { LONG_LEASE_MS, oneTurn } from './turns.ts'

// On a machine that is busy with other things.
t.setTimeout(300_000)

const started = (number: number): string => changed(number, { story: String(100 + number), state: 'started' })

/** The settings of a database that two relays use. */
type Shared = (t: Test) => Promise<object>

async function twoRelays(t: Test, shared: Shared, settings: object) {
  const receiver = await startWebhookReceiver({ secret: null })
  t.teardown(() => receiver.close())
  const database = await shared(t)
  const setup = {
    database,
    leaseMs: LONG_LEASE_MS,
    rhythm: { noticeMs: 100, lookMs: 100 },
    integrations: { builds: { type: 'webhook', url: receiver.url, ...settings } },
  }
  const relays = [await startRelay(t, setup), await startRelay(t, setup)] as const
  return { receiver, relays }
}

const breakerOf = (relay: RunningRelay) => relay.relay.workers()[0]?.standing().breaker

async function bothTurn(relays: readonly RunningRelay[]): Promise<void> {
  for (const relay of relays) await oneTurn(relay)
}

const requests = ({ standIn }: WebhookReceiver): number => standIn.requests.length

function testSharedState(t: Test, shared: Shared): void {
  t.test('what one relay finds out about a target holds the other one too, until either finds it back', async (t) => {
    const settings = { concurrency: 1, breaker: { failures: 1, probe_seconds: [3600] } }
    const { receiver, relays } = await twoRelays(t, shared, settings)
    const [one, other] = relays
    // Not about the one delivery, which would let others try.
    receiver.standIn.fault({ status: 429 })
    await one.post(started(1))
    await eventually(
      () => relays.map(breakerOf),
      (all) => all.every((each) => each?.state === 'open'),
      'both hold it',
    )
    const before = requests(receiver)
    await other.post(started(2))
    await bothTurn(relays)
    t.equal(requests(receiver), before, 'nobody sends')
    t.equal(relays.flatMap((each) => each.lines('integration held')).length, 1)
    t.match(
      relays.flatMap((each) => each.lines('integration held, as another instance has found')),
      [{ level: 'warn', reason: /429/ }],
    )
    await other.store.saveResume('builds', Date.now())
    await one.allSettled(2)
    await eventually(
      () => relays.map(breakerOf),
      (all) => all.every((each) => each?.state === 'closed'),
      'both know it',
    )
  })

  t.test('a target that is gone pauses its integration at both relays, and nobody asks it again', async (t) => {
    const { receiver, relays } = await twoRelays(t, shared, { concurrency: 1 })
    const [one, other] = relays
    receiver.standIn.down({ status: 410 })
    await one.post(started(1))
    const reasons = () => relays.map(({ relay }) => relay.workers()[0]?.standing().pausedReason ?? null)
    await eventually(reasons, (all) => all.every((each) => each !== null), 'both are paused')
    // The other one may have taken it before it knew.
    await eventually(
      () => one.store.counts(),
      (all) => all.every(({ state, count }) => state !== 'delivering' || count === 0),
      'nothing is under way',
    )
    const before = requests(receiver)
    await other.post(started(2))
    await bothTurn(relays)
    t.equal(requests(receiver), before)
    receiver.standIn.down(null)
    await one.store.saveResume('builds', Date.now())
    await one.allSettled(2)
    t.strictSame(await eventually(reasons, (all) => all.every((each) => each === null), 'both are resumed'), [
      null,
      null,
    ])
  })

  t.test('two relays together send no more in a minute than max_per_minute allows', async (t) => {
    const { receiver, relays } = await twoRelays(t, shared, { concurrency: 2, max_per_minute: 2 })
    const [one, other] = relays
    for (const number of [1, 3, 5]) await one.post(started(number))
    for (const number of [2, 4, 6]) await other.post(started(number))
    await eventually(
      () => requests(receiver),
      (count) => count >= 2,
      'what is allowed is sent',
    )
    await bothTurn(relays)
    t.equal(requests(receiver), 2)
  })
}

/** Where all is checked that can be checked, a server that is missing is a failure. */
const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

t.test('on one SQLite file', async (t) => testSharedState(t, async (t) => ({ file: join(freshFolder(t), 'relay.db') })))
t.test('on PostgreSQL', { skip }, async (t) =>
  testSharedState(t, async (t) => ({ client: 'postgres', url: await freshPostgres(t) })),
)
