import type { Effect } from '../connectors/contract/effect.ts'

/**
 * - `pending`: due, or behind another one of its lane
 * - `delivering`: taken; its due date is its lease
 * - `waiting`: failed by itself, to be tried again
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
  readonly dueAt: number | null
  /** All tries so far, the present one included. */
  readonly attempts: number
  /** The tries that failed by the delivery's own fault: these wear the schedule out. */
  readonly failures: number
  /** When the first attempt began whose end is still unknown. */
  readonly inDoubtSince: number | null
  /** When the present row of own failures began; a hold ends the row. */
  readonly failingSince: number | null
  readonly settledAt: number | null
  readonly note: string | null
}

/** A delivery that this process has taken; `token` fences off whoever had it before. */
export interface Taken extends Delivery {
  readonly token: string
  readonly startedAt: number
}

/** How an attempt ended, in one word. */
export const OUTCOME_WORDS = ['delivered', 'confirmed', 'skipped', 'retry', 'hold', 'in doubt', 'dead'] as const
export type OutcomeWord = (typeof OUTCOME_WORDS)[number]

/** What an attempt makes of a delivery. */
export interface Outcome {
  readonly state: Exclude<DeliveryState, 'delivering'>
  /** When to try again; null exactly when the state is a settled one. */
  readonly dueAt: number | null
  readonly failures: number
  readonly inDoubtSince: number | null
  readonly failingSince: number | null
  /** What the operator reads: the receipt, or why it failed. */
  readonly note: string
  /** One word for metrics and the attempt's record. */
  readonly word: OutcomeWord
  readonly status: number | null
}

export function isSettled(state: DeliveryState): boolean {
  return state === 'delivered' || state === 'skipped' || state === 'dead'
}
