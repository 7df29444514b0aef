import type { IntegrationState } from '../store/integration-states.ts'
import type { StandingFacts } from '../store/standing-facts.ts'
import { dayOf } from './standing.ts'

export const STANDINGS = ['running', 'held', 'paused', 'capped', 'not configured'] as const

/** How an integration stands, as the database tells it to everybody who asks: any instance, a page, a command. */
export interface ToldStanding {
  readonly state: (typeof STANDINGS)[number]
  /** One sentence for the operator, or two. */
  readonly sentence: string
  readonly since: number | null
  /** When sending goes on by itself, or is tried again; null if it runs, or only a person can tell. */
  readonly until: number | null
  readonly reason: string | null
  /** Who paused it: a person, or the relay itself because the target refused in a way that only a person can mend. */
  readonly pausedBy: 'operator' | 'target' | null
}

const DAY_MS = 86_400_000

/**
 * @param pace undefined: the config does not have the integration
 * @param digestAt when the next digest is due; null: nothing waits for one
 */
export function toldStanding(
  pace: { readonly max_per_day?: number | undefined } | undefined,
  state: IntegrationState | undefined,
  facts: StandingFacts,
  now: number,
  digestAt: number | null = null,
): ToldStanding {
  if (pace === undefined)
    return {
      state: 'not configured',
      sentence:
        'The config has no integration of this name, so its open deliveries are not sent. Move them to another one, or skip them.',
      since: null,
      until: null,
      reason: null,
      pausedBy: null,
    }
  if (state?.pausedAt != null) {
    const by = state.pausedBy === 'operator' ? 'an operator' : "its target's refusal"
    const reason = state.pausedReason ?? ''
    const sentence = `Paused by ${by} since ${timeOf(state.pausedAt)}: ${reason}. Resume it to go on.`
    return {
      ...{ state: 'paused', sentence, since: state.pausedAt, until: null, reason },
      pausedBy: state.pausedBy === 'operator' ? 'operator' : 'target',
    }
  }
  if (state?.breaker?.state === 'open') {
    const { reason, until } = state.breaker
    const since = facts.failingSince
    const from = since === null ? '' : ` since ${timeOf(since)}`
    const sentence = `On hold${from}: ${reason}. Tried again at ${timeOf(until)}.`
    return { state: 'held', sentence, since, until, reason, pausedBy: null }
  }
  if (pace.max_per_day !== undefined && facts.sentToday >= pace.max_per_day) {
    const until = Date.parse(dayOf(now)) + DAY_MS
    const sentence = `The day's cap of ${pace.max_per_day} is reached; sending goes on at ${timeOf(until)}.`
    return { state: 'capped', sentence, since: null, until, reason: 'max_per_day is reached', pausedBy: null }
  }
  const sentence =
    digestAt !== null && digestAt > now && facts.failingSince === null
      ? `Running; what waits goes into the digest at ${timeOf(digestAt)}.`
      : runningSentence(facts)
  return { state: 'running', sentence, since: null, until: null, reason: null, pausedBy: null }
}

function runningSentence({ oldestOpen, failingSince }: StandingFacts): string {
  if (oldestOpen === null) return 'Running; nothing waits.'
  const failing = failingSince === null ? '' : `, and some have failed since ${timeOf(failingSince)}`
  return `Running; the oldest delivery waits since ${timeOf(oldestOpen)}${failing}.`
}

function timeOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
