import type { Format } from '../bodies.ts'
import { appendLoop, type BareFastify, startBareFastify, startRouteByHand } from '../ceilings.ts'
import { type LoadResult, load } from '../load.ts'
import { cpuSeconds } from '../process-use.ts'
import { databaseIn, HOOK, NOWHERE, type RelayProcess, startRelay, webhook } from '../relay-process.ts'
import { Samples } from '../samples.ts'
import type { Bench, Section } from '../section.ts'
import { countsIn } from '../store-check.ts'

const FORMATS: readonly Format[] = ['xml', 'json']
const INTEGRATIONS = [1, 5]
/** As many as connections are usual in the bars. */
const BATCH = 64
const PROMISED = `hook, xml, 1 integration, ${BATCH} connections`

/** Deliveries are planned and stored, and held, so that all of the time is the hook's. */
export const ingest: Section = {
  name: 'ingest',
  title: 'Ingest',
  explanation: `Activities of 1 KB that the hook authenticates, parses, deduplicates, plans and commits with an fsync before it
answers 202. Deliveries are held. "of Fastify" compares with bare Fastify that reads the same bodies over as many
connections and does nothing, run right before. The loop appends the same rows, ${BATCH} activities a commit, without HTTP;
the route by hand is bare Fastify that does so with what it is sent, and reads nothing of it.
Once in each round the relay is killed afterwards, and every activity that was answered 202 must be in its store.`,

  async measure(bench) {
    const samples = new Samples()
    for (let round = 0; round < bench.sizes.rounds; round += 1) {
      bench.say(`ingest, round ${round + 1}`)
      samples.add(`rows appended in a loop, ${BATCH} a commit`, {
        'per second': await appendLoop(
          bench,
          bench.sizes.ingest.activities - (bench.sizes.ingest.activities % BATCH),
          BATCH,
        ),
      })
      await byHand(bench, samples)
      for (const integrations of INTEGRATIONS) await ofRelay(bench, samples, integrations)
    }
    const found = (measure: string) => samples.median(PROMISED, measure)
    return {
      samples,
      columns: [
        { measure: 'per second' },
        { measure: 'of Fastify', digits: 2 },
        { measure: 'p50 ms', digits: 1 },
        { measure: 'p99 ms', digits: 1 },
        { measure: 'µs each' },
      ],
      bars: [
        { what: `ingest over ${BATCH} connections, of bare Fastify`, found: found('of Fastify'), atLeast: 0.35 },
        { what: `ingest over ${BATCH} connections, µs of processor time`, found: found('µs each'), atMost: 160 },
        { what: `ingest over ${BATCH} connections, p99 in ms`, found: found('p99 ms'), atMost: 25 },
      ],
    }
  },
}

async function byHand(bench: Bench, samples: Samples): Promise<void> {
  const bare = await startBareFastify()
  const route = await startRouteByHand(bench)
  const count = bench.sizes.ingest.activities
  try {
    for (const server of [bare, route]) await measured(bench, server, 'xml', BATCH, count / 5)
    const ceiling = await measured(bench, bare, 'xml', BATCH, count)
    const { result, measures } = await measured(bench, route, 'xml', BATCH, count)
    const ofFastify = result.perSecond / ceiling.result.perSecond
    bench.check.equal(result.accepted, count, 'the route by hand answers each with 202')
    samples.add(`a route by hand, xml, ${BATCH} connections`, { ...measures, 'of Fastify': ofFastify })
  } finally {
    await bare.close()
    await route.close()
  }
}

async function ofRelay(bench: Bench, samples: Samples, integrations: number): Promise<void> {
  const names = Array.from({ length: integrations }, (_, index) => `hook${index}`)
  const folder = bench.folder()
  const hooks = Object.fromEntries(names.map((name, index) => [name, webhook(NOWHERE, index)]))
  const bare = await startBareFastify()
  const relay = await startRelay({ folder, integrations: hooks })
  let accepted = 0
  try {
    for (const name of names) await relay.hold(name)
    for (const format of FORMATS) {
      for (const server of [bare, relay]) {
        const { result } = await measured(bench, server, format, 64, bench.sizes.ingest.activities / 5)
        if (server === relay) accepted += result.accepted
      }
      for (const connections of bench.sizes.ingest.connections) {
        // With few connections each waits for its own commit.
        const count = Math.min(bench.sizes.ingest.activities, 1000 * connections)
        const ceiling = await measured(bench, bare, format, connections, count)
        const own = await measured(bench, relay, format, connections, count)
        accepted += own.result.accepted
        const kind = integrations === 1 ? '1 integration' : `${integrations} integrations`
        const row = `hook, ${format}, ${kind}, ${connections} connections`
        bench.check.equal(own.result.accepted, count, `${row}: each activity was answered 202`)
        if (integrations === 1) samples.add(`bare Fastify, ${format}, ${connections} connections`, ceiling.measures)
        samples.add(row, { ...own.measures, 'of Fastify': own.result.perSecond / ceiling.result.perSecond })
      }
    }
  } finally {
    await bare.close()
    await relay.kill()
  }
  const counts = await countsIn(databaseIn(folder))
  bench.check.equal(
    counts.activities,
    accepted,
    'each activity that was answered 202 is in the store of the killed relay',
  )
  bench.check.equal(counts.deliveries, accepted * integrations, 'and so are its deliveries')
}

interface Posted {
  readonly result: LoadResult
  readonly measures: Readonly<Record<string, number>>
}

async function measured(
  bench: Bench,
  { origin, pid }: BareFastify | RelayProcess,
  format: Format,
  connections: number,
  count: number,
): Promise<Posted> {
  const before = cpuSeconds(pid)
  const first = bench.numbers(count)
  const result = await load({ origin, path: HOOK, connections, format, first, count })
  const { perSecond, p50, p99 } = result
  const microseconds = ((cpuSeconds(pid) - before) / count) * 1e6
  return { result, measures: { 'per second': perSecond, 'p50 ms': p50, 'p99 ms': p99, 'µs each': microseconds } }
}
