import type { Random } from './random.ts'
import { createStory, type Story } from './story.ts'

/** Who acts in the world: an incarnation of the relay, an operator, Tracker. */
export interface Actor {
  readonly name: string
  isAlive: boolean
  isFrozen: boolean
  /** Milliseconds that its steady clock has stood still. */
  standstillMs: number
  /** What has to wait until it is thawed. */
  readonly waiting: (() => void)[]
}

export function createActor(name: string): Actor {
  return { name, isAlive: true, isFrozen: false, standstillMs: 0, waiting: [] }
}

/** A call that leaves the relay. */
export interface Operation {
  readonly actor: Actor
  readonly name: string
  /** Those that write may share a commit with others of their actor; no fault strikes the world's own. */
  readonly kind: 'reads' | 'writes' | 'own'
  /** What it reads before its commit. */
  readonly look: (() => Promise<void>) | undefined
  run(): Promise<unknown>
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** What becomes of an operation. */
export type Fate =
  | { readonly type: 'runs' }
  /** Its caller is told that the database failed; nothing was written. */
  | { readonly type: 'fails'; readonly error: Error }
  /** The actor dies: before it ran, or after it ran and before its caller hears of it. */
  | { readonly type: 'dies'; readonly when: 'before' | 'after' }
  /** It runs and its caller hears of it; then everybody dies, and the disk is as it was right after the call. */
  | { readonly type: 'power cut' }

export interface World {
  readonly story: Story
  /** Milliseconds since 1970. */
  now(): number
  /** Runs the work at that time, unless its actor is dead; later if the actor is frozen. @returns what calls it off */
  at(time: number, actor: Actor, work: () => void): () => void
  /** Runs the call in its turn. @param look runs before it, and before those that share its commit */
  call<T>(
    actor: Actor,
    name: string,
    kind: Operation['kind'],
    run: () => Promise<T>,
    look?: () => Promise<void>,
  ): Promise<T>
  /** Lets everything happen until nothing is left or the condition holds, which is asked whenever time moves on. */
  run(isOver: () => boolean): Promise<void>
  /** A frozen actor goes on. @param standstillMs how long its steady clock has stood still */
  thaw(actor: Actor, standstillMs: number): void
  /** How many calls of the actor have not returned. */
  outstanding(actor: Actor): number
}

export interface WorldParts {
  readonly startAt: number
  readonly random: Random
  fateOf(operation: Pick<Operation, 'actor' | 'name' | 'kind'>): Fate
  /** Called when the fate of a call is that its actor dies. */
  onDeath(actor: Actor): Promise<void>
  /** Called right after a call, whose caller has not gone on yet, to keep what is on the disk. */
  keepDisk(): void
  onPowerCut(): Promise<void>
}

interface Timer {
  readonly due: number
  readonly rank: number
  readonly actor: Actor
  readonly work: () => void
  isOff: boolean
}

/** A call to the database takes so long at most, mostly no time at all. */
const SLOWEST_CALL_MS = 20
const MOST_IN_COMMIT = 6

/**
 * The simulated world. One thing happens at a time, in an order that chance decides, and time moves on only when nothing is
 * left to do: so the same chance gives the same story.
 */
export function createWorld(parts: WorldParts): World {
  const { startAt, random, fateOf, onDeath } = parts
  const timers = createHeap<Timer>((one, other) => one.due - other.due || one.rank - other.rank)
  const ready: Operation[] = []
  const running = new Map<Actor, number>()
  let time = startAt
  const story = createStory(() => time)

  function at(due: number, actor: Actor, work: () => void): () => void {
    const timer: Timer = { due: Math.max(due, time), rank: random.next(), actor, work, isOff: false }
    timers.push(timer)
    return () => {
      timer.isOff = true
    }
  }

  function call<T>(
    actor: Actor,
    name: string,
    kind: Operation['kind'],
    run: () => Promise<T>,
    look?: () => Promise<void>,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!actor.isAlive) return
      running.set(actor, (running.get(actor) ?? 0) + 1)
      const told = { resolve: resolve as (value: unknown) => void, reject }
      const operation: Operation = { ...{ actor, name, kind, look, run }, ...told }
      if (random.chance(0.7)) ready.push(operation)
      else at(time + random.whole(1, SLOWEST_CALL_MS), actor, () => ready.push(operation))
    })
  }

  /** One of those that may run now; calls of the dead are forgotten, and those of the frozen wait. */
  function choose(): Operation | null {
    while (ready.length > 0) {
      const [chosen] = ready.splice(Math.floor(random.next() * ready.length), 1)
      if (chosen === undefined || !chosen.actor.isAlive) continue
      if (!chosen.actor.isFrozen) return chosen
      chosen.actor.waiting.push(() => ready.push(chosen))
    }
    return null
  }

  /** Writes that come together share a commit. */
  function companions(first: Operation): Operation[] {
    if (first.kind !== 'writes' || !random.chance(0.5)) return [first]
    const group = [first]
    for (const each of [...ready]) {
      if (each.actor !== first.actor || each.kind !== 'writes' || group.length === MOST_IN_COMMIT) continue
      ready.splice(ready.indexOf(each), 1)
      group.push(each)
    }
    return group
  }

  async function perform(first: Operation): Promise<void> {
    const group = companions(first)
    const { actor } = first
    const going: Operation[] = []
    let deathAfter = false
    let isPowerCut = false
    for (const each of group) {
      const fate: Fate = each.kind === 'own' ? { type: 'runs' } : fateOf(each)
      if (fate.type === 'dies' && fate.when === 'before') {
        story.tell(actor.name, `dies before ${each.name}`)
        return await onDeath(actor)
      }
      if (fate.type === 'dies') {
        story.tell(actor.name, `dies after ${each.name}`)
        deathAfter = true
      }
      if (fate.type === 'power cut') isPowerCut = true
      if (fate.type !== 'fails') going.push(each)
      else {
        story.tell(actor.name, `${each.name} fails: ${fate.error.message}`)
        finish(each, { status: 'rejected', reason: fate.error })
      }
    }
    // Beside a commit it would be chance what they see of it. In the commit they come last, so they are told of last.
    const looking = going.filter(({ look }) => look !== undefined)
    for (const { look } of looking) await look?.()
    const inOrder = [...going.filter(({ look }) => look === undefined), ...looking]
    const results = await Promise.allSettled(inOrder.map((each) => each.run()))
    if (isPowerCut) parts.keepDisk()
    if (deathAfter) return await onDeath(actor)
    const told = inOrder.map((each, index) => ({ each, result: results[index] }))
    while (told.length > 0) {
      const [next] = told.splice(Math.floor(random.next() * told.length), 1)
      if (next?.result !== undefined) finish(next.each, next.result)
    }
    if (!isPowerCut) return
    await eventLoopDrained()
    await parts.onPowerCut()
  }

  function finish(operation: Operation, result: PromiseSettledResult<unknown>): void {
    const { actor, resolve, reject } = operation
    if (actor.isFrozen) {
      actor.waiting.push(() => finish(operation, result))
      return
    }
    running.set(actor, (running.get(actor) ?? 1) - 1)
    if (result.status === 'fulfilled') resolve(result.value)
    else reject(result.reason)
  }

  function thaw(actor: Actor, standstillMs: number): void {
    actor.isFrozen = false
    actor.standstillMs += standstillMs
    for (const work of actor.waiting.splice(0)) at(time, actor, work)
  }

  return {
    story,
    now: () => time,
    at,
    call,
    thaw,
    outstanding: (actor) => running.get(actor) ?? 0,
    async run(isOver) {
      for (;;) {
        await eventLoopDrained()
        const operation = choose()
        if (operation !== null) {
          await perform(operation)
          continue
        }
        if (isOver()) return
        const timer = timers.pop()
        if (timer === undefined) return
        if (timer.isOff || !timer.actor.isAlive) continue
        time = Math.max(time, timer.due)
        if (timer.actor.isFrozen) timer.actor.waiting.push(timer.work)
        else timer.work()
      }
    },
  }
}

/** Everything that could go on without the world has gone on. */
function eventLoopDrained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

interface Heap<T> {
  push(item: T): void
  pop(): T | undefined
}

function createHeap<T>(compare: (one: T, other: T) => number): Heap<T> {
  const items: T[] = []
  const swap = (a: number, b: number): void => {
    const [one, other] = [items[a], items[b]]
    if (one === undefined || other === undefined) return
    items[a] = other
    items[b] = one
  }
  const isBefore = (a: number, b: number): boolean => {
    const [one, other] = [items[a], items[b]]
    return one !== undefined && other !== undefined && compare(one, other) < 0
  }
  return {
    push(item) {
      let at = items.push(item) - 1
      while (at > 0 && isBefore(at, (at - 1) >> 1)) {
        swap(at, (at - 1) >> 1)
        at = (at - 1) >> 1
      }
    },
    pop() {
      swap(0, items.length - 1)
      const first = items.pop()
      for (let at = 0; ; ) {
        let least = at
        if (isBefore(2 * at + 1, least)) least = 2 * at + 1
        if (isBefore(2 * at + 2, least)) least = 2 * at + 2
        if (least === at) return first
        swap(at, least)
        at = least
      }
    },
  }
}
