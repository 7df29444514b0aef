import { STORIES } from '../bodies.ts'
import { rateOf } from '../ceilings.ts'
import { load } from '../load.ts'
import { databaseIn, HOOK, type RelayProcess, startRelay, webhook } from '../relay-process.ts'
import { percentile, Samples } from '../samples.ts'
import type { Bench, Section } from '../section.ts'
import { checkArrivals } from '../sink-process.ts'
import { countsIn } from '../store-check.ts'

const CONNECTIONS = 64
/** So that every connection of the relay to its target is used often enough. */
const FEWEST = 40

export const delivery: Section = {
  name: 'delivery',
  title: 'Delivery',
  explanation: `To a sink that answers at once, after 50 ms, or after 500 ms. The rate and the processor time are those of activities
that were held and are let go, without the first tenth. "of possible" is the part of what the target's answers allow:
concurrency divided by the time they take. The times end to end are from the post of an activity to its arrival at the
sink, while activities come at half of that rate.`,

  async measure(bench) {
    const samples = new Samples()
    for (let round = 0; round < bench.sizes.rounds; round += 1)
      for (const concurrency of bench.sizes.delivery.concurrencies) {
        bench.say(`delivery, round ${round + 1}, concurrency ${concurrency}`)
        await withConcurrency(bench, samples, concurrency)
      }
    return {
      samples,
      columns: [
        { measure: 'per second' },
        { measure: 'of possible', digits: 2 },
        { measure: 'µs each' },
        { measure: 'end to end p50 ms', digits: 1 },
        { measure: 'end to end p99 ms', digits: 1 },
      ],
      bars: [
        {
          what: 'delivery to a target that takes 50 ms with concurrency 64, of the possible 1,280/s',
          found: samples.median(rowOf(50, 64), 'of possible'),
          atLeast: 0.9,
        },
      ],
    }
  },
}

const rowOf = (delayMs: number, concurrency: number) =>
  `answer ${delayMs === 0 ? 'at once' : `after ${delayMs} ms`}, concurrency ${concurrency}`

async function withConcurrency(bench: Bench, samples: Samples, concurrency: number): Promise<void> {
  const folder = bench.folder()
  const relay = await startRelay({ folder, integrations: { hook: webhook(bench.sink.origin, 0, { concurrency }) } })
  let posted = 0
  try {
    for (const delayMs of bench.sizes.delivery.delaysMs) {
      const row = rowOf(delayMs, concurrency)
      const { most, seconds } = bench.sizes.delivery
      const possible = delayMs === 0 ? Number.POSITIVE_INFINITY : concurrency / (delayMs / 1000)
      const count = sized(possible * seconds, most)
      const held = await letGo(bench, relay, row, { delayMs, count })
      const paced = sized((held.perSecond / 2) * seconds, most)
      const times = await endToEnd(bench, relay, row, { delayMs, count: paced, pace: held.perSecond / 2 })
      posted += count + paced
      samples.add(row, {
        'per second': held.perSecond,
        ...(delayMs === 0 ? {} : { 'of possible': held.perSecond / possible }),
        'µs each': held.microseconds,
        'end to end p50 ms': percentile(times, 0.5),
        'end to end p99 ms': percentile(times, 0.99),
      })
    }
  } finally {
    await relay.stop()
  }
  const { delivered } = await countsIn(databaseIn(folder))
  bench.check.equal(delivered, posted, `delivery with concurrency ${concurrency}: all are settled`)
}

function sized(count: number, most: number): number {
  return Math.round(Math.max(FEWEST, Math.min(count, most)))
}

async function letGo(bench: Bench, relay: RelayProcess, row: string, { delayMs, count }: Sized) {
  const first = bench.numbers(count)
  await relay.hold('hook')
  await load({ origin: relay.origin, path: HOOK, connections: CONNECTIONS, format: 'xml', first, count })
  const run = await bench.sink.expect({ first, count, stories: STORIES, delayMs })
  await relay.resume('hook')
  const rate = await rateOf(run, relay.pid)
  checkArrivals(bench.check, row, await run.report(), count)
  return rate
}

interface Sized {
  readonly delayMs: number
  readonly count: number
}

/** @returns how long each took, in milliseconds */
async function endToEnd(
  bench: Bench,
  { origin }: RelayProcess,
  row: string,
  { delayMs, count, pace }: Sized & { readonly pace: number },
): Promise<Float64Array> {
  const first = bench.numbers(count)
  const run = await bench.sink.expect({ first, count, stories: STORIES, delayMs })
  const { sentAt } = await load({ origin, path: HOOK, connections: CONNECTIONS, format: 'xml', first, count, pace })
  await run.complete
  const report = await run.report()
  checkArrivals(bench.check, `${row}, at half the rate`, report, count)
  return sentAt.map((at, index) => (report.arrivedAt[index] ?? 0) - at)
}
