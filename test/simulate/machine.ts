import type { Config } from '../../src/config/schema.ts'
import { type Core, createCore } from '../../src/gateway/core.ts'
import { METRIC_WORDS } from '../../src/gateway/metric-words.ts'
import { createClient } from '../../src/http/client.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { createReplayer, type Replayer } from '../../src/operations/replayer.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { StoreError } from '../../src/store/store-error.ts'
import type { Network } from './network.ts'
import { type Random, randomOf } from './random.ts'
import { type Changes, type Ledger, simulatedStore } from './simulated-store.ts'
import { type Actor, createActor, type World } from './world.ts'

/** One host on which the relay runs, one incarnation after the other. */
export interface Machine {
  readonly name: string
  /** The incarnation that runs; null between two. */
  readonly running: Incarnation | null
  /** By how much its wall clock is ahead of the world's. */
  aheadMs: number
  start(config: Config): void
  /** Cuts the incarnation off: its calls never return, its connections close. */
  die(): Promise<void>
  /** Ends it as SIGTERM does. */
  stop(): Promise<void>
}

export interface Incarnation {
  readonly actor: Actor
  readonly core: Core
  readonly replayer: Replayer
  readonly store: Store
  /** It takes activities in. */
  readonly isReady: boolean
}

export interface MachineParts {
  readonly name: string
  readonly seed: number
  readonly file: string
  readonly world: World
  readonly network: Network
  readonly ledger: Ledger
  readonly changes: Changes
  readonly lookMs: number
  readonly leaseMs: number
}

/** The relay's metrics are the process's: each registry hooks into node. */
const METRICS = createMetrics({ version: 'simulated', words: METRIC_WORDS })
const LOG = createLogger('silent')

export function createMachine(parts: MachineParts): Machine {
  const { name, world } = parts
  let incarnations = 0
  let running: (Incarnation & { isReady: boolean }) | null = null

  async function close(incarnation: Incarnation): Promise<void> {
    incarnation.actor.isAlive = false
    if (running === incarnation) running = null
    await incarnation.store.close()
  }

  const machine: Machine = {
    name,
    get running() {
      return running
    },
    aheadMs: 0,
    start(config) {
      incarnations += 1
      const actor = createActor(`${name}${incarnations}`)
      const store = openStore({ client: 'sqlite', file: parts.file })
      const made = coreOf(actor, store, config, machine, parts, randomOf(parts.seed, actor.name))
      const incarnation = { actor, ...made, store, isReady: false }
      running = incarnation
      world.story.tell(actor.name, 'starts')
      made.core.start().then(
        () => {
          incarnation.isReady = true
        },
        (error: unknown) => {
          world.story.tell(actor.name, `cannot start: ${error}`)
          void world.call(actor, 'exit', 'own', () => close(incarnation))
        },
      )
    },
    async die() {
      if (running !== null) await close(running)
    },
    async stop() {
      const incarnation = running
      if (incarnation === null) return
      world.story.tell(incarnation.actor.name, 'stops')
      incarnation.isReady = false
      await incarnation.replayer.stop()
      await incarnation.core.integrations.stop()
      await incarnation.core.settle()
      await world.call(incarnation.actor, 'exit', 'own', () => close(incarnation))
    },
  }
  return machine
}

function coreOf(
  actor: Actor,
  store: Store,
  config: Config,
  machine: Machine,
  { world, network, ledger, changes, lookMs, leaseMs }: MachineParts,
  random: Random,
): Pick<Incarnation, 'core' | 'replayer'> {
  const bootedAt = world.now()

  function pause(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      const callOff = world.at(world.now() + ms, actor, end)
      signal?.addEventListener('abort', end)

      function end(): void {
        callOff()
        signal?.removeEventListener('abort', end)
        resolve()
      }
    })
  }

  function repeat(ms: number, work: () => void): () => void {
    let callOff = world.at(world.now() + ms, actor, again)

    function again(): void {
      callOff = world.at(world.now() + ms, actor, again)
      work()
    }
    return () => callOff()
  }

  const verbs = simulatedStore(store, actor, world, ledger, changes)
  const now = (): number => world.now() + machine.aheadMs
  const steady = (): number => world.now() - bootedAt - actor.standstillMs
  const core = createCore({
    config,
    store: verbs,
    metrics: METRICS,
    tracing: null,
    log: LOG,
    version: 'simulated',
    leaseMs,
    rhythm: {
      noticeMs: lookMs,
      sweepMs: 3_600_000,
      watchMs: 86_400_000,
      clockMs: Math.max(1000, lookMs / 2),
      lookMs,
      lookWhenToldMs: lookMs,
      catchUpLookMs: 86_400_000,
      catchUpSoonMs: 86_400_000,
      catchUpLeaseMs: 86_400_000,
      repeat,
    },
    now,
    steady,
    random: random.next,
    pause,
    createClient: (options) => createClient({ ...options, roundTrip: network.roundTrip(actor) }),
    trackerApi: () => null,
    sessions: { of: () => null },
    async follow() {},
    async tidy() {},
    async sweep() {},
    async tellOperators() {},
    lookAtReplays() {},
  })
  const replayer = createReplayer({
    ...{ store: verbs, log: LOG, leaseMs, now, steady, pause },
    project: core.inForce.project,
    wake: core.wake,
  })
  repeat(lookMs, () => {
    replayer.look().catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error
    })
  })
  return { core, replayer }
}
