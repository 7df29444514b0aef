import pg from 'pg'
import { openCluster, withoutPostgres } from '../../test/connectors/other/postgres-cluster.ts'
import { STORIES } from '../bodies.ts'
import { type Rate, rateOf } from '../ceilings.ts'
import { end, startChild } from '../child.ts'
import { load } from '../load.ts'
import { cpuSeconds } from '../process-use.ts'
import { HOOK, NOWHERE, type RelayProcess, startRelay, webhook } from '../relay-process.ts'
import { Samples } from '../samples.ts'
import type { Bench, Section } from '../section.ts'
import { checkArrivals } from '../sink-process.ts'

const CONNECTIONS = 64
const CONCURRENCY = 16
const SLOW_MS = 50

const LOOP = 'a loop by hand, in sets'
const ROUTE = 'a route by hand, which reads nothing'
/** Each relay is a process that is cold at first. */
const WARM_UP = 0.1
const rowOf = (instances: number, delayMs: number): string =>
  `${instances} ${instances === 1 ? 'relay' : 'relays'}, answer ${delayMs === 0 ? 'at once' : `after ${delayMs} ms`}`

export const postgres: Section = {
  name: 'postgres',
  title: 'PostgreSQL, and several relays on it',
  explanation: `One PostgreSQL server on the same machine, each commit on its disk. "appended" is what the hook takes in over ${CONNECTIONS}
connections, deliveries held; the loop appends the same rows, ${CONNECTIONS} activities a commit, without HTTP, and the route is bare
Fastify that does so with what it is sent. "delivered" is a stored backlog that is let go, with concurrency ${CONCURRENCY} in each
relay, without the first tenth for each relay; the loop takes, posts and settles ${CONCURRENCY} at a time. Relays, server and sink share the machine's processors. "of one" compares with one relay in the same round;
"µs each" is the processor time of all relays together, without the server's.`,

  async measure(bench) {
    const samples = new Samples()
    if (withoutPostgres !== null) return { samples, columns: [], notes: [`skipped: ${withoutPostgres}`] }
    const cluster = await openCluster({ isDurable: true })
    try {
      for (let round = 0; round < bench.sizes.rounds; round += 1) {
        bench.say(`postgres, round ${round + 1}`)
        await once(bench, samples, cluster.url)
      }
    } finally {
      await cluster.close()
    }
    const ratio = (row: string) => samples.median(row, 'of one')
    return {
      samples,
      columns: [
        { measure: 'appended/s' },
        { measure: 'delivered/s' },
        { measure: 'of the loop', digits: 2 },
        { measure: 'of one', digits: 2 },
        { measure: 'µs each' },
        { measure: 'µs of one', digits: 2 },
      ],
      bars: [
        {
          what: 'ingest of one relay, of a loop by hand',
          found: samples.median(HOOKED, 'of the loop'),
          atLeast: 0.5,
        },
        {
          what: 'drain of one relay, of a loop by hand',
          found: samples.median(rowOf(1, 0), 'of the loop'),
          atLeast: 0.5,
        },
        {
          what: `two relays, a target that takes ${SLOW_MS} ms, of one`,
          found: ratio(rowOf(2, SLOW_MS)),
          atLeast: 1.8,
        },
        { what: 'two relays, an instant target, of one', found: ratio(rowOf(2, 0)), atLeast: 1 },
        {
          what: 'two relays, an instant target, processor time of one',
          found: samples.median(rowOf(2, 0), 'µs of one'),
          atMost: 1.2,
        },
        { what: 'four relays, an instant target, of one', found: ratio(rowOf(4, 0)), atLeast: 0.8 },
      ],
    }
  },
}

const HOOKED = 'the hook of one relay'

async function once(bench: Bench, samples: Samples, server: string): Promise<void> {
  const { instant, slow } = bench.sizes.postgres
  const databases = databasesOn(server)
  const appended = await appendLoop(bench, await databases.made(bench), instant)
  samples.add(LOOP, { 'appended/s': appended })

  const byHand = await route(bench, await databases.made(bench), instant)
  samples.add(ROUTE, { 'appended/s': byHand, 'of the loop': byHand / appended })

  const stored = await databases.made(bench)
  const hooked = await store(bench, stored, instant)
  samples.add(HOOKED, { 'appended/s': hooked.perSecond, 'of the loop': hooked.perSecond / appended })

  const loop = await drainLoop(bench, await databases.copy(stored), hooked.first, instant)
  samples.add(LOOP, { 'delivered/s': loop.perSecond, 'µs each': loop.microseconds })

  const one = await drain(bench, await databases.copy(stored), { ...hooked, count: instant, instances: 1, delayMs: 0 })
  samples.add(rowOf(1, 0), { ...measures(one, one), 'of the loop': one.perSecond / loop.perSecond })
  for (const instances of [2, 4]) {
    const database = await databases.copy(stored)
    const several = await drain(bench, database, { ...hooked, count: instant, instances, delayMs: 0 })
    samples.add(rowOf(instances, 0), measures(several, one))
  }

  const few = await databases.made(bench)
  const { first } = await store(bench, few, slow)
  const delayMs = SLOW_MS
  const alone = await drain(bench, await databases.copy(few), { first, count: slow, instances: 1, delayMs })
  samples.add(rowOf(1, delayMs), measures(alone, alone))
  const pair = await drain(bench, await databases.copy(few), { first, count: slow, instances: 2, delayMs })
  samples.add(rowOf(2, delayMs), measures(pair, alone))
  await databases.drop()
}

