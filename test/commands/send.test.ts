import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startStandIn } from '../../src/stand-ins/stand-in.ts'
import { freshFolder, SECRET, startRelay, writeConfig } from '../gateway/running-relay.ts'
import { changed, PROJECT } from '../gateway/tracker-says.ts'
import { type Ran, tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

const OTHER_SECRET = 'nyota-uhura-2266'
const OTHERS = {
  integrations: { log: { type: 'log' } },
  projects: [
    { id: '99', secret: OTHER_SECRET, integrations: ['log'] },
    { id: PROJECT, secret: SECRET, integrations: ['log'] },
  ],
}

t.test('an activity goes to the hook of its project, and the answer is told', async (t) => {
  const relay = await startRelay(t, OTHERS)
  const config = writeConfig(freshFolder(t), { ...OTHERS, server: { host: '0.0.0.0', port: relay.port } })
  const file = join(relay.folder, 'activity.xml')
  writeFileSync(file, changed(1, { story: '109', state: 'started' }))
  const send = (...args: string[]): Promise<Ran> => tracker(['send', file, '-c', config, ...args])

  t.match(await send(), { code: 0, stdout: 'stored as activity 1, 1 delivery\n', stderr: '' })
  t.match(await send(), { code: 0, stdout: 'stored before as activity 1, 1 delivery\n' })
  const json = await send('--json')
  t.strictSame(JSON.parse(json.stdout), { status: 200, id: '1', deliveries: 1, duplicate: true })
  t.match(await relay.store.storedActivity(1), { contentType: 'application/xml' })
  const hook = `${relay.url}/hooks/${PROJECT}/${SECRET}`
  const byHook = await tracker(['send', file, '--url', hook], { cwd: freshFolder(t) })
  t.match(byHook, { code: 0, stdout: /^stored before as activity 1/ }, 'the address of a hook needs no config')
  t.match(await send('--url', relay.url, '--project', '99'), {
    code: 1,
    stdout: '',
    stderr: /^not stored \(422\): .*26/,
  })
})

t.test('a list comes from standard input, and each that is refused is told', async (t) => {
  const relay = await startRelay(t, OTHERS)
  const config = join(relay.folder, 'relay.yaml')
  const activity = (number: number, project: string): string =>
    changed(number, { story: '109', state: 'started', project }).replace(/^<\?xml.*\n/, '')
  const list = `<activities type="array">${activity(2, '12')}${activity(1, PROJECT)}</activities>`
  const input = async (body: string, ...args: string[]): Promise<Ran> =>
    await tracker(['send', '-', '-c', config, '--url', relay.url, ...args], { input: body })

  const mixed = await input(list, '--project', PROJECT)
  t.match(mixed, { code: 1, stdout: '2 activities: 1 new, 0 stored before, 1 refused; 1 delivery\n' })
  t.match(mixed.stderr, /^activity 1 is refused: .*12/m)
  const whole = `<activities type="array">${activity(1, PROJECT)}${activity(3, PROJECT)}</activities>`
  t.match(await input(whole), { code: 0, stdout: '2 activities: 1 new, 1 stored before, 0 refused; 1 delivery\n' })
  t.match(await input('{"kind": "unfinished', '--project', PROJECT), { code: 1, stderr: /^not stored \(400\): / })
  t.match(await input('no activity'), {
    code: 2,
    stderr: `say with --project whose hook to send it to: 99, ${PROJECT}\n`,
  })
})

t.test('who does not answer as a relay is named, without the secret', async (t) => {
  const folder = freshFolder(t)
  const file = join(folder, 'activity.xml')
  writeFileSync(file, changed(1, { story: '109', state: 'started' }))
  const config = writeConfig(folder, {})
  const failure = async (...args: string[]): Promise<Ran> => {
    const ran = await tracker(['send', file, '-c', config, ...args])
    t.notMatch(ran.stdout + ran.stderr, SECRET)
    return ran
  }
  t.match(await failure(), { code: 1, stderr: /^server\.port is 0, .* give its address with --url$/m })
  const proxy = await startStandIn(() => ({
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: '<h1>Bad</h1>',
  }))
  t.match(await failure('--url', proxy.url), {
    code: 1,
    stderr: `${proxy.url} answered 502, and not as a relay does\n`,
  })
  await proxy.close()
  t.match(await failure('--url', proxy.url), { code: 1, stderr: /^no relay answers at http:\S+: connect ECONNREFUSED/ })
  t.match(await failure('--url', 'relay.example.com'), { code: 2, stderr: /^--url must be an http or https address/ })
  t.match(await failure('--url', `http://127.0.0.1:1/hooks/26/x`, '--project', '26'), { code: 2 })
  t.match(await failure('--project', '12'), { code: 1, stderr: /^the config has no project "12"/ })
  const relay = await startRelay(t)
  const wrong = await tracker(['send', file, '--url', `${relay.url}/hooks/${PROJECT}/wrong-secret`])
  t.match(wrong, { code: 1, stderr: 'not stored: the relay has no such project, or another secret (404)\n' })
})

t.test('what another tool sends goes to the hook of its project as the tool signs it', async (t) => {
  const signing_secret = 'analytical-engine'
  const linear = { type: 'linear', signing_secret }
  const board = {
    ...{ type: 'mapped', signing_secret, signature: { header: 'X-Board-Signature' } },
    expression:
      '$headers."x-board-event" = "hello" ? { "ignored": "ping", "detail": "the board tests the hook" } : { "occurredAt": at }',
  }
  const projects = [
    { id: 'linear', secret: SECRET, integrations: ['log'], source: linear },
    { id: 'board', secret: SECRET, integrations: ['log'], source: board },
  ]
  const relay = await startRelay(t, { integrations: { log: { type: 'log' } }, projects })
  const config = join(relay.folder, 'relay.yaml')
  const send = (file: string, ...args: string[]): Promise<Ran> =>
    tracker(['send', file, '-c', config, '--url', relay.url, ...args])
  const recorded = 'test/sources/linear/recorded/issue_remove.json'
  t.match(await send(recorded, '--project', 'linear'), { code: 0, stdout: /^stored as activity 1/ }, 'though it is old')
  const file = join(relay.folder, 'moved.json')
  writeFileSync(file, JSON.stringify({ at: '2026-11-24T12:00:00Z' }))
  t.match(await send(file, '--project', 'board'), { code: 0, stdout: /^stored as activity 2/ })
  t.match(await send(file, '--project', 'board', '--header', 'X-Board-Event: hello'), {
    code: 0,
    stdout: 'nothing is stored: the board tests the hook\n',
  })
  t.match(await send(file, '--project', 'board', '--header', 'X-Board-Signature: wrong'), {
    code: 1,
    stderr: /^not stored \(401\)/,
  })
})
