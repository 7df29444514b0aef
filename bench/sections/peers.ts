import { openCluster, withoutPostgres } from '../../test/connectors/other/postgres-cluster.ts'
import { STORIES } from '../bodies.ts'
import { startBareFastify } from '../ceilings.ts'
import { load } from '../load.ts'
import { n8n } from '../peers/n8n.ts'
import { nodeRed } from '../peers/node-red.ts'
import type { Peer } from '../peers/peer.ts'
import { pgBoss } from '../peers/pg-boss.ts'
import { cpuSeconds } from '../process-use.ts'
import { databaseIn, HOOK, startRelay, webhook } from '../relay-process.ts'
import { percentile, Samples } from '../samples.ts'
import type { Bench, Section } from '../section.ts'
import { checkArrivals } from '../sink-process.ts'
import { countsIn } from '../store-check.ts'
import type { Report } from '../tally.ts'

const PEERS: readonly Peer[] = [nodeRed, pgBoss, n8n]
const CONNECTIONS = 32
const CONCURRENCY = 16
const RELAY = `the relay, concurrency ${CONCURRENCY}`
const ON_POSTGRES = 'the relay on PostgreSQL, the same'

export const peers: Section = {
  name: 'peers',
  title: 'From the hook to the target, beside others',
  explanation: `All activities are posted at once over ${CONNECTIONS} connections; "delivered" counts from the first post until the sink has them
all. Everyone gets the same bodies and posts to the same sink, right after one another. "of Fastify" compares with bare
Fastify that only reads the bodies, "relay" is how many times as many the relay delivers in the same round.`,

  async measure(bench) {
    const samples = new Samples()
    const notes = new Map<string, string>()
    for (let round = 0; round < bench.sizes.rounds; round += 1) {
      bench.say(`peers, round ${round + 1}`)
      const ceiling = await bareFastify(bench, samples)
      const own = await relay(bench, samples, { name: RELAY, ceiling })
      if (withoutPostgres === null) await relayOnPostgres(bench, samples, ceiling)
      for (const peer of PEERS) notes.set(peer.name, await beside(bench, samples, peer, { ceiling, own }))
    }
    return {
      samples,
      columns: [
        ...[{ measure: 'accepted/s' }, { measure: 'accepted p99 ms', digits: 1 }, { measure: 'delivered/s' }],
        ...[{ measure: 'of Fastify', digits: 3 }, { measure: 'relay', digits: 2 }, { measure: 'µs each' }],
      ],
      bars: [
        // Three times what it was when the bench was written.
        {
          what: 'from the hook to the target, of bare Fastify',
          found: samples.median(RELAY, 'of Fastify'),
          atLeast: 0.12,
        },
        { what: 'from the hook to the target, of Node-RED', found: samples.median(nodeRed.name, 'relay'), atLeast: 1 },
        { what: 'from the hook to the target, of n8n', found: samples.median(n8n.name, 'relay'), atLeast: 20 },
        {
          what: 'from the hook to the target on PostgreSQL, of pg-boss',
          found: ratio(samples.median(ON_POSTGRES, 'delivered/s'), samples.median(pgBoss.name, 'delivered/s')),
          atLeast: 1,
        },
      ],
      notes: [...notes].map(([name, note]) => `${name} ${note.replaceAll('\n', ' ')}`),
    }
  },
}

async function bareFastify(bench: Bench, samples: Samples): Promise<number> {
  const bare = await startBareFastify()
  try {
    const post = (count: number) =>
      load({ ...bare, path: HOOK, connections: CONNECTIONS, format: 'xml', first: bench.numbers(count), count })
    await post(bench.sizes.peers.activities / 5)
    const { perSecond, p99 } = await post(bench.sizes.peers.activities)
    samples.add('bare Fastify, nothing delivered', { 'accepted/s': perSecond, 'accepted p99 ms': p99 })
    return perSecond
  } finally {
    await bare.close()
  }
}

function ratio(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one / other
}

