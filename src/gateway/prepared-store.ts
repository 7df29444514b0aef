import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { StoreError } from '../store/store-error.ts'
import type { ThreadedStore } from '../store/thread.ts'
import type { timedPause } from './timed-pause.ts'

/** How all of a database is examined before the relay relies on it, or, if it is large, while it does. */
export interface StoreExamination {
  isOver(): boolean
  /** Resolves if it is found to be damaged while the relay runs. */
  readonly damage: Promise<Error>
}

interface Surroundings {
  readonly log: Logger
  readonly metrics: Metrics
  readonly steady: () => number
  readonly pause: typeof timedPause
}

/** Sooner than that, nobody wonders why the relay does not listen. */
const LONG_MS = 2000

/**
 * Brings the database up to date and examines it: a damaged one would take what comes and lose it later.
 * @throws {StoreError} if it cannot be used, or is found to be damaged at once
 */
export async function prepared(
  store: ThreadedStore,
  { log, metrics, steady, pause }: Surroundings,
): Promise<StoreExamination> {
  const migrations = await store.migrate()
  if (migrations.length > 0) log.info({ migrations }, 'database migrated')
  const isLater = await store.examineLater()
  const examining = store.examineWhole()
  if (!isLater) {
    await telling(examining, log, pause)
    metrics.storeExamined.set(1)
    return { isOver: () => true, damage: new Promise(() => {}) }
  }
  log.info({}, 'the database is large: all of it is examined while the relay runs')
  const began = steady()
  let isOver = false
  const damage = new Promise<Error>((resolve) => {
    examining.then(
      () => {
        isOver = true
        metrics.storeExamined.set(1)
        log.info({ seconds: Math.round((steady() - began) / 100) / 10 }, 'the database was examined and is not damaged')
      },
      (error: unknown) => {
        // The relay ends before all was read.
        if (error instanceof StoreError && error.reason === 'stopping') return
        isOver = true
        resolve(error instanceof Error ? error : new Error(String(error)))
      },
    )
  })
  return { isOver: () => isOver, damage }
}

async function telling(examining: Promise<void>, log: Logger, pause: typeof timedPause): Promise<void> {
  const examined = new AbortController()
  void pause(LONG_MS, examined.signal).then(() => {
    if (!examined.signal.aborted)
      log.info({}, 'the database is examined before the relay listens; each gigabyte takes some seconds')
  })
  await examining.finally(() => examined.abort())
}
