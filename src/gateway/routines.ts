import { randomBytes } from 'node:crypto'
import type { Config } from '../config/schema.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { SWEPT_TABLES } from '../store/retention.ts'
import type { ThreadedStore } from '../store/thread.ts'
import { createClockWatch } from './clock-watch.ts'
import { createExpiry } from './expiry.ts'
import type { Rhythm } from './rhythm.ts'
import type { RunningIntegrations } from './running-integrations.ts'

interface RoutineParts {
  readonly store: ThreadedStore
  readonly integrations: RunningIntegrations
  readonly metrics: Metrics
  readonly log: Logger
  readonly leaseMs: number
  readonly rhythm: Rhythm
  config(): Config
  now(): number
  steady(): number
  watchOthers(): Promise<void>
  /** Tells the operators what has changed. */
  tellOperators(): Promise<void>
  /** Removes what is not needed any more on this machine, with each sweep. */
  tidy(): Promise<void>
  /** Removes what else is not needed any more in the database. */
  sweep(): Promise<void>
}

/** Of a period, since timers are not that punctual. */
const SWEPT_FOR = 0.9

export function startRoutines(parts: RoutineParts): { stop(): Promise<void> } {
  const { store, integrations, metrics, log, leaseMs, rhythm, now, steady } = parts
  const expire = createExpiry(parts)
  const watchClock = createClockWatch({
    now,
    steady,
    async setBack(ms) {
      log.warn({ seconds: Math.round(ms / 1000) }, 'the clock was set back; waits go on as before')
      for (const worker of integrations.workers()) await worker.clockSetBack(ms)
    },
  })

  async function extendLeases(): Promise<void> {
    await Promise.all(integrations.workers().map((worker) => worker.extendLeases()))
  }

  const holder = randomBytes(12).toString('hex')

  /** At one instance in each period; another one goes on if that one dies. */
  async function sweep(): Promise<void> {
    await parts.tidy()
    const forMs = SWEPT_FOR * rhythm.sweepMs
    if (!(await store.claimDuty({ name: 'sweep', holder, now: now(), forMs }))) return
    await parts.sweep()
    await expire()
    const swept = await store.sweep(parts.config().retention, now())
    for (const table of SWEPT_TABLES) metrics.retentionDeleted.inc({ table }, swept[table])
    if (swept.activities + swept.rejected > 0) log.info(swept, 'retention')
  }

  function failed(error: unknown): void {
    metrics.storeErrors.inc()
    log.error({ err: error }, 'a routine task failed; it will be retried')
  }

  /** Repeats the work, never twice at once, and continues after failures. */
  function every(ms: number, work: () => Promise<void>): { stop(): Promise<void> } {
    let busy: Promise<void> = Promise.resolve()
    let isIdle = true
    const end = rhythm.repeat(ms, () => {
      if (!isIdle) return
      isIdle = false
      busy = work()
        .catch(failed)
        .finally(() => {
          isIdle = true
        })
    })
    return {
      async stop() {
        end()
        await busy
      },
    }
  }

  const timers = [
    every(leaseMs / 3, extendLeases),
    every(rhythm.noticeMs, parts.watchOthers),
    every(rhythm.sweepMs, sweep),
    every(rhythm.watchMs, parts.tellOperators),
    every(rhythm.clockMs, watchClock),
  ]
  return {
    async stop() {
      for (const timer of timers) await timer.stop()
    },
  }
}
