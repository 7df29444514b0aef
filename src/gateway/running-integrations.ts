import type { Config, IntegrationConfig } from '../config/schema.ts'
import { secretsOfIntegration } from '../config/secrets.ts'
import type { Credentials, Limit } from '../connectors/contract/connector.ts'
import type { Client, ClientOptions } from '../http/client.ts'
import { showLimit } from '../observability/metrics.ts'
import { type IntegrationWorker, startIntegrationWorker, type WorkerParts } from '../queue/worker.ts'
import type { IntegrationState } from '../store/integration-states.ts'
import { sealedCredentials } from '../store/sealed-credentials.ts'
import type { ThreadedStore } from '../store/thread.ts'
import { createAccounts } from './accounts.ts'
import { fingerprintOf, formerFingerprintOf } from './fingerprint.ts'
import { type OpenedIntegration, openIntegration } from './opened-integration.ts'

export interface RunningIntegrations {
  worker(name: string): IntegrationWorker | undefined
  workers(): readonly IntegrationWorker[]
  /**
   * Opens new and changed integrations, stops removed ones, and leaves unchanged ones running. Everything that can fail
   * comes before the first change.
   * @param adopt puts the config in force; called after everything is open, and before anything is stopped, which can
   * take until the time limit
   */
  apply(
    config: Config,
    adopt: (opened: (name: string) => OpenedIntegration | undefined) => Promise<void>,
  ): Promise<void>
  /** Takes nothing new, and gives running deliveries until the time limit. */
  stop(): Promise<void>
}

interface RunningParts {
  readonly store: ThreadedStore
  readonly worker: WorkerParts
  readonly version: string
  createClient(options: ClientOptions): Client
}

interface Running {
  readonly opened: OpenedIntegration
  readonly worker: IntegrationWorker
}

interface Opened {
  readonly integration: OpenedIntegration
  readonly state: IntegrationState | null
}

export function createRunningIntegrations(given: RunningParts): RunningIntegrations {
  const { store, worker: parts, version, createClient } = given
  const { log, now, steady, random, pause, metrics } = parts
  const onLimit = (name: string, window: string, state: Limit): void => showLimit(metrics, name, window, state)
  const running = new Map<string, Running>()
  const accounts = createAccounts(store, now)
  let stopping = false
  let limitMs = 0
  let sealed: Credentials | undefined
  const ofNow: Credentials = {
    load: async (name) => (await sealed?.load(name)) ?? null,
    save: async (name, value) => await keyed().save(name, value),
    forget: async (name) => await keyed().forget(name),
    alone: async (name, work) => await keyed().alone(name, work),
  }

  function keyed(): Credentials {
    if (sealed === undefined) throw new Error('credentials.keys has been removed from the config')
    return sealed
  }

  async function open(config: Config): Promise<Opened[]> {
    const states = new Map((await store.integrationStates(now())).map((state) => [state.integration, state]))
    const next = sealedCredentials(store, config.credentials.keys, now, pause)
    // Open sessions use changed keys through `ofNow`, but only a new session notices whether there are keys at all.
    const isOther = (next === undefined) !== (sealed === undefined)
    const credentials = next === undefined ? undefined : ofNow
    const opened: Opened[] = []
    try {
      for (const integration of config.integrations) {
        const before = running.get(integration.name)?.opened.fingerprint
        if (!isOther && before === fingerprintOf(integration)) continue
        const tools = {
          log,
          version,
          now,
          steady,
          random,
          pause,
          secrets: secretsOfIntegration(config, integration),
          credentials,
          accounts,
          onLimit,
          createClient,
        }
        const each = openIntegration(integration, tools)
        opened.push({ integration: each, state: null })
        const state = await standingOf(each, await recognised(integration, states.get(integration.name) ?? null))
        opened[opened.length - 1] = { integration: each, state }
      }
      sealed = next
      return opened
    } catch (error) {
      await closeAll(opened.map(({ integration }) => integration))
      throw error
    }
  }

  /** Replaces the fingerprint of version 0.1.0 if the settings are the same. */
  async function recognised(
    config: IntegrationConfig,
    state: IntegrationState | null,
  ): Promise<IntegrationState | null> {
    const fingerprint = fingerprintOf(config)
    // Each takes long to make, so the former one is not made where it is not asked for.
    if (state === null || state.fingerprint === '' || state.fingerprint === fingerprint) return state
    if (state.fingerprint !== formerFingerprintOf(config)) return state
    await store.saveFingerprint(config.name, fingerprint)
    return { ...state, fingerprint }
  }

  /** What the target said about other settings does not count. */
  async function standingOf(
    opened: OpenedIntegration,
    state: IntegrationState | null,
  ): Promise<IntegrationState | null> {
    if (state === null || state.pausedBy === 'operator' || state.fingerprint === opened.fingerprint) return state
    const resumedAt = await store.saveResume(opened.name, now())
    return { ...state, pausedAt: null, pausedReason: null, pausedBy: null, breaker: null, resumedAt }
  }

  async function halt(names: readonly string[]): Promise<void> {
    const halting = names.flatMap((name) => running.get(name) ?? [])
    const inTime = await Promise.all(halting.map(({ worker }) => endsWithin(worker.stop(), limitMs, pause)))
    if (inTime.includes(false))
      log.warn({ seconds: limitMs / 1000 }, 'running deliveries were cut off at the time limit; they are in doubt')
    for (const name of names) running.delete(name)
    await closeAll(halting.map(({ opened }) => opened))
  }

  async function closeAll(integrations: readonly OpenedIntegration[]): Promise<void> {
    for (const integration of integrations)
      await integration.close().catch((error: unknown) => {
        log.warn({ integration: integration.name, err: error }, 'an integration did not close cleanly')
      })
  }

  return {
    worker: (name) => running.get(name)?.worker,
    workers: () => [...running.values()].map(({ worker }) => worker),
    async apply(config, adopt) {
      const opened = await open(config)
      if (stopping) return await closeAll(opened.map(({ integration }) => integration))
      const news = new Map(opened.map(({ integration }) => [integration.name, integration]))
      const adopted = adopt((name) => news.get(name) ?? running.get(name)?.opened)
      // It is awaited below, after what the old integrations take.
      adopted.catch(() => {})
      limitMs = config.server.stop_timeout_seconds * 1000
      const wanted = new Set(config.integrations.map(({ name }) => name))
      await halt([...running.keys()].filter((name) => news.has(name) || !wanted.has(name)))
      if (stopping) return await closeAll(opened.map(({ integration }) => integration))
      for (const { integration, state } of opened)
        running.set(integration.name, {
          opened: integration,
          worker: startIntegrationWorker(integration, state, parts),
        })
      await adopted
    },
    async stop() {
      stopping = true
      await halt([...running.keys()])
    },
  }
}

export async function endsWithin(work: Promise<unknown>, ms: number, pause: WorkerParts['pause']): Promise<boolean> {
  const ended = new AbortController()
  const late = pause(ms, ended.signal).then(() => false)
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    ended.abort()
  }
}
