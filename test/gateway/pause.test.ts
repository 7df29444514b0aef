import { join } from 'node:path'
import t from 'tap'
import { tracker } from '../commands/command-line.ts'
import { startWebhookReceiver } from '../targets/webhook-receiver.ts'
import { boardConnector, startBoard } from './board.ts'
import { eventually } from './eventually.ts'
import { type RunningRelay, startRelay } from './running-relay.ts'
import { changed } from './tracker-says.ts'
import { LONG_LEASE_MS, oneTurn } from './turns.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

const started = (number: number): string => changed(number, { story: String(100 + number), state: 'started' })

/** Another process, as the operator starts it. */
async function command(relay: RunningRelay, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await tracker([...args, '--config', join(relay.folder, 'relay.yaml')])
  if (code !== 0) throw new Error(stderr)
  return stdout
}

const isPaused = async (relay: RunningRelay, name: string): Promise<boolean> =>
  (await relay.metrics()).get(`relay_integration_paused{integration="${name}"}`) === 1

t.test('a target that is gone pauses its integration until the operator resumes it', async (t) => {
  const receiver = await startWebhookReceiver({ secret: null })
  t.teardown(() => receiver.close())
  const relay = await startRelay(t, {
    leaseMs: LONG_LEASE_MS,
    integrations: { builds: { type: 'webhook', url: receiver.url } },
  })
  receiver.standIn.fault({ status: 410 })
  await relay.post(started(1))
  await eventually(() => isPaused(relay, 'builds'), Boolean, 'it is paused')
  await relay.post(started(2))
  relay.advance(12 * 3_600_000)
  await oneTurn(relay)
  t.equal(receiver.standIn.requests.length, 1, 'however long it takes, it is left alone')
  t.match(relay.lines('integration paused until it is resumed or its settings change'), [
    { level: 'error', integration: 'builds', reason: /answered 410/ },
  ])
  t.match(await command(relay, 'integrations'), /^builds +webhook +paused +2 .*answered 410/m)
  t.equal(await command(relay, 'resume', 'builds'), 'builds is resumed; a running relay notices within seconds\n')
  const deliveries = await relay.allSettled(2)
  t.strictSame(
    deliveries.map(({ state, failures }) => [state, failures]),
    [
      ['delivered', 0],
      ['delivered', 0],
    ],
  )
  t.equal(await isPaused(relay, 'builds'), false)
})

t.test('the operator pauses an integration in a running relay: activities are taken, nothing is sent', async (t) => {
  const receiver = await startWebhookReceiver({ secret: null })
  t.teardown(() => receiver.close())
  const setup = { integrations: { builds: { type: 'webhook', url: receiver.url } } }
  const first = await startRelay(t, setup)
  t.equal(
    await command(first, 'pause', 'builds', '--reason', 'they are moving'),
    'builds is paused; a running relay notices within seconds\n',
  )
  await eventually(() => isPaused(first, 'builds'), Boolean, 'the relay has noticed')
  t.equal((await first.post(started(1))).status, 202)
  await oneTurn(first)
  t.equal(receiver.standIn.requests.length, 0)
  await first.stop()

  const changedSettings = { builds: { type: 'webhook', url: receiver.url, timeout_seconds: 9 } }
  const second = await startRelay(t, { integrations: changedSettings, folder: first.folder })
  await oneTurn(second)
  t.equal(await isPaused(second, 'builds'), true, 'it outlives a restart and a change of the settings')
  t.match(await command(second, 'integrations'), /^builds +webhook +paused +1 .*: they are moving\./m)
  t.equal(receiver.standIn.requests.length, 0)
  await command(second, 'resume', 'builds')
  await second.allSettled(1)
  t.equal(receiver.accepted.length, 1)
})

t.test('a pause by the target ends with the settings that it belongs to', async (t) => {
  const receiver = await startWebhookReceiver({ secret: null })
  t.teardown(() => receiver.close())
  const relay = await startRelay(t, {
    integrations: { builds: { type: 'webhook', url: receiver.url.replace('letmein', 'old') } },
  })
  receiver.standIn.fault({ status: 410 })
  await relay.post(started(1))
  await eventually(() => isPaused(relay, 'builds'), Boolean, 'it is paused')
  await relay.reload({ integrations: { builds: { type: 'webhook', url: receiver.url } } })
  await relay.allSettled(1)
  t.equal(receiver.accepted.length, 1)
  t.equal(await isPaused(relay, 'builds'), false)
})

t.test('resume tries a target that is held at once', async (t) => {
  const board = await startBoard(t)
  const relay = await startRelay(t, {
    connectors: [boardConnector],
    integrations: { board: { type: 'board', url: board.url } },
  })
  board.fault({ status: 401 })
  await relay.post(started(1))
  await eventually(
    () => relay.deliveries(),
    (all) => all.every(({ state }) => state === 'held'),
    'it is held, for a quarter of an hour',
  )
  // What `tracker-relay resume` writes; the command itself knows no board.
  await relay.store.saveResume('board', Date.now())
  await relay.allSettled(1)
  t.strictSame(board.told, ['101 started'])
})
