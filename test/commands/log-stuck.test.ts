import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { eventually } from '../gateway/eventually.ts'
import { MAIN } from '../gateway/relay-process.ts'
import { ask, freshFolder, SECRET, seriesOf, writeConfig } from '../gateway/running-relay.ts'
import { PROJECT } from '../gateway/tracker-says.ts'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

interface Silent {
  readonly url: string
  readonly config: string
  readonly folder: string
}

/** A relay whose log nobody needs to read: its address is known beforehand. */
async function silentRelay(t: Test): Promise<Silent> {
  const folder = freshFolder(t)
  const port = await freePort()
  const config = writeConfig(folder, { server: { port, rate_limit: { enabled: false } } })
  return { url: `http://127.0.0.1:${port}`, config, folder }
}

function running(t: Test, child: ChildProcess): Promise<number | NodeJS.Signals> {
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return ended
}

/** Asks until the relay answers, and returns the status. */
async function serves(url: string): Promise<void> {
  await eventually(
    () => ask(`${url}/readyz`, {}).catch(() => ({ status: 0 })),
    ({ status }) => status === 200,
    'the relay is ready',
  )
}

let activity = 0

async function post(url: string): Promise<number> {
  activity += 1
  const body = `<activity><id>${activity}</id><version>1</version><event_type>note_create</event_type>
    <occurred_at type="datetime">2026/11/28 01:00:00 UTC</occurred_at><author>Kirk</author>
    <project_id>${PROJECT}</project_id><description>more power</description></activity>`
  return (await ask(`${url}/hooks/${PROJECT}/${SECRET}`, { method: 'POST', body })).status
}

async function droppedLines(url: string): Promise<number> {
  return seriesOf((await ask(`${url}/metrics`, {})).text).get('relay_log_lines_dropped_total') ?? Number.NaN
}

/** Makes log lines until the relay drops some. */
async function untilDropping(url: string): Promise<void> {
  for (let round = 0; (await droppedLines(url)) === 0; round += 1) {
    if (round === 100) throw new Error('no line was dropped')
    await Promise.all(Array.from({ length: 100 }, () => ask(`${url}/healthz`, {})))
  }
}

t.test('a relay whose log is on a full disk starts, serves, and ends when it is told to', async (t) => {
  const { url, config } = await silentRelay(t)
  const command = [process.execPath, MAIN, 'start', '-c', config]
  const child = spawn('sh', ['-c', 'exec "$@" >/dev/full 2>/dev/full', 'sh', ...command])
  const ended = running(t, child)
  await serves(url)
  t.equal(await post(url), 202)
  child.kill('SIGHUP')
  await untilDropping(url)
  t.equal(await post(url), 202)
  child.kill('SIGTERM')
  t.equal(await ended, 0)
})

t.test('a log reader that stops reading costs log lines, which are counted and told of when it reads on', async (t) => {
  const { url, config } = await silentRelay(t)
  const child = spawn(process.execPath, [MAIN, 'start', '-c', config], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = running(t, child)
  child.stdout.pause()
  await serves(url)
  await untilDropping(url)
  t.equal(await post(url), 202)
  t.equal((await ask(`${url}/readyz`, {})).status, 200)
  const dropped = await droppedLines(url)
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  child.stdout.resume()
  await eventually(
    () => text,
    (found) => found.includes('log lines were dropped'),
    'the relay tells of it',
  )
  child.kill('SIGTERM')
  t.equal(await ended, 0)
  const lines = text.split('\n').filter((line) => line.startsWith('{'))
  const told = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg.startsWith('log lines were dropped'))
  t.match(told, [{ level: 'warn', code: 'EAGAIN' }])
  t.ok(told[0].dropped >= dropped, 'with the number of lines')
})

t.test('a relay whose log reader is gone serves on', async (t) => {
  const { url, config } = await silentRelay(t)
  const child = spawn(process.execPath, [MAIN, 'start', '-c', config], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = running(t, child)
  await serves(url)
  child.stdout.destroy()
  child.stderr.destroy()
  for (let times = 0; times < 3; times += 1) t.equal(await post(url), 202)
  child.kill('SIGTERM')
  t.equal(await ended, 0)
})

const TERMINAL = ['--quiet', '--log-out', '/dev/null', '--command']
const hasTerminal = spawnSync('script', [...TERMINAL, 'true'], { stdio: 'ignore' }).status === 0

/** A relay on a terminal, whose keyboard is the child's standard input; its process and its end are told by files. */
async function onTerminal(t: Test, { url, config, folder }: Silent) {
  const script = `trap '' HUP; '${process.execPath}' '${MAIN}' start -c '${config}' & echo $! > pid; wait $!; echo $? > status`
  const child = spawn('script', [...TERMINAL, script], { cwd: folder, stdio: ['pipe', 'ignore', 'ignore'] })
  void running(t, child)
  await serves(url)
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
  t.teardown(() => {
    if (!existsSync(join(folder, 'status'))) process.kill(pid, 'SIGKILL')
  })
  const status = (): Promise<string> =>
    eventually(
      () => (existsSync(join(folder, 'status')) ? readFileSync(join(folder, 'status'), 'utf8') : ''),
      (text) => text.endsWith('\n'),
      'the relay has ended',
    )
  return { child, pid, status }
}

const skip = !hasTerminal && 'there is no util-linux to make one'

t.test('a relay serves on when its terminal is closed, and ends without a crash', { skip }, async (t) => {
  const relay = await silentRelay(t)
  const { child, pid, status } = await onTerminal(t, relay)
  child.kill('SIGKILL')
  await once(child, 'exit')
  for (let times = 0; times < 3; times += 1) t.equal(await post(relay.url), 202)
  process.kill(pid, 'SIGTERM')
  t.equal(await status(), '0\n')
})

t.test('a terminal that is stopped neither stops the relay nor holds up its end', { skip }, async (t) => {
  const relay = await silentRelay(t)
  const { child, pid, status } = await onTerminal(t, relay)
  child.stdin?.write('\u0013')
  await untilDropping(relay.url)
  t.equal(await post(relay.url), 202)
  process.kill(pid, 'SIGTERM')
  t.equal(await status(), '0\n')
})

t.test('a command whose output cannot be written says so and fails, and its errors may get lost', async (t) => {
  const { config } = await silentRelay(t)
  t.equal((await tracker(['migrate', '-c', config])).code, 0)
  const run = (to: string, ...args: string[]) => {
    const child = spawn('sh', ['-c', `exec "$@" ${to}`, 'sh', process.execPath, MAIN, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    return once(child, 'close').then(([code]) => ({ code, stderr }))
  }
  const full = await run('>/dev/full', 'integrations', '-c', config)
  t.equal(full.code, 1)
  t.match(full.stderr, /^standard output cannot be written: ENOSPC[^\n]*\n$/)
  t.equal((await run('2>/dev/full', 'integrations', '-c', config)).code, 0)
  t.equal((await run('2>/dev/full', 'deliveries', 'show', '1', '-c', config)).code, 1)
})
