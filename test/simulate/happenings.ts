import type { Config } from '../../src/config/schema.ts'
import { StoreError } from '../../src/store/store-error.ts'
import type { createArms } from './arms.ts'
import type { Opened } from './casts.ts'
import type { Happening } from './faults.ts'
import type { Machine } from './machine.ts'
import { type createNetwork, LONG_LIMIT_S } from './network.ts'
import type { Operator } from './operator.ts'
import type { createWaits } from './waits.ts'
import type { Actor, World } from './world.ts'

const MINUTE_MS = 60_000

/** Lets happen what a scenario has planned. */
export interface Happenings {
  happen(happening: Happening): void
  start(machine: Machine): void
  /** Starts the machines whose time it is. */
  everyMinute(): void
  /** From now on nothing happens any more: machines are thawed, started, and their clocks right. */
  end(): void
  areOver(): boolean
}

export function createHappenings(
  parts: {
    readonly world: World
    /** Who does what no machine does. */
    readonly gods: Actor
    readonly arms: ReturnType<typeof createArms>
    readonly network: ReturnType<typeof createNetwork>
    readonly operator: Operator
    readonly waits: ReturnType<typeof createWaits>
    readonly machines: readonly Machine[]
    readonly configs: readonly [Config, ...Config[]]
    /** How far the clock is ahead of the place where all is said. */
    readonly placeAheadMs: number
    /** Counts a fault. */
    strike(): void
    raise(error: unknown): void
  } & Pick<Opened, 'chat'>,
): Happenings {
  const { world, gods, arms, network, chat, operator, waits, machines, configs, placeAheadMs, strike, raise } = parts
  const restartAt = new Map<Machine, number>()
  const frozen = new Map<Machine, { readonly actor: Actor; readonly since: number; readonly isSteadyStill: boolean }>()
  let config = configs[0]
  let isOver = false

  function later(ms: number, work: () => void): void {
    world.at(world.now() + ms, gods, work)
  }

  function start(machine: Machine): void {
    waits.disturb(world.now())
    if (machine.running === null) machine.start(config)
  }

  function restartAfter(machine: Machine, ms: number): void {
    restartAt.set(machine, world.now() + ms)
    later(ms, () => start(machine))
  }

  function freeze(machine: Machine, forMs: number, isSteadyStill: boolean): void {
    const actor = machine.running?.actor
    if (actor === undefined) return
    strike()
    world.story.tell(actor.name, `freezes for ${forMs / 1000} s`)
    actor.isFrozen = true
    frozen.set(machine, { actor, since: world.now(), isSteadyStill })
    later(forMs, () => thaw(machine))
  }

  function thaw(machine: Machine): void {
    const held = frozen.get(machine)
    if (held === undefined) return
    frozen.delete(machine)
    world.story.tell(held.actor.name, 'goes on')
    waits.disturb(world.now())
    world.thaw(held.actor, held.isSteadyStill ? world.now() - held.since : 0)
  }

  function happen(happening: Happening): void {
    if (isOver) return
    const machine = 'machine' in happening ? machines[happening.machine] : undefined
    switch (happening.type) {
      case 'trouble': {
        const { host, trouble, forMs, share } = happening
        world.story.tell(host, `${trouble} for ${forMs / 1000} s, ${Math.ceil(share * 100)} % of requests`)
        const askedMs = trouble === 'over its limit for long' ? 1.1 * 1000 * LONG_LIMIT_S : 0
        waits.disturb(world.now() + forMs + askedMs, host)
        network.begin({ host, trouble, share, until: world.now() + forMs })
        break
      }
      case 'crash':
        if (machine !== undefined) arms.crash(machine, happening, () => restartAfter(machine, happening.downMs))
        break
      case 'power cut':
        arms.cutPower(happening.afterWrites, () => {
          for (const each of machines) restartAfter(each, happening.downMs)
        })
        break
      case 'stop':
        if (machine !== undefined) stop(machine, happening.downMs)
        break
      case 'freeze':
        if (machine !== undefined)
          arms.freeze(machine, happening, () => freeze(machine, happening.forMs, happening.isSteadyStill))
        break
      case 'clock':
        if (machine === undefined) break
        // A clock that is set while the other one stands still hides that time has passed (decision 13).
        if (frozen.has(machine)) break
        strike()
        world.story.tell(machine.name, `clock set by ${happening.byMs / 1000} s`)
        machine.aheadMs += happening.byMs
        break
      case 'database fails':
        if (machine !== undefined)
          arms.failDatabase(machine, happening.calls, (call) => {
            strike()
            return new StoreError(happening.reason, `the database is ${happening.reason}, ${call} failed`)
          })
        break
      case 'pause':
        waits.disturb(world.now() + happening.forMs, happening.integration)
        operator.pause(happening.integration, happening.forMs)
        break
      case 'replay':
        operator.replay(happening.state)
        break
      case 'replay job':
        operator.replayBy(happening.perSecond)
        break
      case 'skip':
        operator.skip(happening.integration, happening.state, happening.most)
        break
      case 'reload':
        reload()
        break
      case 'chat':
        chat(happening.messages, world.now() + placeAheadMs)
        break
    }
  }

  function stop(machine: Machine, downMs: number): void {
    waits.disturb(world.now() + MINUTE_MS)
    restartAt.set(machine, Number.POSITIVE_INFINITY)
    machine.stop().then(() => restartAfter(machine, downMs), raise)
  }

  function reload(): void {
    config = configs[(configs.indexOf(config) + 1) % configs.length] ?? config
    world.story.tell('operator', 'reloads')
    waits.disturb(world.now() + MINUTE_MS)
    for (const { running } of machines)
      running?.core.inForce.reload(config).catch((error: unknown) => {
        if (!(error instanceof StoreError)) raise(error)
      })
  }

  return {
    happen,
    start,
    everyMinute() {
      for (const machine of machines)
        if (machine.running === null && world.now() >= (restartAt.get(machine) ?? 0)) start(machine)
      for (const machine of machines) if (machine.running?.isReady !== true) waits.disturb(world.now())
      if (frozen.size > 0) waits.disturb(world.now())
    },
    end() {
      isOver = true
      for (const machine of machines) {
        thaw(machine)
        restartAt.delete(machine)
      }
      // Not in the moment of a thaw: no clock could tell then that it stood still.
      world.at(world.now() + MINUTE_MS, gods, () => {
        waits.disturb(world.now() + MINUTE_MS)
        for (const machine of machines) machine.aheadMs = 0
      })
    },
    areOver: () => isOver,
  }
}
