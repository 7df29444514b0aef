import type { FastifyInstance } from 'fastify'
import type { Config, ProjectConfig } from './config/schema.ts'
import { secretsOf } from './config/secrets.ts'
import { fingerprintOf, type OpenedIntegration, openIntegration, sealedCredentials } from './integrations.ts'
import type { Logger } from './observability/logger.ts'
import { announceSeries, createMetrics, forgetStanding, type Metrics } from './observability/metrics.ts'
import type { Taken } from './queue/delivery.ts'
import { createJournal } from './queue/journal.ts'
import { createTicketFinder } from './queue/link.ts'
import type { TicketPlace } from './queue/link-match.ts'
import { openStore, type Store } from './queue/store/store.ts'
import { type IntegrationWorker, startIntegrationWorker, type WorkerParts } from './queue/worker.ts'
import { type HookProject, secretDigest } from './routes/hooks.ts'
import { buildServer } from './server.ts'
import { parseActivity } from './tracker/parse.ts'
import { openTrackerApis } from './tracker-apis.ts'

export interface RelayParts {
  readonly config: Config
  readonly log: Logger
  readonly version: string
  readonly now?: () => number
  readonly random?: () => number
  /** Whoever has neither settled nor extended a delivery for so long is taken for dead. */
  readonly leaseMs?: number
}

export interface Relay {
  readonly app: FastifyInstance
  readonly store: Store
  readonly metrics: Metrics
  /** @returns the address it listens on */
  listen(): Promise<string>
  /** Puts another config in force; what listens and where it stores stays until the next start. */
  reload(config: Config): Promise<void>
  workers(): readonly IntegrationWorker[]
  /** Takes nothing new, lets what runs end within the limit, and closes everything in reverse order. */
  close(): Promise<void>
}

const DEFAULT_LEASE_MS = 10_000
const NOTICE_MS = 2000
const SWEEP_MS = 600_000
/** A worker turns at least every two seconds. */
const STUCK_MS = 60_000

interface Running {
  readonly opened: OpenedIntegration
  readonly worker: IntegrationWorker
}

