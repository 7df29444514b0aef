import type { TicketTarget } from '../connectors/contract/connector.ts'
import type { StateEffect } from '../connectors/contract/effect.ts'
import type { Breaker } from '../store/breaker.ts'
import type { Taken } from '../store/delivery.ts'

/** The other states of a delivery's story, as the store knows them. */
export interface StoryStates {
  nextState(delivery: Taken): Promise<StateEffect | null>
  laterStatesDelivered(delivery: Taken): Promise<readonly StateEffect[]>
}

export interface Precedence {
  readonly states: StoryStates
  /** Null: the target has no tickets, so every later state supersedes an earlier one. */
  readonly tickets: Pick<TicketTarget, 'supersedes'> | null
  readonly coalesce: boolean
  readonly breaker: Breaker
}

/** Why a later state of the same story makes this delivery unnecessary; null if none does. */
export async function superseded(delivery: Taken, precedence: Precedence): Promise<string | null> {
  const { effect } = delivery
  if (effect.kind !== 'state') return null
  const { states, tickets, coalesce, breaker } = precedence
  const replaces = (later: StateEffect): boolean => tickets?.supersedes(later, effect) ?? true
  // The replay of a dead state must not move the ticket back.
  if (delivery.attempts > 1 && (await states.laterStatesDelivered(delivery)).some(replaces))
    return 'superseded: a later state of the story was carried on already'
  if (!coalesce || !hasWaited(delivery, breaker)) return null
  const next = await states.nextState(delivery)
  return next !== null && replaces(next) ? 'superseded: a later state of the story was waiting already' : null
}

/**
 * Whether it waited for a target that was down. What arrives while the target is up is delivered state by state. In a
 * restored backup also what was never attempted is in doubt: the later state may be at the target already.
 */
function hasWaited({ attempts, createdAt, inDoubtSince }: Taken, breaker: Breaker): boolean {
  return attempts > 1 || inDoubtSince !== null || breaker.state === 'open' || createdAt <= breaker.recoveredAt
}
