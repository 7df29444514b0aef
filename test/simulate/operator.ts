import { OperationError } from '../../src/operations/operation-error.ts'
import { startReplay } from '../../src/operations/replays.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { StoreError } from '../../src/store/store-error.ts'
import type { ThreadedStore } from '../../src/store/thread.ts'
import { type Changes, type Ledger, simulatedStore } from './simulated-store.ts'
import { type Actor, createActor, type World } from './world.ts'

/** A person at the command line, which opens the database beside the relay. */
export interface Operator {
  open(): void
  close(): Promise<void>
  pause(integration: string, forMs: number): void
  replay(state: 'dead' | 'skipped'): void
  /** By a job, which any instance works on. */
  replayBy(perSecond: number): void
  /** Gives up the deliveries of an integration that have waited longest in this state. */
  skip(integration: string, state: 'pending' | 'waiting' | 'held' | 'dead', most: number): void
  resumeAll(integrations: readonly string[]): void
}

const MOST_REPLAYED = 20

export function createOperator(parts: {
  readonly file: string
  readonly world: World
  readonly ledger: Ledger
  readonly changes: Changes
}): Operator {
  const { world } = parts
  let sittings = 0
  let opened: { readonly actor: Actor; readonly store: Store; readonly verbs: ThreadedStore } | null = null

  /** A power cut may end it halfway. */
  function act(what: string, work: (verbs: ThreadedStore) => Promise<unknown>): void {
    if (opened === null) return
    world.story.tell('operator', what)
    work(opened.verbs).catch((error: unknown) => {
      if (!(error instanceof StoreError || error instanceof OperationError)) throw error
    })
  }

  function resume(integration: string): void {
    act(`resumes ${integration}`, (verbs) => verbs.saveResume(integration, world.now()))
  }

  return {
    open() {
      sittings += 1
      const actor = createActor(`operator${sittings}`)
      const store = openStore({ client: 'sqlite', file: parts.file })
      opened = { actor, store, verbs: simulatedStore(store, actor, world, parts.ledger, parts.changes) }
    },
    async close() {
      if (opened === null) return
      opened.actor.isAlive = false
      await opened.store.close()
      opened = null
    },
    pause(integration, forMs) {
      act(`pauses ${integration}`, (verbs) => verbs.savePause(integration, null, 'maintenance', world.now()))
      if (opened !== null) world.at(world.now() + forMs, opened.actor, () => resume(integration))
    },
    replay(state) {
      act(`replays the ${state}`, async (verbs) => {
        const found = await verbs.deliveries({ state, limit: MOST_REPLAYED })
        parts.ledger.replayed(found)
        await verbs.replay({ ids: found.map(({ id }) => id) }, world.now())
      })
    },
    replayBy(perSecond) {
      act(`starts a replay of the dead, ${perSecond} a second`, async (verbs) => {
        const found = await verbs.deliveries({ state: 'dead', limit: MOST_REPLAYED })
        parts.ledger.replayed(found)
        const selection = { ids: found.map(({ id }) => id), states: ['dead'] as const }
        await startReplay(verbs, { who: 'operator', what: { type: 'deliveries', selection }, perSecond }, world.now())
      })
    },
    skip(integration, state, most) {
      act(`skips what is ${state} for ${integration}`, async (verbs) => {
        const found = await verbs.deliveries({ integration, state, limit: MOST_REPLAYED })
        const ids = found.slice(-most).map(({ id }) => id)
        await verbs.skip({ who: 'operator', selection: { ids }, reason: 'it can wait no longer', now: world.now() })
      })
    },
    resumeAll(integrations) {
      for (const integration of integrations) resume(integration)
    },
  }
}
