import { spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'
import { eventually } from '../gateway/eventually.ts'
import { MAIN, startRelayProcess } from '../gateway/relay-process.ts'
import { freshFolder, SECRET, startRelay, writeConfig } from '../gateway/running-relay.ts'
import { changed, PROJECT } from '../gateway/tracker-says.ts'
import { type Ran, tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

const HEALTH = fileURLToPath(new URL('health.js', pathToFileURL(MAIN)))

t.test('a relay listens on a unix socket, for its user and group, and commands find it there', async (t) => {
  const folder = freshFolder(t)
  const socket = join(folder, 'relay.sock')
  const server = { socket, trust_proxy: ['loopback'] }
  const relay = await startRelay(t, { folder, server })
  const config = join(folder, 'relay.yaml')
  t.equal(relay.url, `unix:${socket}`)
  t.equal(statSync(socket).mode & 0o777, 0o660)

  const file = join(folder, 'activity.xml')
  writeFileSync(file, changed(1, { story: '109', state: 'started' }))
  t.match(await tracker(['send', file, '-c', config]), { code: 0, stdout: 'stored as activity 1, 1 delivery\n' })
  const answered = await ask(socket, 'POST', `/hooks/${PROJECT}/wrong-secret`, { 'x-forwarded-for': '203.0.113.7' })
  t.equal(answered, 404)
  t.match(relay.output(), '203.0.113.7', 'the proxy at the other end may tell the address of the sender')
  t.equal(await health(config), 0)

  const hooks = await tracker(['hooks', '-c', config])
  t.match(hooks, { code: 1, stdout: '', stderr: /server\.socket has no address of its own; set server\.public_url/ })
  const named = writeConfig(freshFolder(t), { server: { socket, public_url: 'https://relay.example.com' } })
  t.match(await tracker(['hooks', '-c', named]), {
    code: 0,
    stdout: `PROJECT  WEB HOOK\n${PROJECT}       https://relay.example.com/hooks/${PROJECT}/${SECRET}\n`,
  })
  await relay.stop()
  t.notOk(existsSync(socket))
  t.equal(await health(config), 1)
  t.match(await tracker(['send', file, '-c', config]), { code: 1, stderr: /^no relay answers at .*relay\.sock: / })
})

t.test('the socket of a relay that was killed is taken over, that of one that runs is not', async (t) => {
  const folder = freshFolder(t)
  const socket = join(folder, 'relay.sock')
  const config = writeConfig(folder, { server: { socket } })
  const first = await startRelayProcess(t, config)
  const second: Ran = await tracker(['start', '-c', config])
  t.match(second, { code: 1, stderr: /cannot listen on .*relay\.sock: another process listens there/ })
  first.signal('SIGKILL')
  await first.ended
  t.ok(existsSync(socket), 'a killed relay leaves its socket')
  const third = await startRelayProcess(t, config)
  t.match(third.lines('relay started'), [
    { address: `unix:${socket}`, hooks: [`http://localhost/hooks/${PROJECT}/<secret>`] },
  ])
  const told = await eventually(
    () => third.lines('admin API; the config names no token, so the one in this file is valid'),
    (lines) => lines.length > 0,
    'the line after the one that says that it has started',
  )
  t.match(told, [{ api: 'http://localhost/api/v1' }])
  const token = readFileSync(join(folder, 'admin-token'), 'utf8').trim()
  const asked = { host: 'localhost', authorization: `Bearer ${token}` }
  t.equal(await ask(socket, 'GET', '/api/v1/integrations', asked), 200, 'the admin API is there too')
  third.signal('SIGTERM')
  t.equal(await third.ended, 0)
  writeFileSync(socket, 'a file')
  t.match(await tracker(['start', '-c', config]), { code: 1, stderr: /relay\.sock: what is there is not a socket/ })
})

t.test('the path of a socket is absolute, and not longer than a system takes', async (t) => {
  const folder = freshFolder(t)
  for (const socket of ['run/relay.sock', `/${'x'.repeat(110)}.sock`, '/run/'])
    t.match(
      await tracker(['check', '--offline', '-c', writeConfig(folder, { server: { socket } })]),
      { code: 1, stderr: /server\.socket must be/ },
      socket,
    )
})

function ask(socketPath: string, method: string, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path, method, headers, agent: false }, (response) =>
      resolve(response.resume().statusCode ?? 0),
    )
      .on('error', reject)
      .end(method === 'POST' ? 'x' : undefined)
  })
}

async function health(config: string): Promise<number | null> {
  const child = spawn(process.execPath, [HEALTH, config], { stdio: 'ignore' })
  return await new Promise((resolve) => child.once('close', resolve))
}
