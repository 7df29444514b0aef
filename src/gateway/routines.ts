import type { Config } from '../config/schema.ts'
import type { Imports } from '../imports/imports.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { SWEPT_TABLES } from '../store/retention.ts'
import type { ThreadedStore } from '../store/thread.ts'
import type { RunningIntegrations } from './running-integrations.ts'

export interface RoutineParts {
  readonly store: ThreadedStore
  readonly integrations: RunningIntegrations
  readonly imports: Pick<Imports, 'tidy'>
  readonly metrics: Metrics
  readonly log: Logger
  readonly leaseMs: number
  config(): Config
  now(): number
  /** Tells the workers what the command line, another instance or a page has said of the integrations. */
  noticeOthers(): Promise<void>
}

/** Another process's pause or resume is known after so long. */
const NOTICE_MS = 2000
const SWEEP_MS = 600_000

/** What the relay does again and again, whatever arrives. */
export function startRoutines(parts: RoutineParts): { stop(): Promise<void> } {
  const { store, integrations, imports, metrics, log, leaseMs, now } = parts

  /** Three times in a lease, so that one late extension loses nothing. */
  async function extendLeases(): Promise<void> {
    const taken = integrations.workers().flatMap((worker) => worker.running())
    if (taken.length > 0) await store.extend(taken, now() + leaseMs)
  }

  async function sweep(): Promise<void> {
    await imports.tidy()
    const swept = await store.sweep(parts.config().retention, now())
    for (const table of SWEPT_TABLES) metrics.retentionDeleted.inc({ table }, swept[table])
    if (swept.activities + swept.rejected > 0) log.info(swept, 'retention')
  }

  function failed(error: unknown): void {
    metrics.storeErrors.inc()
    log.error({ err: error }, 'a routine task failed; it is tried again')
  }

  const timers = [
    every(leaseMs / 3, extendLeases, failed),
    every(NOTICE_MS, parts.noticeOthers, failed),
    every(SWEEP_MS, sweep, failed),
  ]
  return {
    async stop() {
      for (const timer of timers) await timer.stop()
    },
  }
}

/** Does something again and again, never twice at once, and outlives its failures. */
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
