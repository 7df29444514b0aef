import type { Planned } from '../../src/store/planned.ts'
import type { Ledger } from './simulated-store.ts'
import type { Actor, World } from './world.ts'

/** What is known of a delivery from what was committed and from what its target wrote. */
export interface Known {
  readonly key: string
  readonly integration: string
  readonly lanes: readonly string[]
  /** Equal for those whose writes look the same at the target. */
  readonly look: string
  /** A ticket may be in a state already, so that nothing is written. */
  readonly isState: boolean
  id: number | null
  /** Who took it last and has not settled it. */
  holder: { readonly actor: Actor; readonly token: string } | null
  /** Attempts that began without knowing how an earlier one ended. */
  doubts: number
  /** The attempt under way may not write. */
  isOnlyAsked: boolean
  writes: number
  isReplayed: boolean
  state: string
}

export interface Invariants extends Ledger {
  /** The first that was broken; null if none was. */
  breach(): string | null
  known(): ReadonlyMap<string, Known>
  attempts(): number
  acknowledged(guid: string): void
  departs(actor: Actor, key: string): void
  written(actor: Actor, key: string): void
  fail(what: string): void
  /** What is delivered was written. */
  examineEnd(): void
  /** Keys of the deliveries of all acknowledged activities. */
  promised(): Iterable<string>
}

export interface InvariantParts {
  readonly world: World
  /** Whether the target can be asked what it has, without end. */
  canBeAsked(integration: string): boolean
}

export function createInvariants({ world, canBeAsked }: InvariantParts): Invariants {
  const known = new Map<string, Known>()
  /** By activity. */
  const planned = new Map<string, readonly Planned[]>()
  const stored = new Set<string>()
  const acknowledged = new Set<string>()
  const furthest = new Map<string, number>()
  const tokens = new Map<Actor, Map<string, string>>()
  let attempts = 0
  let breach: string | null = null

  function fail(what: string): void {
    if (breach !== null) return
    breach = what
    world.story.tell('BREACH', what)
  }

  function shown({ integration, id, key }: Known): string {
    return `delivery ${id ?? '?'} (${key.slice(0, 10)}) of ${integration}`
  }

  function learn({ key, integration, lanes, effect }: Planned): void {
    const look = `${integration} ${JSON.stringify(effect)}`
    known.set(key, {
      ...{
        key,
        integration,
        lanes,
        look,
        isState: effect.kind === 'state',
        id: null,
        holder: null,
        doubts: 0,
        isOnlyAsked: false,
        writes: 0,
        isReplayed: false,
      },
      state: 'pending',
    })
  }

  /** First writes of a lane come in the order in which its deliveries were accepted. */
  function examineOrder(delivery: Known): void {
    const { id, lanes, integration } = delivery
    if (id === null || delivery.writes !== 1 || delivery.isReplayed) return
    for (const lane of lanes) {
      const place = `${integration} ${lane}`
      const before = furthest.get(place) ?? 0
      if (before > id) fail(`${shown(delivery)} was written after ${before}, which came later in lane ${lane}`)
      furthest.set(place, Math.max(before, id))
    }
  }

  return {
    breach: () => breach,
    known: () => known,
    attempts: () => attempts,
    fail,
    examineEnd() {
      const looks = new Map<string, { delivered: number; writes: number }>()
      for (const { look, isState, state, writes } of known.values()) {
        if (isState) continue
        const sum = looks.get(look) ?? { delivered: 0, writes: 0 }
        sum.writes += writes
        if (state === 'delivered') sum.delivered += 1
        looks.set(look, sum)
      }
      for (const [look, { delivered, writes }] of looks)
        if (writes < delivered) fail(`${delivered} deliveries count as delivered, but ${writes} were written: ${look}`)
    },
    *promised() {
      for (const guid of acknowledged) for (const { key } of planned.get(guid) ?? []) yield key
    },
    appending({ projectId, activity, deliveries }) {
      planned.set(`${projectId} ${activity.key}`, deliveries)
    },
    appended({ projectId, activity, deliveries }, { duplicate }) {
      stored.add(`${projectId} ${activity.key}`)
      if (duplicate) return
      for (const each of deliveries) learn(each)
      world.story.tell('journal', `has ${activity.key} with ${deliveries.length} deliveries`)
    },
    acknowledged(guid) {
      acknowledged.add(guid)
      if (!stored.has(guid)) fail(`activity ${guid} was acknowledged before it was stored`)
    },
    taken(actor, taken, onlyAsked) {
      for (const { key, id, token, inDoubtSince, attempts: number } of taken) {
        const delivery = known.get(key)
        if (delivery === undefined) {
          fail(`delivery ${id} was taken, but never stored`)
          return
        }
        attempts += 1
        delivery.id = id
        delivery.holder = { actor, token }
        delivery.isOnlyAsked = onlyAsked
        delivery.state = 'delivering'
        if (inDoubtSince !== null && !onlyAsked) delivery.doubts += 1
        const own = tokens.get(actor) ?? new Map<string, string>()
        tokens.set(actor, own.set(key, token))
        world.story.tell(
          actor.name,
          `takes ${shown(delivery)}${inDoubtSince === null ? '' : ' in doubt'}, attempt ${number}`,
        )
      }
    },
    gaveBack(actor, taken) {
      for (const { key, token, inDoubtSince, before } of taken) {
        const delivery = known.get(key)
        if (delivery?.holder?.token !== token) continue
        attempts -= 1
        delivery.holder = null
        delivery.state = before.state
        if (inDoubtSince !== null && !delivery.isOnlyAsked) delivery.doubts -= 1
        world.story.tell(actor.name, `gives back ${shown(delivery)}`)
      }
    },
    settled(actor, { delivery: { key }, outcome }, isOurs) {
      const delivery = known.get(key)
      if (delivery === undefined) return
      const how = isOurs ? outcome.state : 'nothing, for the lease was lost'
      world.story.tell(actor.name, `settles ${shown(delivery)}: ${outcome.word}, so ${how}. ${outcome.note}`)
      if (!isOurs) return
      delivery.holder = null
      delivery.state = outcome.state
    },
    replayed(deliveries) {
      for (const { key } of deliveries) {
        const delivery = known.get(key)
        if (delivery !== undefined) delivery.isReplayed = true
      }
    },
    skipped(deliveries) {
      for (const { key } of deliveries) {
        const delivery = known.get(key)
        if (delivery === undefined) continue
        world.story.tell('journal', `has skipped ${shown(delivery)}`)
        delivery.state = 'skipped'
        delivery.holder = null
      }
    },
    departs(actor, key) {
      const delivery = known.get(key)
      if (delivery === undefined) {
        fail(`a write of ${actor.name} belongs to no delivery that was stored`)
        return
      }
      if (delivery.isOnlyAsked) fail(`${actor.name} writes ${shown(delivery)}, which was only to be asked about`)
      const { holder } = delivery
      if (holder?.actor === actor && holder.token === tokens.get(actor)?.get(key)) return
      const other = holder === null ? 'nobody, since it is settled' : holder.actor.name
      fail(`${actor.name} writes ${shown(delivery)}, but the lease belongs to ${other}`)
    },
    written(actor, key) {
      const delivery = known.get(key)
      if (delivery === undefined) {
        fail(`${actor.name} wrote what was never stored: ${key}`)
        return
      }
      delivery.writes += 1
      const most = canBeAsked(delivery.integration) ? 1 : 1 + delivery.doubts
      if (delivery.writes > most)
        fail(`${shown(delivery)} was written ${delivery.writes} times, with ${delivery.doubts} doubts`)
      examineOrder(delivery)
    },
  }
}
