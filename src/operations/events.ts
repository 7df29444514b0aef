import { hash } from 'node:crypto'
import type { EventHeads, EventPosition, StoredEvent } from '../store/events.ts'
import type { IntegrationState } from '../store/integration-states.ts'
import type { ReplayJob } from '../store/replays.ts'
import type { ThreadedStore } from '../store/thread.ts'

export type RelayEvent =
  | StoredEvent
  /** How an integration stands now. */
  | {
      readonly type: 'integration'
      readonly integration: string
      readonly standing: 'running' | 'held' | 'paused'
      readonly reason: string | null
    }
  /** How far a replay is now. */
  | { readonly type: 'replay'; readonly job: ReplayJob }

export interface SentEvent {
  /** From where to go on after it. */
  readonly id: string
  readonly event: RelayEvent
}

export interface Events {
  /**
   * What happens after a position, as it is committed by whatever instance, in pieces; ends with the signal. An empty
   * piece says that it begins here, or that nothing happened for a while.
   * @param after the id of an event; null: from now on
   */
  follow(after: string | null, signal: AbortSignal): AsyncGenerator<readonly SentEvent[]>
}

export interface EventParts {
  readonly store: Pick<ThreadedStore, 'eventHeads' | 'eventsBetween' | 'integrationStates' | 'replays'>
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted. Never rejects. */
  pause(ms: number, signal: AbortSignal): Promise<void>
}

interface Look {
  /** Up to which everything has been committed; null: that is not known yet. */
  readonly safe: EventPosition | null
  readonly standings: readonly RelayEvent[]
  readonly replays: readonly ReplayJob[]
}

const LOOK_MS = 1000
/** A transaction that is open for so long in another database of the server does not hold the events up. */
const PATIENCE_MS = 10_000
/** Of each table in one piece, so that memory stays bounded. */
const MOST_AT_ONCE = 200
const MOST_REPLAYS = 20
const SILENCE_MS = 15_000

/** Follows the rows that are committed; all readers of an instance share one look a second, and none is made without one. */
export function createEvents({ store, steady, pause }: EventParts): Events {
  let last: Promise<Look> | null = null
  let lastAt = Number.NEGATIVE_INFINITY
  const unsafe: { readonly at: number; readonly heads: EventHeads }[] = []
  let safe: EventPosition | null = null

  function look(): Promise<Look> {
    if (last !== null && steady() - lastAt < LOOK_MS) return last
    lastAt = steady()
    last = lookNow()
    return last
  }

  async function lookNow(): Promise<Look> {
    const heads = await store.eventHeads()
    const at = steady()
    unsafe.push({ at, heads })
    while (unsafe[0] !== undefined && (unsafe[0].heads.begun <= heads.ended || at - unsafe[0].at > PATIENCE_MS))
      safe = unsafe.shift()?.heads ?? safe
    const states = await store.integrationStates()
    const replays = await store.replays({ limit: MOST_REPLAYS })
    return { safe, standings: states.map(standingOf), replays }
  }

  return {
    async *follow(after, signal) {
      const first = after === null ? null : positionIn(after)
      let position: EventPosition | null = first?.position ?? null
      let standings = first?.standings ?? null
      let replays = first?.replays ?? null
      const known = new Map<string, string>()
      let toldAt = steady()
      let isOpen = false
      while (!signal.aborted) {
        const seen = await look()
        const next: SentEvent[] = []
        const shown = { standings: standings ?? digest(seen.standings), replays: replays ?? digest(seen.replays) }
        position ??= seen.safe
        if (position !== null && seen.safe !== null) {
          const events = isBehind(position, seen.safe)
            ? await store.eventsBetween(position, seen.safe, MOST_AT_ONCE)
            : []
          for (const event of events) {
            position = { ...position, [event.type]: event.id }
            next.push({ id: idOf(position, shown), event })
          }
          // Ids that nobody has are passed over, too.
          if (events.length < MOST_AT_ONCE) position = latest(position, seen.safe)
          const isFirst = known.size === 0
          for (const event of news(known, seen.standings)) {
            // To who resumes, all are told if one has changed.
            if (isFirst && digest(seen.standings) === shown.standings) continue
            next.push({ id: idOf(position, { ...shown, standings: digest(seen.standings) }), event })
          }
          shown.standings = digest(seen.standings)
          for (const event of news(known, seen.replays.map(progressOf).reverse())) {
            if (isFirst && digest(seen.replays) === shown.replays) continue
            next.push({ id: idOf(position, { ...shown, replays: digest(seen.replays) }), event })
          }
          shown.replays = digest(seen.replays)
          known.set('', '')
          standings = shown.standings
          replays = shown.replays
        }
        const begins: boolean = !isOpen && position !== null
        if (next.length > 0 || begins || steady() - toldAt > SILENCE_MS) {
          isOpen ||= begins
          toldAt = steady()
          yield next
        }
        if (next.length < MOST_AT_ONCE) await pause(LOOK_MS, signal)
      }
    },
  }
}

function standingOf({ integration, pausedAt, pausedReason, breaker }: IntegrationState): RelayEvent {
  if (pausedAt !== null) return { type: 'integration', integration, standing: 'paused', reason: pausedReason }
  if (breaker?.state === 'open') return { type: 'integration', integration, standing: 'held', reason: breaker.reason }
  return { type: 'integration', integration, standing: 'running', reason: null }
}

const progressOf = (job: ReplayJob): RelayEvent => ({ type: 'replay', job })

/** Those that are not known so, which they are from now on. */
function news(known: Map<string, string>, events: readonly RelayEvent[]): RelayEvent[] {
  return events.filter((event) => {
    const name = event.type === 'replay' ? `replay ${event.job.id}` : `integration ${JSON.stringify(nameIn(event))}`
    const now = JSON.stringify(event)
    const isNews = known.get(name) !== now
    known.set(name, now)
    return isNews
  })
}

const nameIn = (event: RelayEvent): string => ('integration' in event ? event.integration : '')

function isBehind(one: EventPosition, other: EventPosition): boolean {
  return one.activity < other.activity || one.attempt < other.attempt || one.action < other.action
}

function latest(one: EventPosition, other: EventPosition): EventPosition {
  return {
    activity: Math.max(one.activity, other.activity),
    attempt: Math.max(one.attempt, other.attempt),
    action: Math.max(one.action, other.action),
  }
}

const digest = (value: unknown): string => hash('sha256', JSON.stringify(value)).slice(0, 12)

interface Shown {
  readonly standings: string
  readonly replays: string
}

function idOf({ activity, attempt, action }: EventPosition, { standings, replays }: Shown): string {
  return [activity, attempt, action, standings, replays].join('-')
}

/** Null if it is not the id of an event. */
export function positionIn(id: string): ({ readonly position: EventPosition } & Shown) | null {
  const [, activity, attempt, action, standings, replays] =
    /^(\d{1,15})-(\d{1,15})-(\d{1,15})-([0-9a-f]{12})-([0-9a-f]{12})$/.exec(id) ?? []
  if (standings === undefined || replays === undefined) return null
  return {
    position: { activity: Number(activity), attempt: Number(attempt), action: Number(action) },
    ...{ standings, replays },
  }
}
