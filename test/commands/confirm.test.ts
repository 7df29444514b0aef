import { join } from 'node:path'
import t from 'tap'
import { openStore } from '../../src/store/store.ts'
import { startRelay } from '../gateway/running-relay.ts'
import { changed } from '../gateway/tracker-says.ts'
import { startWebhookReceiver } from '../targets/webhook-receiver.ts'
import { tracker } from './command-line.ts'
import { hasTerminal, onTerminal } from './pseudo-terminal.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

/** The config of a relay that was stopped with dead deliveries. */
async function stoppedWithDead(t: Parameters<typeof startRelay>[0], count: number): Promise<string> {
  const receiver = await startWebhookReceiver({ secret: null, token: 'letmein' })
  t.teardown(() => receiver.close())
  receiver.standIn.down({ status: 404, body: 'no hook here' })
  const relay = await startRelay(t, {
    integrations: { builds: { type: 'webhook', url: receiver.url, retry: { schedule_seconds: [1] } } },
  })
  for (let number = 1; number <= count; number += 1)
    await relay.post(changed(number, { story: String(number), state: 'accepted', author: 'Nyota Uhura' }))
  await relay.allSettled(count)
  await relay.stop()
  return join(relay.folder, 'relay.yaml')
}

async function statesIn(config: string): Promise<string[]> {
  const store = openStore({ client: 'sqlite', file: join(config, '..', 'relay.db') })
  const found = await store.deliveries({ limit: 100 })
  await store.close()
  return found.map(({ state }) => state)
}

t.test('on a terminal, many deliveries are counted, asked about, and put back though no relay runs', async (t) => {
  if (!hasTerminal) return t.comment('this machine gives no terminal to commands')
  const config = await stoppedWithDead(t, 3)
  const replay = ['replay', '--integration', 'builds', '-c', config]
  const refused = await onTerminal(replay, 'n\n')
  t.match(refused, /^INTEGRATION {2}STATE {2}DELIVERIES$/m)
  t.match(refused, /^builds +dead +3$/m)
  t.match(refused, /Put 3 deliveries back into the queue\? \[y\/N\]/)
  t.match(refused, /nothing was done/)
  // Control and D: the input ends.
  t.match(await onTerminal(replay, '\u0004'), /nothing was done/)
  t.strictSame(await statesIn(config), ['dead', 'dead', 'dead'])
  t.match(await onTerminal(replay, 'y\n'), /3 put back into the queue/)
  t.strictSame(await statesIn(config), ['pending', 'pending', 'pending'])
  t.match(
    await onTerminal(['erase', '--person', 'Nyota Uhura', '-c', config], '\n'),
    /Erase all of this\?[\s\S]*nothing was erased/,
  )
  t.equal((await statesIn(config)).length, 3)
})

t.test('a replay that is not waited for is a job, which a relay or a later command goes on with', async (t) => {
  const config = await stoppedWithDead(t, 2)
  const run = (...args: string[]) => tracker([...args, '-c', config])
  const begun = await run('replay', '--state', 'dead', '--no-wait')
  t.match(begun, {
    code: 0,
    stdout: 'replay 1 of 2 deliveries has begun; "tracker-relay replays show 1" tells how far it is\n',
  })
  t.strictSame(await statesIn(config), ['dead', 'dead'])
  t.match(await run('replays', 'show', '1'), { code: 0, stdout: /^state +running$/m })
  t.match(await run('replays', 'cancel', '1'), { code: 0, stdout: /^replay 1 is cancelled; the 0 / })
  t.match(await run('replay', '--state', 'dead', '--per-second', '0'), {
    code: 2,
    stderr: /^--per-second must be >= 1/,
  })
  t.match(await run('replay', '1', '2'), { code: 0, stdout: '2 put back into the queue\n' })
  t.strictSame(await statesIn(config), ['pending', 'pending'])
})
