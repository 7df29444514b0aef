import { setTimeout } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Config, ProjectConfig } from '../config/schema.ts'
import type { Patience } from '../imports/feed.ts'
import { createImports } from '../imports/imports.ts'
import { createTicketFinder } from '../links/find.ts'
import type { Logger } from '../observability/logger.ts'
import {
  announceImports,
  announceSeries,
  createMetrics,
  forgetStanding,
  type Metrics,
} from '../observability/metrics.ts'
import { createJournal } from '../queue/journal.ts'
import type { IntegrationWorker, WorkerParts } from '../queue/worker.ts'
import type { HookProject } from '../routes/hooks.ts'
import { secretDigest } from '../routes/secret.ts'
import { buildServer } from '../routes/server.ts'
import { SWEPT_TABLES } from '../store/retention.ts'
import { openStoreThread, type ThreadedStore } from '../store/thread.ts'
import { parseActivity } from '../tracker/parse.ts'
import { importSources } from './import-sources.ts'
import { METRIC_WORDS } from './metric-words.ts'
import { sealedCredentials } from './opened-integration.ts'
import { journalProject } from './projects.ts'
import { createRunningIntegrations, endsWithin } from './running-integrations.ts'
import { importPlaces, ticketPlaces } from './ticket-places.ts'
import { openTrackerApis } from './tracker-apis.ts'

export interface RelayParts {
  readonly config: Config
  readonly log: Logger
  readonly version: string
  readonly now?: () => number
  readonly random?: () => number
  readonly pause?: (ms: number) => Promise<void>
  /** Whoever has neither settled nor extended a delivery for so long is taken for dead. */
  readonly leaseMs?: number
  /** How long whoever asks for tickets is kept waiting. */
  readonly importPatience?: Patience
}

