import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { MAIN } from '../relay/relay-process.ts'
import { startRelay } from '../relay/running-relay.ts'
import { changed } from '../relay/tracker-says.ts'
import { startWebhookReceiver } from '../targets/webhook-receiver.ts'
import { tracker } from './command-line.ts'

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
  t.equal((await run('list', '--integration', 'nobody')).stdout, '')
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
    code: 0,
    stdout: '0 put back into the queue\n1 left alone: unknown, or still in the queue\n',
  })
  t.match((await run('list', '--state', 'pending')).stdout, /^ +1 .* pending +builds {2}forward {2}2x {2}\n$/)
  t.match(await run('replay', '--state', 'dead'), { code: 0, stdout: '0 put back into the queue\n' })
})

t.test('mistakes of the caller are told in one sentence, and nothing is done', async (t) => {
  const relay = await startRelay(t)
  await relay.post(changed(1, { story: '101', state: 'accepted' }))
  await relay.allSettled(1)
  const config = join(relay.folder, 'relay.yaml')
  const told = async (...args: string[]): Promise<string> => {
    const ran = await tracker(['deliveries', ...args, '-c', config])
    t.strictSame([ran.code, ran.stdout], [1, ''], args.join(' '))
    return ran.stderr
  }
  t.equal(
    await told('list', '--state', 'gone'),
    '"gone" is no state; there are: pending, delivering, waiting, held, delivered, skipped, dead\n',
  )
  t.equal(await told('list', '-n', 'many'), '--limit is a whole number, not "many"\n')
  t.equal(await told('show', 'one'), 'ID is a whole number, not "one"\n')
  t.equal(await told('show', '4711'), 'there is no delivery 4711\n')
  const choose = 'name deliveries by their ids, or all of a kind with --state dead or --state skipped\n'
  t.equal(await told('replay'), choose)
  t.equal(await told('replay', '--state', 'delivered'), choose)
  t.equal(await told('replay', '--integration', 'log'), choose)
  t.match(await relay.deliveries(), [{ state: 'delivered', attempts: 1 }])
})

t.test('whoever reads only the first line gets no complaint', async (t) => {
  const relay = await startRelay(t)
  for (let number = 1; number <= 300; number += 1)
    await relay.post(changed(number, { story: String(number), state: 'accepted' }))
  await relay.allSettled(300)
  const line = 'for i in 1 2 3; do "$0" "$1" deliveries -n 300 --json -c "$2" 2>&1; done | head -n 1'
  const said = execFileSync('sh', ['-c', line, process.execPath, MAIN, join(relay.folder, 'relay.yaml')])
  t.match(JSON.parse(said.toString()), { id: 300 })
})
