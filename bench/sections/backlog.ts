import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { promisify } from 'node:util'
import { request } from 'undici'
import { openStore } from '../../src/store/store.ts'
import { rateOf } from '../ceilings.ts'
import { now } from '../clock.ts'
import { load } from '../load.ts'
import { megabytes } from '../process-use.ts'
import { databaseIn, HOOK, NOWHERE, PROGRAM, type RelayProcess, startRelay, webhook } from '../relay-process.ts'
import { percentile, Samples } from '../samples.ts'
import type { Bar, Bench, Section } from '../section.ts'
import { copyStore, type Seed, seedStore } from '../seeded-store.ts'
import { countsIn } from '../store-check.ts'

const run = promisify(execFile)

const CONCURRENCY = 16
const PER_STORY = 20
const SCRAPES = 20
const COMMANDS = 3
const TAKES = 50

/** What is compared with the empty store, and whether more is better. */
const FLAT = { 'start ms': false, 'ingest/s': true, 'scrape ms': false, 'deliveries ms': false } as const

export const backlog: Section = {
  name: 'backlog',
  title: 'Backlog',
  explanation: `A store in which so many deliveries wait, ${PER_STORY} a story, because the target is down. "start" is from the start of the
process until /readyz answers 200, "scrape" a GET of /metrics, "deliveries" the whole run of the command, "take" the
store's verb that takes ${CONCURRENCY} due deliveries. Then the target is back, and the first of them are drained with
concurrency ${CONCURRENCY}. "times empty" is the worst of start, ingest, scrape and deliveries, compared with the empty store of the same round.`,

  async measure(bench) {
    const samples = new Samples()
    const stores = new Map<number, { readonly folder: string; readonly seed: Seed }>()
    for (const waiting of bench.sizes.backlog.waiting) {
      bench.say(`backlog, seeding ${waiting}`)
      const folder = bench.folder()
      const seed = { first: bench.numbers(waiting), count: waiting, stories: Math.ceil(waiting / PER_STORY) }
      await seedStore(folder, seed)
      stores.set(waiting, { folder, seed })
    }
    for (let round = 0; round < bench.sizes.rounds; round += 1) {
      bench.say(`backlog, round ${round + 1}`)
      const empty = await whileDown(bench, bench.folder())
      samples.add(rowOf(0), empty)
      for (const [waiting, { folder: seeded, seed }] of stores) {
        const folder = bench.folder()
        copyStore(seeded, folder)
        const down = await whileDown(bench, folder)
        const up = await drained(bench, folder, seed)
        samples.add(rowOf(waiting), { ...down, ...up, ...ratios(down, empty), 'take ms': await takeTime(folder) })
        rmSync(folder, { recursive: true })
      }
    }
    const largest = rowOf(Math.max(...bench.sizes.backlog.waiting))
    const smallest = rowOf(Math.min(...bench.sizes.backlog.waiting))
    return {
      samples,
      columns: [
        ...[
          { measure: 'start ms' },
          { measure: 'ingest/s' },
          { measure: 'scrape ms', digits: 1 },
          { measure: 'deliveries ms' },
        ],
        ...[
          { measure: 'times empty', digits: 2 },
          { measure: 'take ms', digits: 2 },
        ],
        ...[{ measure: 'drain/s' }, { measure: 'drain µs each' }, { measure: 'peak MB' }],
      ],
      bars: bars(samples, largest, smallest),
    }
  },
}

const rowOf = (waiting: number) => `${waiting.toLocaleString('en')} waiting`

function bars(samples: Samples, largest: string, smallest: string): Bar[] {
  return [
    ...Object.keys(FLAT).map((measure) => ({
      what: `${measure} with ${largest}, times worse than with an empty store`,
      found: samples.median(largest, `${measure}, times empty`),
      atMost: 1.5,
    })),
    {
      what: `take with ${largest}, times worse than with ${smallest}`,
      found: (samples.median(largest, 'take ms') ?? Number.NaN) / (samples.median(smallest, 'take ms') ?? Number.NaN),
      atMost: 1.5,
    },
    { what: `start with ${largest}, in ms`, found: samples.median(largest, 'start ms'), atMost: 2000 },
    { what: `memory with ${largest}, in MB`, found: samples.median(largest, 'peak MB'), atMost: 250 },
  ]
}