export interface Relay {
  readonly app: FastifyInstance
  readonly store: ThreadedStore
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

/** The composition root: everything is made here, handed to each other, and closed in reverse order. */
export async function createRelay(parts: RelayParts): Promise<Relay> {
  const { log, version } = parts
  const now = parts.now ?? Date.now
  const random = parts.random ?? Math.random
  const pause = parts.pause ?? setTimeout
  const leaseMs = parts.leaseMs ?? DEFAULT_LEASE_MS
  const metrics = createMetrics({ version, words: METRIC_WORDS })
  const store = openStoreThread(parts.config.database, (seconds, writes) => {
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
  const trackerApis = openTrackerApis(config, { version, now, random, pause })
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
    pause,
    parse: parseActivity,
    storyUrl: (projectId, storyId) => storyUrl(config, projectId, storyId),
    ticketOf: (delivery, { name }) => findTicket(delivery, name),
  }
  const integrations = createRunningIntegrations({ store, worker: workerParts, version })

  const imports = createImports({
    folder: parts.config.imports.folder,
    linkedTickets: store.linkedTickets,
    places: (projectId, integration) => importPlaces(config, projectId, integration),
    metrics,
    log,
    now,
    ...(parts.importPatience === undefined ? {} : { patience: parts.importPatience }),
  })

  const journal = createJournal({
    append: store.append,
    reject: (rejection) => store.reject({ ...rejection, keep: config.retention.rejected_count }),
    wake(names) {
      for (const name of names) integrations.worker(name)?.wake()
    },
    metrics,
    log,
    now,
  })

  /** @param next comes into force once nothing can fail any more */
  async function follow(next: Config): Promise<void> {
    const before = integrations.workers().map(({ integration }) => integration.name)
    await integrations.follow(next, async () => {
      config = next
      projects = projectsOf(next)
      await trackerApis.reload(next)
    })
    const names = config.integrations.map(({ name }) => name)
    for (const name of before) if (!names.includes(name)) forgetStanding(metrics, name)
    announceSeries(
      metrics,
      config.projects.map(({ id }) => id),
      names,
    )
    const sources = importSources(config, (name) => integrations.worker(name)?.integration)
    await imports.follow(sources)
    announceImports(
      metrics,
      sources.map(({ name }) => name),
    )
    for (const { name, common } of config.integrations)
      if (common.import !== undefined && imports.door(name) === undefined)
        log.warn({ integration: name }, 'it has settings of an import, but none that names which tickets to import')
    metrics.configReloadSuccess.set(1)
    metrics.configReloadTime.set(now() / 1000)
  }

  async function refreshMetrics(): Promise<void> {
    for (const { integration, state, count } of await store.counts())
      metrics.deliveries.set({ integration, state }, Number(count))
    const names = config.integrations.map(({ name }) => name)
    const oldest = await store.oldestOpen(names)
    for (const integration of names) metrics.oldestPending.set({ integration }, (oldest.get(integration) ?? 0) / 1000)
  }

  /** What the command line, another instance or a page has said of the integrations. */
  async function noticeOthers(): Promise<void> {
    for (const state of await store.integrationStates()) integrations.worker(state.integration)?.notice(state)
  }

  function stoppedWorkers(): string[] {
    return config.integrations
      .map(({ name }) => name)
      .filter((name) => now() - (integrations.worker(name)?.lastTurn() ?? 0) > STUCK_MS)
  }

  const app = await buildServer({
    settings: config.server,
    log,
    metrics,
    hooks: { journal, project: (id) => projects.get(id) },
    imports: { door: imports.door },
    health: { probeStore: store.probe, stoppedWorkers },
    connect: {
      publicUrl: () => config.server.public_url ?? null,
      connection(type, name) {
        const integration = integrations.worker(name)?.integration
        return integration?.connector.name === type ? integration.session.connection : undefined
      },
      credentials: () => sealedCredentials(store, config.credentials.keys, now),
      async resume(name) {
        await store.saveResume(name, now())
        await noticeOthers()
      },
      async pause(name, reason) {
        await store.savePause(name, null, reason, now())
        await noticeOthers()
      },
      redact: (name, text) => integrations.worker(name)?.integration.redact(text) ?? text,
      now,
    },
    refreshMetrics,
  })

  await follow(config).catch(async (error: unknown) => {
    await imports.stop()
    await integrations.stop()
    await app.close()
    await trackerApis.close()
    await store.close()
    throw error
  })
  const timers = [
    every(leaseMs / 3, async () => {
      const taken = integrations.workers().flatMap((worker) => worker.running())
      if (taken.length > 0) await store.extend(taken, now() + leaseMs)
    }),
    every(NOTICE_MS, noticeOthers),
    every(SWEEP_MS, async () => {
      await imports.tidy()
      const swept = await store.sweep(config.retention, now())
      for (const table of SWEPT_TABLES) metrics.retentionDeleted.inc({ table }, swept[table])
      if (swept.activities + swept.rejected > 0) log.info(swept, 'retention')
    }),
  ]

  let changing: Promise<void> = Promise.resolve()

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
    workers: integrations.workers,
    listen: () => app.listen({ host: config.server.host, port: config.server.port }),
    reload(next) {
      // One after the other; one that fails does not stand in the way of the next.
      const done = changing.then(async () => {
        const lasting = lastingParts(config, next)
        if (lasting.length > 0)
          log.warn({ parts: lasting }, 'these parts of the config take effect with the next start')
        await follow(next)
      })
      changing = done.catch(() => {})
      return done
    },
    async close() {
      // Whoever waits for a source is told, so that nobody is waited for.
      await imports.stop()
      // Both at once: no new activity, no new delivery.
      const unlistened = app.close()
      const limit = config.server.stop_timeout_seconds * 1000
      const [inTime] = await Promise.all([endsWithin(unlistened, limit), integrations.stop()])
      // Node has stopped watching the time of those that trickle.
      if (!inTime) app.server.closeAllConnections()
      await unlistened
      await changing
      for (const timer of timers) await timer.stop()
      await trackerApis.close()
      await store.close()
    },
  }
}

function projectsOf(config: Config): Map<string, HookProject> {
  return new Map(
    config.projects.map((project) => [
      project.id,
      { ...journalProject(config, project), secretDigests: project.secrets.map(secretDigest) },
    ]),
  )
}

const ANY_PROJECT: Pick<ProjectConfig, 'story_url'> = { story_url: 'https://www.pivotaltracker.com/story/show/{id}' }

/** The link that people follow to a story; also for what is left of a project that is no longer configured. */
function storyUrl(config: Config, projectId: string, storyId: string): string {
  const { story_url } = config.projects.find(({ id }) => id === projectId) ?? ANY_PROJECT
  return story_url
    .replaceAll('{id}', encodeURIComponent(storyId))
    .replaceAll('{project}', encodeURIComponent(projectId))
}

/** The changed parts of a config that only a start puts in force. */
function lastingParts(before: Config, after: Config): string[] {
  return (['server', 'database', 'log', 'imports'] as const).filter(
    (part) => JSON.stringify(before[part]) !== JSON.stringify(after[part]),
  )
}
