import { rateOf, undiciLoop } from '../ceilings.ts'
import { databaseIn, startRelay, webhook } from '../relay-process.ts'
import { Samples } from '../samples.ts'
import type { Bench, Section } from '../section.ts'
import { seedStore } from '../seeded-store.ts'
import { checkArrivals } from '../sink-process.ts'
import { countsIn } from '../store-check.ts'

/** Of the loop that everything is compared with. */
const LOOP_CONNECTIONS = 16
/** So many activities a story. */
const PER_STORY = 10

export const drain: Section = {
  name: 'drain',
  title: 'Drain',
  explanation: `A stored backlog that is delivered to a sink which answers at once, each delivery settled with a commit. "of the
loop" compares with a bare undici loop that posts as much to the same sink over ${LOOP_CONNECTIONS} connections, run right
before. The first tenth warms up and is not measured. Each delivery must arrive once, in the order of its story, and be
settled in the store.`,

  async measure(bench) {
    const samples = new Samples()
    for (let round = 0; round < bench.sizes.rounds; round += 1)
      for (const concurrency of bench.sizes.drain.concurrencies) {
        bench.say(`drain, round ${round + 1}, concurrency ${concurrency}`)
        await ofRelay(bench, samples, concurrency)
      }
    const found = (measure: string) => samples.median(rowOf(16), measure)
    return {
      samples,
      columns: [{ measure: 'per second' }, { measure: 'of the loop', digits: 3 }, { measure: 'µs each' }],
      bars: [
        { what: 'drain with concurrency 16, of the bare undici loop', found: found('of the loop'), atLeast: 0.15 },
        { what: 'drain with concurrency 16, µs of processor time', found: found('µs each'), atMost: 350 },
      ],
    }
  },
}

const rowOf = (concurrency: number) => `drain, concurrency ${concurrency}`

async function ofRelay(bench: Bench, samples: Samples, concurrency: number): Promise<void> {
  const count = bench.sizes.drain.deliveries
  const folder = bench.folder()
  const seed = { first: bench.numbers(count), count, stories: Math.ceil(count / PER_STORY) }
  await seedStore(folder, seed)
  const loop = await undiciLoop(bench, count, LOOP_CONNECTIONS)
  samples.add(`bare undici loop, ${LOOP_CONNECTIONS} connections`, {
    'per second': loop.perSecond,
    'µs each': loop.microseconds,
  })
  const run = await bench.sink.expect(seed)
  const relay = await startRelay({ folder, integrations: { hook: webhook(bench.sink.origin, 0, { concurrency }) } })
  try {
    const rate = await rateOf(run, relay.pid)
    samples.add(rowOf(concurrency), {
      'per second': rate.perSecond,
      'of the loop': rate.perSecond / loop.perSecond,
      'µs each': rate.microseconds,
    })
  } finally {
    await relay.stop()
  }
  checkArrivals(bench.check, rowOf(concurrency), await run.report(), count)
  bench.check.equal((await countsIn(databaseIn(folder))).delivered, count, `${rowOf(concurrency)}: all are settled`)
}
