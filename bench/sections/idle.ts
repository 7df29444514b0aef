import { setTimeout as pause } from 'node:timers/promises'
import { installedMegabytes } from '../install-size.ts'
import { cpuSeconds, megabytes } from '../process-use.ts'
import { NOWHERE, startRelay, webhook } from '../relay-process.ts'
import { Samples } from '../samples.ts'
import type { Section } from '../section.ts'

export const idle: Section = {
  name: 'idle',
  title: 'Idle',
  explanation: `A relay with one integration and nothing to do, measured once: what it takes until it is ready, what it uses while it waits,
and what it takes on the disk with the packages that it needs to run.`,

  async measure(bench) {
    const samples = new Samples()
    const { seconds } = bench.sizes.idle
    bench.say(`idle, ${seconds} s`)
    const relay = await startRelay({ folder: bench.folder(), integrations: { hook: webhook(NOWHERE) } })
    try {
      const before = cpuSeconds(relay.pid)
      await pause(seconds * 1000)
      samples.add(`after ${seconds} s`, {
        'start ms': relay.startedInMs,
        'start, processor s': before,
        'processor %': ((cpuSeconds(relay.pid) - before) / seconds) * 100,
        MB: megabytes(relay.pid).now,
        'installed MB': installedMegabytes(),
      })
    } finally {
      await relay.stop()
    }
    return {
      samples,
      columns: [
        ...[{ measure: 'start ms' }, { measure: 'start, processor s', digits: 2 }],
        ...[{ measure: 'processor %', digits: 2 }, { measure: 'MB' }, { measure: 'installed MB', digits: 1 }],
      ],
    }
  },
}
