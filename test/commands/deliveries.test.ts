import { join } from 'node:path'
import t from 'tap'
import { startRelay } from '../gateway/running-relay.ts'
import { changed } from '../gateway/tracker-says.ts'
import { startWebhookReceiver } from '../targets/webhook-receiver.ts'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

t.test('deliveries are listed, chosen and shown, and settled ones put back', async (t) => {
  const token = 'token-1701-that-nobody-may-see'
  const receiver = await startWebhookReceiver({ secret: null, token })
  t.teardown(() => receiver.close())
  const relay = await startRelay(t, {
    integrations: {
      builds: { type: 'webhook', url: receiver.url, retry: { schedule_seconds: [1] } },
      log: { type: 'log' },
    },
  })
  receiver.standIn.down({ status: 404, body: `no hook here \u001b[31m ${token}` })
  await relay.post(changed(1, { story: '101', state: 'accepted' }))
  await relay.allSettled(2)
  receiver.standIn.down(null)
  await relay.post(changed(2, { story: '102', state: 'accepted', author: 'Spock' }))
  await relay.allSettled(4)
  await relay.stop()
  const config = join(relay.folder, 'relay.yaml')
  const run = async (...args: string[]): ReturnType<typeof tracker> =>
    await tracker(['deliveries', ...args, '-c', config])

  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
  const listed = await run()
  t.equal(listed.code, 0, listed.stderr)
  const lines = listed.stdout.trimEnd().split('\n')
  t.equal(lines.length, 4)
  const expected = [
    `^      4  ${time}  delivered  log  accepted #102  1x  logged$`,
    `^      3  ${time}  delivered  builds  forward  1x  answered 202, id dlv_\\w+$`,
    `^      2  ${time}  delivered  log  accepted #101  1x  logged$`,
    `^      1  ${time}  dead       builds  forward  2x  given up after 2 failures; .*answered 404$`,
  ]
  expected.forEach((pattern, index) => {
    t.match(lines[index], new RegExp(pattern))
  })
  t.equal((await run('list')).stdout, listed.stdout)
  t.equal((await run('list', '--state', 'dead')).stdout, `${lines[3]}\n`)
  t.equal((await run('list', '--integration', 'log')).stdout, `${lines[0]}\n${lines[2]}\n`)
  t.equal((await run('list', '--story', '102')).stdout, `${lines[0]}\n`)
  t.equal((await run('list', '-n', '1')).stdout, `${lines[0]}\n`)
  const [json] = (await run('list', '--json', '-n', '1')).stdout.split('\n')
  t.match(JSON.parse(json ?? ''), { id: 4, integration: 'log', state: 'delivered', attempts: 1, storyId: '102' })

  const shown = await run('show', '1')
  t.equal(shown.code, 0)
  t.match(JSON.parse(shown.stdout), {
    delivery: { id: 1, state: 'dead', projectId: '26', integration: 'builds', effect: { kind: 'forward' } },
    attempts: [
      { number: 1, outcome: 'retry', status: 404, exchanges: [{ method: 'POST', status: 404 }] },
      { number: 2, outcome: 'dead', status: 404, exchanges: [{ method: 'POST', status: 404 }] },
    ],
  })
  t.notMatch(shown.stdout + listed.stdout, token)
  t.notMatch(shown.stdout + listed.stdout, '\u001b')

  t.match(await run('replay', '1'), { code: 0, stdout: '1 put back into the queue\n' })
  t.match(await run('replay', '1'), {
    code: 1,
    stdout: '0 put back into the queue\n1 left alone: unknown, or still in the queue\n',
  })
  t.match((await run('list', '--state', 'pending')).stdout, /^ +1 .* pending +builds {2}forward {2}2x {2}\n$/)
  t.match(await run('replay', '--state', 'dead'), { code: 0, stdout: '0 put back into the queue\n' })
})
