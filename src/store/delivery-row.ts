import type { Delivery, DeliveryState } from './delivery.ts'
import { storedJson } from './stored-json.ts'

/** A row of `deliveries` as both drivers return it. */
export interface DeliveryRow {
  id: number
  activity_id: number
  key: string
  project_id: string
  integration: string
  story_id: string | null
  effect: string
  lanes: string
  state: DeliveryState
  created_at: number
  replayed_at: number | null
  due_at: number | null
  token: string | null
  attempts: number
  failures: number
  attempt_started_at: number | null
  in_doubt_since: number | null
  failing_since: number | null
  first_failed_at: number | null
  last_failed_at: number | null
  kept: string | null
  target_time: number | null
  digest: string | null
  settled_at: number | null
  note: string | null
}

/** A delivery that has just been taken. */
export interface TakenRow extends DeliveryRow {
  readonly trace: string | null
  readonly occurred_at: number
  readonly story_name: string | null
  readonly story_type: string | null
  readonly raw: Buffer | null
  readonly content_type: string | null
  /** What it was before. */
  readonly before: DeliveryState
  readonly before_due: number | null
}

/** By name: while releases change, the table may have columns that this one does not know. */
export const DELIVERY_COLUMNS: readonly (keyof DeliveryRow)[] = [
  ...(['id', 'activity_id', 'key', 'project_id', 'integration', 'story_id', 'effect', 'lanes', 'state'] as const),
  ...([
    'created_at',
    'replayed_at',
    'due_at',
    'token',
    'attempts',
    'failures',
    'attempt_started_at',
    'in_doubt_since',
  ] as const),
  ...(['failing_since', 'first_failed_at', 'last_failed_at', 'kept', 'target_time', 'digest'] as const),
  ...(['settled_at', 'note'] as const),
]

/** Since when a delivery waits, as in the index of those that are open, word for word. */
export const WAITS_SINCE = 'coalesce(replayed_at, created_at)'

export function deliveryOf(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    activityId: row.activity_id,
    key: row.key,
    projectId: row.project_id,
    integration: row.integration,
    storyId: row.story_id,
    effect: storedJson(row.effect, `the effect of delivery ${row.id}`),
    lanes: storedJson(row.lanes, `the lanes of delivery ${row.id}`),
    state: row.state,
    createdAt: row.created_at,
    replayedAt: row.replayed_at,
    dueAt: row.due_at,
    attempts: row.attempts,
    failures: row.failures,
    inDoubtSince: row.in_doubt_since,
    failingSince: row.failing_since,
    firstFailedAt: row.first_failed_at,
    lastFailedAt: row.last_failed_at,
    kept: row.kept,
    targetTime: row.target_time,
    digest: row.digest,
    settledAt: row.settled_at,
    note: row.note,
  }
}
