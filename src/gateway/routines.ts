import type { Config } from '../config/schema.ts'
import type { Imports } from '../imports/imports.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { SWEPT_TABLES } from '../store/retention.ts'
import type { ThreadedStore } from '../store/thread.ts'
import { createClockWatch } from './clock-watch.ts'
import { createExpiry } from './expiry.ts'
import type { RunningIntegrations } from './running-integrations.ts'

interface RoutineParts {
  readonly store: ThreadedStore
  readonly integrations: RunningIntegrations
  readonly imports: Pick<Imports, 'tidy'>
  readonly metrics: Metrics
  readonly log: Logger
  readonly leaseMs: number
  config(): Config
  now(): number
  steady(): number
  noticeOthers(): Promise<void>
}

/** The longest delay until another process's pause or resume takes effect. */
const NOTICE_MS = 2000
const SWEEP_MS = 600_000
const CLOCK_MS = 1000

export function startRoutines(parts: RoutineParts): { stop(): Promise<void> } {
  const { store, integrations, imports, metrics, log, leaseMs, now, steady } = parts
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

  async function sweep(): Promise<void> {
    await imports.tidy()
    await expire()
    const swept = await store.sweep(parts.config().retention, now())
    for (const table of SWEPT_TABLES) metrics.retentionDeleted.inc({ table }, swept[table])
    if (swept.activities + swept.rejected > 0) log.info(swept, 'retention')
  }

  function failed(error: unknown): void {
    metrics.storeErrors.inc()
    log.error({ err: error }, 'a routine task failed; it will be retried')
  }

  const timers = [
    every(leaseMs / 3, extendLeases, failed),
    every(NOTICE_MS, parts.noticeOthers, failed),
    every(SWEEP_MS, sweep, failed),
    every(CLOCK_MS, watchClock, failed),
  ]
  return {
    async stop() {
      for (const timer of timers) await timer.stop()
    },
  }
}

/** Repeats the work, never twice at once, and continues after failures. */
function every(ms: number, work: () => Promise<void>, failed: (error: unknown) => void): { stop(): Promise<void> } {
  let busy: Promise<void> = Promise.resolve()
  let isIdle = true
  const timer = setInterval(() => {
    if (!isIdle) return
    isIdle = false
    busy = work()
      .catch(failed)
      .finally(() => {
        isIdle = true
      })
  }, ms)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      await busy
    },
  }
}
