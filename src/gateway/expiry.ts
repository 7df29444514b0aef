import type { Config } from '../config/schema.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { expiredNote } from '../queue/outcome.ts'
import type { ThreadedStore } from '../store/thread.ts'
import type { RunningIntegrations } from './running-integrations.ts'

interface ExpiryParts {
  readonly store: Pick<ThreadedStore, 'expire' | 'heldBefore'>
  readonly integrations: Pick<RunningIntegrations, 'worker'>
  readonly metrics: Metrics
  readonly log: Logger
  config(): Config
  now(): number
  steady(): number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * Gives up deliveries that their target has not taken for `hold_at_most_hours`, and warns a day before. Those of a paused
 * integration wait for the person who resumes it.
 */
export function createExpiry(parts: ExpiryParts): () => Promise<void> {
  const { store, integrations, metrics, log, now, steady } = parts
  const warned = new Map<string, number>()

  async function warn(integration: string, hours: number, at: number): Promise<void> {
    if (steady() - (warned.get(integration) ?? Number.NEGATIVE_INFINITY) < DAY_MS) return
    const deliveries = await store.heldBefore(integration, at - hours * HOUR_MS + DAY_MS)
    if (deliveries === 0) return
    warned.set(integration, steady())
    log.warn(
      { integration, deliveries, hold_at_most_hours: hours },
      'deliveries expire within a day unless their target answers',
    )
  }

  return async () => {
    for (const { name, common } of parts.config().integrations) {
      const hours = common.retry.hold_at_most_hours
      if (hours === 0 || integrations.worker(name)?.standing().pausedReason !== null) continue
      const at = now()
      const note = expiredNote(hours, '')
      const expired = await store.expire({ integration: name, before: at - hours * HOUR_MS, now: at, note })
      if (expired > 0) {
        metrics.attempts.inc({ integration: name, outcome: 'expired' }, expired)
        log.error({ integration: name, deliveries: expired, hold_at_most_hours: hours }, 'deliveries expired')
      }
      await warn(name, hours, at)
    }
  }
}