type Measures = Readonly<Record<string, number>>

/** How many times worse each is than with the empty store. */
function ratios(measures: Measures, empty: Measures): Measures {
  const each = Object.entries(FLAT).map(([measure, isMoreBetter]): [string, number] => {
    const [one = Number.NaN, other = Number.NaN] = [measures[measure], empty[measure]]
    return [`${measure}, times empty`, isMoreBetter ? other / one : one / other]
  })
  return { ...Object.fromEntries(each), 'times empty': Math.max(...each.map(([, ratio]) => ratio)) }
}

async function whileDown(bench: Bench, folder: string): Promise<Measures> {
  const relay = await startRelay({ folder, integrations: { hook: webhook(NOWHERE) } })
  try {
    const count = bench.sizes.backlog.ingested
    // The first ones warm up.
    await post(bench, relay, Math.ceil(count / 5))
    const ingest = await post(bench, relay, count)
    return {
      'start ms': relay.startedInMs,
      'ingest/s': ingest,
      'scrape ms': await medianTime(SCRAPES, async () => {
        const { statusCode, body } = await request(`${relay.origin}/metrics`)
        await body.dump()
        bench.check.equal(statusCode, 200, '/metrics answers')
      }),
      'deliveries ms': await medianTime(COMMANDS, async () => {
        await run(process.execPath, [PROGRAM, 'deliveries', '--config', relay.configFile], {
          env: { PATH: process.env.PATH },
        })
      }),
      'peak MB': megabytes(relay.pid).peak,
    }
  } finally {
    await relay.stop()
  }
}

async function post(bench: Bench, { origin }: RelayProcess, count: number): Promise<number> {
  const first = bench.numbers(count)
  const result = await load({ origin, path: HOOK, connections: 64, format: 'xml', first, count })
  bench.check.equal(result.accepted, count, 'each activity was answered 202 while the target is down')
  return result.perSecond
}

async function medianTime(times: number, work: () => Promise<void>): Promise<number> {
  const took: number[] = []
  for (let time = 0; time < times; time += 1) {
    const began = now()
    await work()
    took.push(now() - began)
  }
  return percentile(took, 0.5)
}

async function drained(bench: Bench, folder: string, seed: Seed): Promise<Measures> {
  const enough = Math.min(bench.sizes.backlog.drained, Math.floor(seed.count / 2))
  const run = await bench.sink.expect({ ...seed, enough })
  const hook = webhook(bench.sink.origin, 0, { concurrency: CONCURRENCY })
  const relay = await startRelay({ folder, integrations: { hook } })
  let rate: Awaited<ReturnType<typeof rateOf>>
  try {
    rate = await rateOf(run, relay.pid)
  } finally {
    await relay.stop()
  }
  const { arrived, duplicates, misordered, unexpected } = await run.report()
  bench.check.equal(duplicates, 0, 'backlog: none arrived twice')
  bench.check.equal(misordered, 0, 'backlog: those of a story arrived in their order')
  const { delivered } = await countsIn(databaseIn(folder))
  // What was posted meanwhile is numbered otherwise.
  bench.check.equal(delivered, arrived + unexpected, 'backlog: what arrived is what is settled')
  return { 'drain/s': rate.perSecond, 'drain µs each': rate.microseconds }
}

/** Of one call, in milliseconds, with the commit that makes it durable. */
async function takeTime(folder: string): Promise<number> {
  const store = openStore({ client: 'sqlite', file: databaseIn(folder) })
  try {
    return await medianTime(TAKES, async () => {
      await store.take({ integration: 'hook', limit: CONCURRENCY, now: Date.now(), leaseMs: 60_000 })
    })
  } finally {
    await store.close()
  }
}
