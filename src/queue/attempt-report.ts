import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { type Outcome, type Taken, waitsSince } from '../store/delivery.ts'

interface AttemptReport {
  readonly delivery: Taken
  readonly outcome: Outcome
  readonly endedAt: number
  readonly durationMs: number
  /** False if the lease was lost meanwhile, so that the outcome changed nothing. */
  readonly ours: boolean
  /** Null: it is not traced. */
  readonly traceId: string | null
}

export function reportAttempt(metrics: Metrics, log: Logger, attempt: AttemptReport): void {
  const { delivery, outcome, endedAt, durationMs, ours, traceId } = attempt
  const { integration } = delivery
  if (!ours) metrics.leasesLost.inc({ integration })
  metrics.attempts.inc({ integration, outcome: outcome.word })
  metrics.attemptDuration.observe({ integration }, durationMs / 1000)
  // Between the two the machine's clock may have been set back.
  const sinceAsked = Math.max(0, endedAt - waitsSince(delivery))
  if (outcome.state === 'delivered') metrics.endToEnd.observe({ integration }, sinceAsked / 1000)
  log[levelOf(outcome)](
    {
      delivery: delivery.id,
      activity: delivery.activityId,
      project: delivery.projectId,
      story: delivery.storyId,
      kind: delivery.effect.kind,
      attempt: delivery.attempts,
      outcome: outcome.word,
      state: ours ? outcome.state : 'not ours any more',
      ms: Math.round(durationMs),
      note: outcome.note,
      ...(traceId === null ? {} : { trace_id: traceId }),
      ...(outcome.dueAt === null ? {} : { again_at: new Date(outcome.dueAt).toISOString() }),
    },
    'delivery',
  )
}

function levelOf({ state }: Outcome): 'error' | 'warn' | 'info' {
  if (state === 'dead') return 'error'
  return state === 'waiting' || state === 'held' ? 'warn' : 'info'
}
