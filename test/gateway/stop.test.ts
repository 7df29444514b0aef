import t from 'tap'
import { eventually } from './eventually.ts'
import { type RelayProcess, startRelayProcess } from './relay-process.ts'
import { ask, freshFolder, rowsOf, SECRET, writeConfig } from './running-relay.ts'
import { type SlowReceiver, startSlowReceiver } from './slow-receiver.ts'
import { changed, PROJECT } from './tracker-says.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

const STOPPING = 'stopping: nothing new is taken, running deliveries may finish'

interface Scene {
  readonly receiver: SlowReceiver
  readonly folder: string
  readonly config: string
  readonly relay: RelayProcess
  readonly release: () => void
}

/** A relay with one delivery under way whose target does not answer yet, and two that wait behind it. */
async function busyRelay(
  t: { teardown(work: () => Promise<void> | void): void },
  stop_timeout_seconds: number,
): Promise<Scene> {
  const receiver = await startSlowReceiver(t)
  const folder = freshFolder(t)
  const config = writeConfig(folder, {
    server: { stop_timeout_seconds },
    integrations: { builds: { type: 'webhook', url: receiver.url, concurrency: 1, timeout_seconds: 300 } },
  })
  const relay = await startRelayProcess(t, config)
  const release = receiver.holdAnswers()
  for (const number of [1, 2, 3]) {
    const body = changed(number, { story: String(100 + number), state: 'started' })
    await ask(`${relay.url}/hooks/${PROJECT}/${SECRET}`, { method: 'POST', body })
  }
  await eventually(
    () => receiver.requests.length,
    (count) => count === 1,
    'a delivery is under way',
  )
  return { receiver, folder, config, relay, release }
}

async function isStopping(relay: RelayProcess): Promise<void> {
  await eventually(
    () => relay.lines(STOPPING).length,
    (count) => count === 1,
    'it has heard the signal',
  )
}

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  t.test(`${signal} lets what runs finish, takes nothing new, and the next start goes on`, async (t) => {
    const { receiver, folder, config, relay, release } = await busyRelay(t, 600)
    relay.signal(signal)
    await isStopping(relay)
    await t.rejects(ask(`${relay.url}/healthz`, {}), 'it does not listen any more')
    release()
    t.equal(await relay.ended, 0)
    t.match(relay.lines().at(-1), { msg: 'stopped' })
    t.equal(receiver.requests.length, 1)
    t.strictSame(
      (await rowsOf(folder, 'deliveries')).map(({ state }) => state),
      ['delivered', 'pending', 'pending'],
    )
    await startRelayProcess(t, config)
    await eventually(
      () => receiver.answered.length,
      (count) => count === 3,
      'the others are delivered',
    )
    t.equal(new Set(receiver.answered).size, 3)
  })

t.test('what does not finish in time is cut off, and delivered by the next start', async (t) => {
  const { receiver, config, relay, release } = await busyRelay(t, 1)
  relay.signal('SIGTERM')
  t.equal(await relay.ended, 0)
  t.match(relay.lines('running deliveries were cut off at the time limit; they are in doubt'), [
    { level: 'warn', seconds: 1 },
  ])
  release()
  const first = receiver.requests[0]?.headers['webhook-id']
  await startRelayProcess(t, config)
  await eventually(
    () => receiver.answered.filter((id) => id === first).length,
    (count) => count >= 1 && new Set(receiver.answered).size === 3,
    'all three are delivered, the cut off one under the same id',
  )
})

t.test('a second signal ends it at once', async (t) => {
  const { receiver, folder, relay } = await busyRelay(t, 600)
  relay.signal('SIGTERM')
  await isStopping(relay)
  relay.signal('SIGTERM')
  t.equal(await relay.ended, 1)
  t.match(relay.lines().at(-1), { level: 'warn', msg: 'stopped at once; running deliveries are in doubt' })
  t.equal(receiver.answered.length, 0)
  t.strictSame(
    (await rowsOf(folder, 'deliveries')).map(({ state }) => state),
    ['delivering', 'pending', 'pending'],
  )
})
