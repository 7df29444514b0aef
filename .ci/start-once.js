// Starts the relay by the command that is given, posts the example activity, waits for its delivery and stops the relay.
// usage: node .ci/start-once.js COMMAND... ; exits non-zero when any of it went wrong.
// HEALTHCHECK may hold a command, as a JSON array, that has to end with 0 while the relay runs.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const LIMIT_MS = 180_000
const EXAMPLE = readFileSync(fileURLToPath(new URL('../config/example-activity.xml', import.meta.url)))

const [command, ...args] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'relay-start-'))
const port = String(await freePort())
const env = {
  ...process.env,
  PORT: port,
  RELAY_DATABASE_FILE: join(folder, 'relay.db'),
  RELAY_SECRET: 'of-this-check-alone',
}
// A group of its own, so that it can be interrupted as a terminal does it: the command and all that it started.
const relay = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'inherit'], env })
const ended = new Promise((resolve) => {
  relay.on('exit', (code, signal) => resolve(`ended with ${code ?? signal}`))
  relay.on('error', (error) => resolve(error.message))
})
let output = ''
relay.stdout.on('data', (chunk) => {
  output += chunk
})
process.on('exit', () => {
  try {
    process.kill(-relay.pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
  rmSync(folder, { recursive: true, force: true })
})
setTimeout(() => fail(`it took more than ${LIMIT_MS / 1000} seconds`), LIMIT_MS)

const hook = await until('it listened', () => /"hooks":\["([^"]+)"/.exec(output)?.[1])
const base = `http://127.0.0.1:${port}`
const health = await fetch(`${base}/healthz`)
if (health.status !== 200) fail(`/healthz answered ${health.status}`)
const { pathname } = new URL(hook.replace('<secret>', env.RELAY_SECRET))
const posted = await fetch(`${base}${pathname}`, { method: 'POST', body: EXAMPLE })
const answer = await posted.text()
if (posted.status !== 202 || JSON.parse(answer).deliveries !== 1) fail(`the hook answered ${posted.status} ${answer}`)
const delivered = /relay_deliveries\{integration="log",state="delivered"\} 1\n/
await until('the activity was delivered', async () => delivered.test(await (await fetch(`${base}/metrics`)).text()))
if (process.env.HEALTHCHECK !== undefined) {
  const [checker, ...words] = JSON.parse(process.env.HEALTHCHECK)
  const { status } = spawnSync(checker, words, { env, stdio: 'inherit' })
  if (status !== 0) fail(`the health check ended with ${status}`)
}
process.kill(-relay.pid, 'SIGINT')
await ended
if (!output.includes('"msg":"stopped"')) fail('it did not stop in good order')
console.log(`${[command, ...args].join(' ')}: started, took the example, delivered it, stopped`)
process.exit(0)

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

function fail(why) {
  console.error(`${why}\n${output}`)
  process.exit(1)
}

async function until(what, look) {
  for (;;) {
    const found = await look()
    if (found) return found
    const pause = new Promise((resolve) => setTimeout(resolve, 50, null))
    const end = await Promise.race([ended, pause])
    if (end !== null) fail(`${end} before ${what}`)
  }
}
