import { STORIES } from './bodies.ts'
import { end, startChild } from './child.ts'
import { cpuSeconds } from './process-use.ts'
import { databaseIn, startRelay } from './relay-process.ts'
import type { Bench } from './section.ts'
import { checkArrivals, type Run } from './sink-process.ts'

/** What the relay's parts can do alone: nothing that uses them can be faster. */

export interface BareFastify {
  readonly origin: string
  readonly pid: number
  close(): Promise<void>
}

export async function startBareFastify(): Promise<BareFastify> {
  const child = await startChild('servers/bare-fastify.js')
  const { origin } = child.first as { origin: string }
  return { origin, pid: child.pid, close: () => end(child.process) }
}

/** @returns activities a second that are appended with the rows they make, `batch` a commit */
export async function appendLoop(bench: Bench, activities: number, batch: number): Promise<number> {
  const folder = bench.folder()
  const relay = await startRelay({ folder, integrations: {} })
  await relay.stop()
  const args = [databaseIn(folder), String(activities), String(batch)]
  const child = await startChild('servers/append-loop.js', args)
  await end(child.process)
  return (child.first as { perSecond: number }).perSecond
}

/** Bare Fastify that appends the same rows, in sets, before it answers. */
export async function startRouteByHand(bench: Bench): Promise<BareFastify> {
  const folder = bench.folder()
  const relay = await startRelay({ folder, integrations: {} })
  await relay.stop()
  const child = await startChild('servers/append-loop.js', [databaseIn(folder), 'route'])
  const { origin } = child.first as { origin: string }
  return { origin, pid: child.pid, close: () => end(child.process) }
}

export interface Rate {
  readonly perSecond: number
  /** Processor time of one, in microseconds. */
  readonly microseconds: number
}

/** Posts straight to the sink over so many connections. */
export async function undiciLoop(bench: Bench, count: number, connections: number): Promise<Rate> {
  const first = bench.numbers(count)
  const run = await bench.sink.expect({ first, count, stories: STORIES })
  const args = [bench.sink.origin, connections, first, count].map(String)
  const child = await startChild('servers/undici-loop.js', args)
  try {
    child.process.send('go')
    const rate = await rateOf(run, child.pid)
    checkArrivals(bench.check, 'bare undici loop', await run.report(), count)
    return rate
  } finally {
    await end(child.process)
  }
}

/** Of what arrives after the warm-up, with the processor time that a process spends on it. */
export async function rateOf(run: Run, pid: number): Promise<Rate> {
  const from = await Promise.race([run.marked, run.complete])
  const before = cpuSeconds(pid)
  const to = await run.complete
  const spent = cpuSeconds(pid) - before
  return { perSecond: (run.measured / (to - from)) * 1000, microseconds: (spent / run.measured) * 1e6 }
}
