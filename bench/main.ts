import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { load } from './load.ts'

/**
 * `npm run bench`: side by side in one run, so that only the ratios matter: bare Fastify that reads the same body, the
 * real hook (authenticated, parsed, deduplicated, committed with fsync), and deliveries all the way to a target.
 * Servers run in processes of their own. BENCH_ACTIVITIES and BENCH_ROUNDS change the size.
 */

const ACTIVITIES = Number(process.env.BENCH_ACTIVITIES ?? 10_000)
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5)
const CONNECTIONS = 64

/** As long as a real one: a state change with a comment, about 1 KB. */
function body(number: number): Buffer {
  const story = 1_000_000 + (number % 500)
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<activity>
  <id type="integer">${number}</id>
  <version type="integer">${number}</version>
  <event_type>story_update</event_type>
  <occurred_at type="datetime">2009/12/14 14:12:09 PST</occurred_at>
  <author>James Kirk</author>
  <project_id type="integer">26</project_id>
  <description>James Kirk accepted &quot;More power to shields&quot;</description>
  <stories type="array">
    <story>
      <id type="integer">${story}</id>
      <url>https://www.pivotaltracker.com/services/v3/projects/26/stories/${story}</url>
      <accepted_at type="datetime">2009/12/14 22:12:09 UTC</accepted_at>
      <current_state>accepted</current_state>
      <notes type="array">
        <note>
          <id type="integer">${number}</id>
          <text>The new couplings hold at warp six, and the chief engineer has signed the log for this watch.</text>
        </note>
      </notes>
    </story>
  </stories>
</activity>`)
}

async function serve(file: string, args: readonly string[]): Promise<{ child: ChildProcess; origin: string }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [first] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, origin: new URL(first.toString().trim()).origin }
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  await once(child, 'exit')
}

function bodies(round: number): Buffer[] {
  return Array.from({ length: ACTIVITIES }, (_, index) => body(round * ACTIVITIES + index + 1))
}

async function bare(round: number): Promise<number> {
  const { child, origin } = await serve('bare-server.js', [])
  try {
    await load(origin, '/hooks/26/bench-secret', CONNECTIONS, bodies(round).slice(0, 2000))
    return (await load(origin, '/hooks/26/bench-secret', CONNECTIONS, bodies(round))).perSecond
  } finally {
    await stop(child)
  }
}

/** @param integrations the YAML of the integrations, and `names` those that the project uses */
async function relay<T>(
  integrations: string,
  names: readonly string[],
  work: (origin: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'relay-bench-'))
  const path = join(folder, 'relay.yaml')
  writeFileSync(
    path,
    `server: { port: 0, rate_limit: { enabled: false } }
database: { file: ${JSON.stringify(join(folder, 'relay.db'))} }
projects:
  - { id: "26", secret: bench-secret, integrations: [${names.join(', ')}] }
integrations:
${integrations}`,
  )
  const { child, origin } = await serve('relay-server.js', [path])
  try {
    return await work(origin)
  } finally {
    await stop(child)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The hook with a delivery planned and stored for each activity, to an integration that is paused by its rate. */
function hook(round: number): Promise<number> {
  const integrations = '  hook: { type: webhook, url: "http://127.0.0.1:9/", max_per_minute: 1 }\n'
  return relay(integrations, ['hook'], async (origin) => {
    await load(origin, '/hooks/26/bench-secret', CONNECTIONS, bodies(round + ROUNDS).slice(0, 2000))
    const { perSecond, statuses } = await load(origin, '/hooks/26/bench-secret', CONNECTIONS, bodies(round))
    if (statuses[202] !== ACTIVITIES) throw new Error(`not all were accepted: ${JSON.stringify(statuses)}`)
    return perSecond
  })
}

/** From the hook to the target: the time from the first post until the target has got them all. */
async function deliveries(round: number): Promise<number> {
  let received = 0
  let finished: () => void = () => {}
  const all = new Promise<void>((resolve) => {
    finished = resolve
  })
  const target = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      response.writeHead(204).end()
      received += 1
      if (received === ACTIVITIES) finished()
    })
  })
  target.listen(0, '127.0.0.1')
  await once(target, 'listening')
  const { port } = target.address() as AddressInfo
  const integrations = `  hook: { type: webhook, url: "http://127.0.0.1:${port}/", secret: "a secret of more than 24 bytes", concurrency: 16 }\n`
  try {
    return await relay(integrations, ['hook'], async (origin) => {
      const began = performance.now()
      await load(origin, '/hooks/26/bench-secret', CONNECTIONS, bodies(round))
      await all
      return ACTIVITIES / ((performance.now() - began) / 1000)
    })
  } finally {
    target.closeAllConnections()
    target.close()
  }
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

const results = { bare: [] as number[], hook: [] as number[], deliveries: [] as number[] }
for (let round = 0; round < ROUNDS; round += 1) {
  results.bare.push(await bare(round))
  results.hook.push(await hook(round))
  results.deliveries.push(await deliveries(round))
}
/** Of what ran right after one another, since a machine that is shared is faster in one minute than in the next. */
const ratio = (numbers: readonly number[]): number =>
  median(numbers.map((each, round) => each / (results.bare[round] ?? 0)))
const line = (name: string, numbers: readonly number[]): string =>
  `${name.padEnd(44)} ${median(numbers).toFixed(0).padStart(8)}/s   ${ratio(numbers).toFixed(2)}   (${numbers.map((each) => each.toFixed(0)).join(', ')})`
process.stdout.write(
  `${[
    `${ACTIVITIES} activities of ${body(1).length} bytes, ${CONNECTIONS} connections, median of ${ROUNDS} rounds; ratio to bare Fastify of the same round`,
    line('bare Fastify, body read, nothing done', results.bare),
    line('hook: authenticated, parsed, committed', results.hook),
    line('hook to target: delivered and settled', results.deliveries),
  ].join('\n')}\n`,
)
