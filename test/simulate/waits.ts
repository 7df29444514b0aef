import type { Taken } from '../../src/store/delivery.ts'
import { isSettled } from '../../src/store/delivery.ts'
import type { Planned } from '../../src/store/planned.ts'
import type { Settlement } from '../../src/store/settle.ts'
import { type Actor, createActor, type World } from './world.ts'

/**
 * Watches how long deliveries that have not failed wait, while nothing but single deliveries is wrong with their target.
 */
export interface Waits {
  planned(delivery: Planned): void
  taken(actor: Actor, taken: Taken): void
  settled(actor: Actor, settlement: Settlement): void
  /** It waits again. */
  gaveBack(taken: Taken): void
  /** It is in its lanes no more. */
  left(key: string): void
  /** What the order of a lane is cannot be known any more. */
  lose(lanes: readonly string[], integration: string): void
  /** Something is wrong with the relay or a target until then. */
  disturb(until: number, integration?: string): void
}

interface Waiting {
  readonly integration: string
  readonly places: readonly string[]
  /** When it became the first in its lanes; null if it is not. */
  dueSince: number | null
  isTaken: boolean
}

/** Deliveries that have failed since the target last took one, as somebody has seen it. */
interface Seen {
  readonly failing: Set<string>
  /** When it was last more than one. */
  severalAt: number
  readonly startedAt: number
}

export interface WaitLimits {
  /** The longest pause between two looks of a relay at its queue. */
  readonly lookMs: number
  /** The longest wait for a probe. */
  readonly probeMs: number
  /** By how much longer deliveries of an integration may wait for another that is asked about first. */
  questionsMs(integration: string): number
  /** What is due by one clock is not due by another. */
  clocksApartMs(): number
}

const LEASE_MS = 10_000
/** For attempts that others make before. */
const SLACK_MS = 45_000
/** For one attempt that another makes before. */
const LOOK_SLACK_MS = 15_000

export function createWaits(
  world: World,
  limits: WaitLimits,
  alive: () => readonly Actor[],
  fail: (what: string) => void,
): Waits {
  const deliveries = new Map<string, Waiting>()
  const lanes = new Map<string, string[]>()
  const lost = new Set<string>()
  const seen = new Map<Actor, Map<string, Seen>>()
  /** What incarnations leave to each other. */
  const everybody = createActor('everybody')
  const disturbed = new Map<string, number>()
  const progress = new Map<string, number>()
  let disturbedAll = 0

  function seenBy(actor: Actor, integration: string): Seen {
    const own = seen.get(actor) ?? new Map<string, Seen>()
    seen.set(actor, own)
    const known = own.get(integration) ?? { failing: new Set(), severalAt: 0, startedAt: world.now() }
    own.set(integration, known)
    return known
  }

  function makeDue(key: string): void {
    const delivery = deliveries.get(key)
    if (delivery === undefined || delivery.dueSince !== null) return
    if (delivery.places.every((place) => lanes.get(place)?.[0] === key)) delivery.dueSince = world.now()
  }

  function leave(key: string, { places }: Waiting): void {
    for (const place of places) {
      const left = (lanes.get(place) ?? []).filter((each) => each !== key)
      lanes.set(place, left)
      if (left[0] !== undefined) makeDue(left[0])
    }
  }

  function examine(key: string, { integration, places, dueSince }: Waiting): void {
    const before = progress.get(integration) ?? 0
    progress.set(integration, world.now())
    if (dueSince === null || places.some((place) => lost.has(place))) return
    const quietSince = Math.max(disturbedAll, disturbed.get(integration) ?? 0)
    const since = Math.max(dueSince, quietSince, before)
    const waitedMs = world.now() - since
    const allowedMs = limits.questionsMs(integration) + limits.clocksApartMs()
    const lookLongMs = limits.lookMs + LOOK_SLACK_MS + allowedMs
    const longestMs = 2 * limits.lookMs + LEASE_MS + SLACK_MS + allowedMs
    if (waitedMs > longestMs + limits.probeMs) {
      fail(textOf(key, integration, waitedMs, 'one probe'))
      return
    }
    const calmSince = Math.max(dueSince, before) - longestMs - limits.probeMs
    const isCalm = (actor: Actor): boolean => {
      const { severalAt, startedAt } = seenBy(actor, integration)
      return severalAt < calmSince && startedAt < calmSince
    }
    const hasReason = seenBy(everybody, integration).failing.size > 1 || !alive().some(isCalm)
    if (waitedMs > lookLongMs && quietSince < calmSince && !hasReason)
      fail(textOf(key, integration, waitedMs, 'no more than a look, since only one other delivery fails'))
  }

  function textOf(key: string, integration: string, ms: number, instead: string): string {
    return `delivery ${key.slice(0, 10)} of ${integration} has waited ${Math.round(ms / 1000)} s while it was due, in place of ${instead}`
  }

  return {
    planned({ key, integration, lanes: named }) {
      const places = named.map((lane) => `${integration} ${lane}`)
      deliveries.set(key, { integration, places, dueSince: null, isTaken: false })
      for (const place of places) lanes.set(place, [...(lanes.get(place) ?? []), key])
      makeDue(key)
    },
    taken(actor, { key, attempts, failures }) {
      const delivery = deliveries.get(key)
      if (delivery === undefined || delivery.isTaken || attempts > 1 || failures > 0) return
      seenBy(actor, delivery.integration)
      delivery.isTaken = true
      examine(key, delivery)
    },
    gaveBack({ key }) {
      const delivery = deliveries.get(key)
      if (delivery === undefined) return
      delivery.isTaken = false
      if (delivery.dueSince !== null) delivery.dueSince = world.now()
    },
    settled(actor, { delivery: { key }, outcome }) {
      const delivery = deliveries.get(key)
      if (delivery === undefined) return
      const isDisturbed = (disturbed.get(delivery.integration) ?? 0) > world.now() - LEASE_MS
      for (const each of [actor, everybody]) {
        const known = seenBy(each, delivery.integration)
        if (outcome.state === 'delivered') known.failing.clear()
        else if (outcome.state !== 'skipped') known.failing.add(key)
        if (known.failing.size > 0 && isDisturbed) known.failing.add('the target itself')
        if (known.failing.size > 1) known.severalAt = world.now()
      }
      if (isSettled(outcome.state)) leave(key, delivery)
    },
    left(key) {
      const delivery = deliveries.get(key)
      if (delivery !== undefined) leave(key, delivery)
    },
    lose(named, integration) {
      for (const lane of named) lost.add(`${integration} ${lane}`)
    },
    disturb(until, integration) {
      if (integration === undefined) disturbedAll = Math.max(disturbedAll, until)
      else disturbed.set(integration, Math.max(disturbed.get(integration) ?? 0, until))
    },
  }
}
