import type { Effect } from '../connectors/contract/effect.ts'
import type { StoredBody } from './read-stored.ts'

/**
 * - `pending`: due, or behind another delivery of its lane
 * - `delivering`: taken; its due date is the end of the lease
 * - `waiting`: failed by its own fault, to be tried again
 * - `held`: the target is down, over its limit or rejects our credentials
 * - `delivered`, `skipped`, `dead`: settled
 */
export const DELIVERY_STATES = ['pending', 'delivering', 'waiting', 'held', 'delivered', 'skipped', 'dead'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

/** One effect for one integration, as the queue keeps it. Times are milliseconds since 1970. */
export interface Delivery {
  readonly id: number
  readonly activityId: number
  readonly key: string
  readonly projectId: string
  readonly integration: string
  readonly storyId: string | null
  readonly effect: Effect
  readonly lanes: readonly string[]
  readonly state: DeliveryState
  readonly createdAt: number
  /** When it was last put back into the queue; null if it never was. */
  readonly replayedAt: number | null
  readonly dueAt: number | null
  readonly attempts: number
  /** Attempts that failed by the delivery's own fault: only these use up retries. */
  readonly failures: number
  /** The start of the first attempt whose result is unknown. */
  readonly inDoubtSince: number | null
  /** The start of the present series of own failures; a hold ends the series. */
  readonly failingSince: number | null
  /** Of all failures, the target's too; a replay starts afresh. */
  readonly firstFailedAt: number | null
  readonly lastFailedAt: number | null
  /** What the attempt in doubt sent, if its target is searched for words. */
  readonly kept: string | null
  /** The target's clock when the attempt in doubt began. */
  readonly targetTime: number | null
  /** What it is sent in together with others; null if it is sent alone, or waits for that. */
  readonly digest: string | null
  readonly settledAt: number | null
  readonly note: string | null
}

/** Since when a delivery waits to be carried out. */
export function waitsSince({ createdAt, replayedAt }: Pick<Delivery, 'createdAt' | 'replayedAt'>): number {
  return replayedAt ?? createdAt
}

export interface Taken extends Delivery {
  /** The fencing token: an earlier holder of the lease cannot settle the delivery any more. */
  readonly token: string
  readonly startedAt: number
  /** The trace that its activity came in, as in the header `traceparent`; null if it came in none. */
  readonly trace: string | null
  /** What it was when it was taken. */
  readonly before: { readonly state: DeliveryState; readonly dueAt: number | null }
  /** When its activity happened. */
  readonly occurredAt: number
  readonly storyName: string | null
  readonly storyType: string | null
  /** Its activity, if it is carried on as a whole and is not long. */
  readonly body: StoredActivity | null
}

export interface StoredActivity extends StoredBody {
  readonly contentType: string | null
}

export const OUTCOME_WORDS = [
  'delivered',
  'confirmed',
  'skipped',
  'retry',
  'hold',
  'in doubt',
  'dead',
  'expired',
] as const

export interface Outcome {
  readonly state: Exclude<DeliveryState, 'delivering'>
  /** When to try again; null if and only if the state is settled. */
  readonly dueAt: number | null
  readonly failures: number
  readonly inDoubtSince: number | null
  readonly failingSince: number | null
  readonly firstFailedAt: number | null
  readonly lastFailedAt: number | null
  /** What the operator reads: the receipt, or why it failed. */
  readonly note: string
  /** One word for metrics and the attempt's record. */
  readonly word: (typeof OUTCOME_WORDS)[number]
  readonly status: number | null
  /** The id that the target gave to what was written, if it told one. */
  readonly receiptId: string | null
}

export function isSettled(state: DeliveryState): boolean {
  return state === 'delivered' || state === 'skipped' || state === 'dead'
}
