import { execFileSync, spawn } from 'node:child_process'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'
import { MAIN, startRelayProcess } from '../gateway/relay-process.ts'
import { freshFolder, writeConfig } from '../gateway/running-relay.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

const HEALTH = fileURLToPath(new URL('health.js', pathToFileURL(MAIN)))

interface Checked {
  readonly code: number | null
  readonly stderr: string
}

/** Asks as the container does, in a process of its own. */
async function health(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Checked> {
  const { RELAY_CONFIG: _, ...inherited } = process.env
  const child = spawn(process.execPath, [HEALTH, ...args], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, stderr }
}

interface Test {
  teardown(work: () => Promise<void> | void): void
}

/** A server in the relay's place. @returns its port */
async function inPlace(t: Test, answer: RequestListener, host = '127.0.0.1'): Promise<number> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** One that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

t.test('a relay that runs is healthy, at whatever port its config names, and no more when it has ended', async (t) => {
  const folder = freshFolder(t)
  const free = await freePort()
  const config = writeConfig(folder, { server: { port: free } })
  const relay = await startRelayProcess(t, config)
  t.strictSame(await health([config]), { code: 0, stderr: '' })
  t.strictSame(await health([], { RELAY_CONFIG: config, PORT: '1' }), { code: 0, stderr: '' })
  relay.signal('SIGTERM')
  t.equal(await relay.ended, 0)
  const { code, stderr } = await health([config])
  t.equal(code, 1)
  t.match(stderr, `connect ECONNREFUSED 127.0.0.1:${free}`)
})

t.test('an address that stands for all is asked at this machine', async (t) => {
  const asked: unknown[] = []
  const port = await inPlace(t, ({ method, url }, response) => {
    asked.push([method, url])
    response.end('{"status":"ok"}')
  })
  const config = writeConfig(freshFolder(t), { server: { host: '0.0.0.0', port } })
  t.strictSame(await health([config]), { code: 0, stderr: '' })
  t.strictSame(asked, [['GET', '/healthz']])
})

t.test('another answer, and none, are not healthy', async (t) => {
  const folder = freshFolder(t)
  const refusing = await inPlace(t, (_, response) => void response.writeHead(503).end())
  t.strictSame(await health([writeConfig(folder, { server: { port: refusing } })]), {
    code: 1,
    stderr: '/healthz answered 503\n',
  })
  const silent = await inPlace(t, () => {})
  const { code, stderr } = await health([writeConfig(folder, { server: { port: silent } })])
  t.equal(code, 1)
  t.match(stderr, /aborted/)
})

t.test('a config that does not tell where to ask is not healthy, and says so', async (t) => {
  const folder = freshFolder(t)
  const any = await health([writeConfig(folder, { server: { port: 0 } })])
  t.equal(any.code, 1)
  t.match(any.stderr, 'server.port is 0')
  const none = await health([join(folder, 'none.yaml')])
  t.equal(none.code, 1)
  t.match(none.stderr, 'ENOENT')
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  t.match(await health([pipe]), { code: 1, stderr: `${pipe} is a named pipe, not a regular file\n` })
})