/** The composition root: everything is made here, handed to each other, and closed in reverse order. */
export async function createRelay(parts: RelayParts): Promise<Relay> {
  const { log, version } = parts
  const now = parts.now ?? Date.now
  const random = parts.random ?? Math.random
  const leaseMs = parts.leaseMs ?? DEFAULT_LEASE_MS
  const metrics = createMetrics({ version })
  const store = openStore(parts.config.database, (seconds, writes) => {
    metrics.commitDuration.observe(seconds)
    metrics.commitItems.observe(writes)
  })
  const applied = await store.migrate().catch(async (error: unknown) => {
    await store.close()
    throw error
  })
  if (applied.length > 0) log.info({ migrations: applied }, 'database migrated')

  let config = parts.config
  let projects = projectsOf(config)
  const running = new Map<string, Running>()

  const trackerApis = openTrackerApis(config, { version, now })
  const findTicket = createTicketFinder({
    store,
    places: (delivery) => ticketPlaces(config, delivery),
    api: trackerApis.of,
    async trackerProject({ projectId, activityId }) {
      if (/^\d+$/.test(projectId)) return projectId
      return parseActivity((await store.storedActivity(activityId)).raw).projectId
    },
    now,
  })

  const workerParts: WorkerParts = {
    store,
    metrics,
    log,
    leaseMs,
    now,
    random,
    parse: parseActivity,
    storyUrl: (projectId, storyId) => storyUrl(config, projectId, storyId),
    ticketOf: (delivery, { name }) => findTicket(delivery, name),
  }

  const journal = createJournal({
    append: store.append,
    reject: (rejection) => store.reject({ ...rejection, keep: config.retention.rejected_count }),
    wake(integrations) {
      for (const name of integrations) running.get(name)?.worker.wake()
    },
    metrics,
    log,
    now,
  })

  async function startIntegrations(): Promise<void> {
    const states = new Map((await store.integrationStates()).map((state) => [state.integration, state]))
    const secrets = secretsOf(config)
    const credentials = sealedCredentials(store, config.credentials.keys, now)
    for (const integration of config.integrations) {
      if (running.has(integration.name)) continue
      const opened = openIntegration(integration, { log, version, now, random, secrets, credentials })
      const state = states.get(integration.name) ?? null
      // What the target said of the old settings says nothing of the new ones.
      if (state !== null && state.pausedBy !== 'operator' && state.fingerprint !== opened.fingerprint)
        await store.saveResume(integration.name, now())
      const worker = startIntegrationWorker(opened, state, workerParts)
      running.set(integration.name, { opened, worker })
    }
    announceSeries(
      metrics,
      config.projects.map(({ id }) => id),
      config.integrations.map(({ name }) => name),
    )
    metrics.configReloadSuccess.set(1)
    metrics.configReloadTime.set(now() / 1000)
  }

  async function stopIntegrations(names: readonly string[]): Promise<void> {
    const stopping = names.flatMap((name) => running.get(name) ?? [])
    const limit = config.server.stop_timeout_seconds * 1000
    const late = await Promise.all(stopping.map(({ worker }) => endsWithin(worker.stop(), limit)))
    if (late.includes(false))
      log.warn({ seconds: limit / 1000 }, 'deliveries under way were cut off; they are in doubt')
    for (const { opened } of stopping) await opened.close()
    for (const name of names) running.delete(name)
  }

  async function refreshMetrics(): Promise<void> {
    for (const { integration, state, count } of await store.counts())
      metrics.deliveries.set({ integration, state }, Number(count))
    const names = [...running.keys()]
    const oldest = await store.oldestOpen(names)
    for (const integration of names) metrics.oldestPending.set({ integration }, (oldest.get(integration) ?? 0) / 1000)
  }

  function stoppedWorkers(): string[] {
    return [...running.entries()].filter(([, { worker }]) => now() - worker.lastTurn() > STUCK_MS).map(([name]) => name)
  }

  const app = await buildServer({
    settings: config.server,
    log,
    metrics,
    hooks: { journal, project: (id) => projects.get(id) },
    health: { probeStore: store.probe, stoppedWorkers },
    refreshMetrics,
  })

  await startIntegrations()
  const timers = [
    every(leaseMs / 3, async () => {
      const taken = [...running.values()].flatMap(({ worker }) => worker.running())
      if (taken.length > 0) await store.extend(taken, now() + leaseMs)
    }),
    every(NOTICE_MS, async () => {
      for (const state of await store.integrationStates()) running.get(state.integration)?.worker.notice(state)
    }),
    every(SWEEP_MS, async () => {
      const swept = await store.sweep(config.retention, now())
      metrics.retentionDeleted.inc({ table: 'activities' }, swept.activities)
      metrics.retentionDeleted.inc({ table: 'rejected' }, swept.rejected)
      if (swept.activities + swept.rejected > 0) log.info(swept, 'retention')
    }),
  ]

  /** Does something again and again, never twice at once, and outlives failures of the store. */
  function every(ms: number, work: () => Promise<void>): { stop(): Promise<void> } {
    let busy: Promise<void> = Promise.resolve()
    let idle = true
    const timer = setInterval(() => {
      if (!idle) return
      idle = false
      busy = work()
        .catch((error: unknown) => {
          metrics.storeErrors.inc()
          log.error({ err: error }, 'a routine task failed; it is tried again')
        })
        .finally(() => {
          idle = true
        })
    }, ms)
    timer.unref()
    return {
      async stop() {
        clearInterval(timer)
        await busy
      },
    }
  }

  return {
    app,
    store,
    metrics,
    workers: () => [...running.values()].map(({ worker }) => worker),
    listen: () => app.listen({ host: config.server.host, port: config.server.port }),
    async reload(next) {
      const before = new Map([...running].map(([name, { opened }]) => [name, opened.fingerprint]))
      const kept = new Set(
        next.integrations.filter((each) => before.get(each.name) === fingerprintOf(each)).map(({ name }) => name),
      )
      config = next
      projects = projectsOf(next)
      await trackerApis.reload(next)
      await stopIntegrations([...before.keys()].filter((name) => !kept.has(name)))
      await startIntegrations()
      for (const name of before.keys()) if (!running.has(name)) forgetStanding(metrics, name)
    },
    async close() {
      // Both at once: no new activity, no new delivery.
      const unlistened = app.close()
      const limit = config.server.stop_timeout_seconds * 1000
      const [inTime] = await Promise.all([endsWithin(unlistened, limit), stopIntegrations([...running.keys()])])
      // Node has stopped watching the time of those that trickle.
      if (!inTime) app.server.closeAllConnections()
      await unlistened
      for (const timer of timers) await timer.stop()
      await trackerApis.close()
      await store.close()
    },
  }
}

function projectsOf(config: Config): Map<string, HookProject> {
  const planners = new Map(config.integrations.map((integration) => [integration.name, integration]))
  return new Map(
    config.projects.map((project) => [
      project.id,
      {
        id: project.id,
        secretDigests: project.secrets.map(secretDigest),
        integrations: project.integrations.flatMap((name) => planners.get(name) ?? []),
        ignoreAuthors: project.ignore_authors,
      },
    ]),
  )
}

/** The project's integrations whose deliveries go to tickets, and the delivery's own, should it have left the project. */
function ticketPlaces(config: Config, { projectId, integration }: Taken): TicketPlace[] {
  const names = config.projects.find(({ id }) => id === projectId)?.integrations ?? []
  return config.integrations
    .filter(({ name, connector }) => connector.needsTicket && (name === integration || names.includes(name)))
    .map(({ name, connector, settings, common }) => ({
      name,
      system: connector.name,
      integrationId: common.integration_id ?? null,
      url: connector.ticketUrl?.(settings as never) ?? null,
    }))
}

const ANY_PROJECT: Pick<ProjectConfig, 'story_url'> = { story_url: 'https://www.pivotaltracker.com/story/show/{id}' }

/** The link that people follow to a story; also for what is left of a project that is no longer configured. */
function storyUrl(config: Config, projectId: string, storyId: string): string {
  const { story_url } = config.projects.find(({ id }) => id === projectId) ?? ANY_PROJECT
  return story_url
    .replaceAll('{id}', encodeURIComponent(storyId))
    .replaceAll('{project}', encodeURIComponent(projectId))
}

/** True when the work ended in time. */
async function endsWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  const inTime = await Promise.race([work.then(() => true as const), late])
  clearTimeout(timer)
  return inTime
}