const measures = (found: Rate, one: Rate) => ({
  'delivered/s': found.perSecond,
  'of one': found.perSecond / one.perSecond,
  'µs each': found.microseconds,
  'µs of one': found.microseconds / one.microseconds,
})

/** Databases with the relay's tables, whose names are their URLs. */
function databasesOn(server: string) {
  const names: string[] = []
  const urlOf = (name: string): string => Object.assign(new URL(server), { pathname: `/${name}` }).href
  const nameOf = (url: string): string => new URL(url).pathname.slice(1)

  async function run(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: server })
    await client.connect()
    await client.query(sql)
    await client.end()
  }

  async function make(more = ''): Promise<string> {
    const name = `bench_${process.pid}_${Date.now()}_${names.length}`
    await run(`create database ${name} ${more}`)
    names.push(name)
    return urlOf(name)
  }

  return {
    async made(bench: Bench) {
      const postgres = await make()
      const relay = await startRelay({ folder: bench.folder(), integrations: {}, postgres })
      await relay.stop()
      return postgres
    },
    copy: (url: string) => make(`template ${nameOf(url)}`),
    async drop() {
      for (const name of names.splice(0)) await run(`drop database ${name}`)
    },
  }
}

async function appendLoop(_bench: Bench, database: string, activities: number): Promise<number> {
  const args = ['append', database, String(activities), String(CONNECTIONS)]
  const child = await startChild('servers/postgres-loop.js', args)
  await end(child.process)
  return (child.first as { perSecond: number }).perSecond
}

async function route(bench: Bench, database: string, count: number): Promise<number> {
  const child = await startChild('servers/postgres-loop.js', ['route', database])
  try {
    const { origin } = child.first as { origin: string }
    return (await postAll(bench, origin, count)).perSecond
  } finally {
    await end(child.process)
  }
}

/** Takes activities in by the hook of a relay that holds its deliveries. */
async function store(bench: Bench, postgres: string, count: number) {
  const relay = await startRelay({ folder: bench.folder(), integrations: { hook: webhook(NOWHERE) }, postgres })
  try {
    await relay.hold('hook')
    return await postAll(bench, relay.origin, count)
  } finally {
    await relay.stop()
  }
}

/** @returns the rate without the first fifth */
async function postAll(bench: Bench, origin: string, count: number) {
  const first = bench.numbers(count)
  const warm = Math.floor(count / 5)
  const over = { origin, path: HOOK, connections: CONNECTIONS, format: 'xml' as const }
  await load({ ...over, first, count: warm })
  const { perSecond, accepted } = await load({ ...over, first: first + warm, count: count - warm })
  bench.check.equal(accepted, count - warm, 'postgres: each activity was answered 202')
  return { first, perSecond }
}

async function drainLoop(bench: Bench, database: string, first: number, count: number): Promise<Rate> {
  const run = await bench.sink.expect({ first, count, stories: STORIES })
  const args = ['drain', database, `${bench.sink.origin}/0`, String(CONCURRENCY)]
  const child = await startChild('servers/postgres-loop.js', args)
  try {
    child.process.send('go')
    const rate = await rateOf(run, child.pid)
    checkArrivals(bench.check, LOOP, await run.report(), count)
    return rate
  } finally {
    await end(child.process)
  }
}

interface Draining {
  readonly first: number
  readonly count: number
  readonly instances: number
  readonly delayMs: number
}

async function drain(bench: Bench, postgres: string, { first, count, instances, delayMs }: Draining): Promise<Rate> {
  const hook = webhook(bench.sink.origin, 0, { concurrency: CONCURRENCY })
  const relays: RelayProcess[] = []
  const row = rowOf(instances, delayMs)
  try {
    for (let instance = 0; instance < instances; instance += 1)
      relays.push(await startRelay({ folder: bench.folder(), integrations: { hook }, postgres }))
    const warmUp = WARM_UP * instances
    const run = await bench.sink.expect({ first, count, stories: STORIES, delayMs, warmUp })
    const spent = () => relays.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0)
    await relays[0]?.resume('hook')
    const from = await Promise.race([run.marked, run.complete])
    const before = spent()
    const to = await run.complete
    const microseconds = ((spent() - before) / run.measured) * 1e6
    checkArrivals(bench.check, row, await run.report(), count)
    return { perSecond: (run.measured / (to - from)) * 1000, microseconds }
  } finally {
    await Promise.all(relays.map((relay) => relay.stop()))
  }
}