interface Ours {
  readonly name: string
  readonly ceiling: number
  /** The URL of its database; without it, a file. */
  readonly postgres?: string
}

/** @returns deliveries a second */
async function relay(bench: Bench, samples: Samples, { name, ceiling, postgres }: Ours): Promise<number> {
  const folder = bench.folder()
  const hook = webhook(bench.sink.origin, 0, { concurrency: CONCURRENCY })
  const started = await startRelay({
    folder,
    integrations: { hook },
    ...(postgres === undefined ? {} : { postgres }),
  })
  const count = bench.sizes.peers.activities
  let measures: Measures
  try {
    measures = await through(bench, { ...started, path: HOOK }, count)
  } finally {
    await started.stop()
  }
  checkArrivals(bench.check, name, measures.report, count)
  if (postgres === undefined) {
    const { activities, delivered } = await countsIn(databaseIn(folder))
    bench.check.equal(delivered, activities, `${name}: all are settled`)
  }
  samples.add(name, { ...measures.measures, 'of Fastify': measures.delivered / ceiling })
  return measures.delivered
}

async function relayOnPostgres(bench: Bench, samples: Samples, ceiling: number): Promise<void> {
  const cluster = await openCluster({ isDurable: true })
  try {
    await relay(bench, samples, { name: ON_POSTGRES, ceiling, postgres: cluster.url })
  } finally {
    await cluster.close()
  }
}

type Measures = Awaited<ReturnType<typeof through>>

interface Through {
  readonly origin: string
  readonly path: string
  readonly pid: number
}

async function through(bench: Bench, server: Through, count: number) {
  const { pid } = server
  // Warms up.
  await postAll(bench, server, Math.ceil(count / 5))
  const before = cpuSeconds(pid)
  const { posted, report, last } = await postAll(bench, server, count)
  const delivered = (report.arrived / (last - posted.began)) * 1000
  return {
    delivered,
    report,
    measures: {
      'accepted/s': posted.perSecond,
      'accepted p99 ms': posted.p99,
      'delivered/s': delivered,
      'µs each': ((cpuSeconds(pid) - before) / count) * 1e6,
    },
  }
}

async function postAll(bench: Bench, { origin, path }: Through, count: number) {
  const first = bench.numbers(count)
  const run = await bench.sink.expect({ first, count, stories: STORIES })
  const posted = await load({ origin, path, connections: CONNECTIONS, format: 'xml', first, count })
  // If no more comes, the report tells how much is missing.
  const complete = await run.complete.catch(() => null)
  const report = await run.report()
  return { posted, last: complete ?? percentile(report.arrivedAt, 1), report }
}

function faultsIn({ arrived, duplicates, misordered }: Report, count: number): string {
  const faults = [
    arrived < count ? [`${count - arrived} did not arrive`] : [],
    duplicates > 0 ? [`${duplicates} arrived twice`] : [],
    misordered > 0 ? [`${misordered} came after a later one of their story`] : [],
  ].flat()
  return faults.length === 0 ? '' : ` Of ${count} in the last round, ${faults.join(', ')}.`
}

/** @returns what is said about it */
async function beside(
  bench: Bench,
  samples: Samples,
  peer: Peer,
  { ceiling, own }: { readonly ceiling: number; readonly own: number },
): Promise<string> {
  const count = Math.round(bench.sizes.peers.activities * (peer.part ?? 1))
  // Whatever becomes of it is no failure of ours.
  try {
    const running = await peer.start({ folder: bench.folder(), target: `${bench.sink.origin}/0` })
    if (typeof running === 'string') return `skipped: ${running}`
    try {
      const { delivered, measures, report } = await through(bench, running, count)
      samples.add(peer.name, { ...measures, 'of Fastify': delivered / ceiling, relay: own / delivered })
      return `${running.version}: ${peer.note}${faultsIn(report, count)}`
    } finally {
      await running.stop()
    }
  } catch (error) {
    return `skipped: ${error instanceof Error ? error.message : String(error)}`
  }
}
