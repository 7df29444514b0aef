import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { eventually } from '../gateway/eventually.ts'
import { MAIN, startRelayProcess } from '../gateway/relay-process.ts'
import { ask, freshFolder, SECRET, writeConfig } from '../gateway/running-relay.ts'
import { PROJECT } from '../gateway/tracker-says.ts'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

t.test('start says what is in its way: a port that is taken, a database that is none, a named pipe', async (t) => {
  const folder = freshFolder(t)
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void taken.close())
  const { port } = taken.address() as { port: number }
  const busy = await tracker(['start', '-c', writeConfig(folder, { server: { port } })])
  t.equal(busy.code, 1)
  t.match(busy.stderr, `cannot listen on 127.0.0.1:${port}: listen EADDRINUSE`)
  t.notMatch(busy.stderr, /\n\s+at /)

  const databaseFile = join(folder, 'no database')
  writeFileSync(
    databaseFile,
    'this is a letter to my aunt, not a database at all; it is long enough to be read as one'.repeat(20),
  )
  const config = writeConfig(folder, { databaseFile })
  for (const args of [['start'], ['deliveries'], ['migrate']]) {
    const ran = await tracker([...args, '-c', config])
    t.equal(ran.code, 1, args.join(' '))
    t.match(ran.stderr, /^the database cannot be used: SQLITE_NOTADB[^\n]*\n$/m)
    t.notMatch(ran.stderr, /\n\s+at /)
  }

  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const onPipe = await tracker(['start', '-c', writeConfig(folder, { databaseFile: pipe })])
  t.match(onPipe, { code: 1, stderr: `the database ${pipe} is not a regular file\n` })
  const inPipe = await tracker(['start', '-c', pipe])
  t.match(inPipe, { code: 1, stderr: `${pipe}: the file is a named pipe, not a regular file\n` })
})

interface Test {
  teardown(work: () => Promise<void> | void): void
}

/** Starts the relay by a command, posts the example activity, types ^C; returns all that was on standard output. */
async function dayOf(t: Test, command: string, args: readonly string[], env: object = {}): Promise<string> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const waitFor = (what: RegExp): Promise<RegExpExecArray | null> =>
    eventually(
      () => what.exec(text),
      (found) => found !== null,
      `${what} is printed`,
    )
  await waitFor(/relay started/)
  const url = /listens on (http:\S+)|"address":"(http:[^"]+)"/
    .exec(text)
    ?.slice(1)
    .find((found) => found !== undefined)
  const body = readFileSync('config/example-activity.xml')
  const { status } = await ask(`${url}/hooks/${PROJECT}/${SECRET}`, { method: 'POST', body })
  if (status !== 202) throw new Error(`the hook answered ${status}`)
  await waitFor(/James Kirk accepted/)
  if (command === process.execPath) child.kill('SIGINT')
  else child.stdin.write('\u0003')
  await ended
  return text
}

function configWith(folder: string, log: object, server: object = {}): string {
  const path = writeConfig(folder, { server })
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), log }))
  return path
}

const SENTENCE = 'James Kirk accepted "More power to shields" https://www.pivotaltracker.com/story/show/109'
const READABLE = new RegExp(
  `^\\d\\d:\\d\\d:\\d\\d INFO: ${SENTENCE.replaceAll('.', '\\.')} integration=log key=dlv_`,
  'm',
)

t.test('an IPv6 address may be written in brackets', { skip: !hasIpv6() && 'this machine has no IPv6' }, async (t) => {
  const relay = await startRelayProcess(t, writeConfig(freshFolder(t), { server: { host: '[::1]' } }))
  t.match(relay.url, /^http:\/\/\[::1\]:\d+$/)
  t.equal((await fetch(`${relay.url}/healthz`)).status, 200)
})

t.test('a relay that listens on every address tells those at which this machine reaches it', async (t) => {
  for (const [host, reached] of [['0.0.0.0', '127.0.0.1'], ...(hasIpv6() ? [['::', '[::1]']] : [])] as const) {
    const config = (format: string) => configWith(freshFolder(t), { format }, { host })
    const json = await dayOf(t, process.execPath, [MAIN, 'start', '-c', config('json')])
    const lines = json
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const told = lines.flatMap(({ hooks = [], api = [] }) => [hooks, api].flat() as string[])
    const pretty = await dayOf(t, process.execPath, [MAIN, 'start', '-c', config('pretty')])
    const addresses = [...told, ...[...pretty.matchAll(/^ {2}\S.*?: +(http\S+)$/gm)].map(([, one]) => one)]
    t.ok(addresses.length >= 6, addresses.join(' '))
    for (const address of addresses) t.match(address, `http://${reached}:`)
  }
})

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'))
}

t.test('elsewhere than on a terminal the log is JSON, unless the config wants it pretty', async (t) => {
  const folder = freshFolder(t)
  const json = await dayOf(t, process.execPath, [MAIN, 'start', '-c', configWith(folder, {})])
  const lines = json
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.match(
    lines.find(({ msg }) => msg === 'relay started'),
    { address: /^http:/, hooks: [new RegExp(`/hooks/${PROJECT}/<secret>$`)], imports: [] },
    'nothing but JSON is on standard output',
  )
  t.match(
    lines.find(({ msg }) => msg === SENTENCE),
    { integration: 'log', key: /^dlv_/, storyId: '109', what: 'accepted' },
  )
  const other = freshFolder(t)
  const pretty = await dayOf(t, process.execPath, [MAIN, 'start', '-c', configWith(other, { format: 'pretty' })])
  t.match(pretty, READABLE)
  t.notMatch(pretty, '\u001b', 'no colours in a file or pipe')
  t.match(pretty, / INFO: stopped\n$/, 'nothing is lost at the end')
})

const TERMINAL = ['--quiet', '--return', '--log-out', '/dev/null', '--command']
const hasTerminal = spawnSync('script', [...TERMINAL, 'true'], { stdio: 'ignore' }).status === 0

t.test('on a terminal it is pretty', { skip: !hasTerminal && 'there is no util-linux to make one' }, async (t) => {
  const words = [process.execPath, MAIN, 'start', '-c']
  const command = (config: string): string => [...words, config].map((word) => `'${word}'`).join(' ')
  const plain = await dayOf(t, 'script', [...TERMINAL, `exec ${command(configWith(freshFolder(t), {}))}`], {
    NO_COLOR: '1',
    TERM: 'xterm',
  })
  t.match(plain, READABLE)
  t.notMatch(plain, '\u001b')
  t.match(plain, / INFO: stopped\r\n$/, 'nothing is lost at the end')
  const json = await dayOf(t, 'script', [
    ...TERMINAL,
    `exec ${command(configWith(freshFolder(t), { format: 'json' }))}`,
  ])
  t.match(json, `"msg":${JSON.stringify(SENTENCE)}`)
})
