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
  t.equal(lines.length, 5)
  const expected = [
    '^ID  CREATED +STATE +INTEGRATION +WHAT +STORY +TRIES +NOTE$',
    `^ 4  ${time}  delivered  log +accepted +#102 +1  logged: Spock accepted .*$`,
    `^ 3  ${time}  delivered  builds +forward +- +1  answered 202, id dlv_\\w+$`,
    `^ 2  ${time}  delivered  log +accepted +#101 +1  logged: James Kirk accepted .*$`,
    `^ 1  ${time}  dead +builds +forward +- +2  given up after 2 failures; .*answered 404$`,
  ]
  expected.forEach((pattern, index) => {
    t.match(lines[index], new RegExp(pattern))
  })
  t.equal((await run('list')).stdout, listed.stdout)
  const idsOf = async (...args: string[]): Promise<string[]> =>
    (await run('list', ...args)).stdout
      .split('\n')
      .slice(1, -1)
      .map((line) => line.trim().split(' ')[0] ?? '')
  t.strictSame(await idsOf('--state', 'dead'), ['1'])
  t.strictSame(await idsOf('--integration', 'log'), ['4', '2'])
  t.strictSame(await idsOf('--story', '#102'), ['4', '3'])
  t.strictSame(await idsOf('--kind', 'forward', '--to', '0s'), ['3', '1'])
  t.strictSame(await idsOf('--from', '2026-01-01', '--text', 'Spock'), ['4', '3'])
  t.strictSame(await idsOf('--from', '2001-01-01T00:00', '--to', '2001-01-02'), [])
  t.strictSame(await idsOf('-n', '1'), ['4'])
  const [json] = (await run('list', '--json', '-n', '1')).stdout.split('\n')
  t.match(JSON.parse(json ?? ''), { id: 4, integration: 'log', state: 'delivered', attempts: 1, story: '102' })

  const shown = await run('show', '1', '--json')
  t.equal(shown.code, 0)
  t.match(JSON.parse(shown.stdout), {
    ...{ id: 1, state: 'dead', project: '26', integration: 'builds', effect: { kind: 'forward' } },
    attempts_made: [
      { number: 1, outcome: 'retry', status: 404, exchanges: [{ method: 'POST', status: 404 }] },
      { number: 2, outcome: 'dead', status: 404, exchanges: [{ method: 'POST', status: 404 }] },
    ],
  })
  const told = await run('show', '1')
  t.match(told.stdout, /^delivery +1\nstate +dead\nnote +given up after 2 failures/)
  t.match(told.stdout, /^attempt 2 +dead, .*\n +POST http.*: 404 \(\d+ ms\)$/m)
  t.notMatch(shown.stdout + told.stdout + listed.stdout, token)
  t.notMatch(shown.stdout + told.stdout + listed.stdout, '\u001b')

  t.match(await run('replay', '1'), { code: 0, stdout: '1 put back into the queue\n', stderr: '' })
  t.match(await run('replay', '1', '4711'), {
    code: 1,
    stdout: '0 put back into the queue\n',
    stderr: 'delivery 1 is pending: it is still in the queue\ndelivery 4711 does not exist\n',
  })
  t.strictSame(await idsOf('--state', 'pending'), ['1'])
  t.match(await run('replay', '--state', 'dead'), { code: 0, stdout: '0 put back into the queue\n' })
  const none = await run('replay', '--state', 'dead', '--json')
  t.match(JSON.parse(none.stdout), { total: 0, replay: null }, 'a program is told, too')
})
