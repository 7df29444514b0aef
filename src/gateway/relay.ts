import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/schema.ts'
import { createClient } from '../http/client.ts'
import type { Patience } from '../imports/feed.ts'
import { createImports } from '../imports/imports.ts'
import type { Logger } from '../observability/logger.ts'
import { announceImports, createMetrics, type Metrics } from '../observability/metrics.ts'
import type { Tracing } from '../observability/tracing.ts'
import { createEvents } from '../operations/events.ts'
import { createReplayer } from '../operations/replayer.ts'
import { countStats } from '../operations/stats.ts'
import { createJournal } from '../queue/journal.ts'
import type { IntegrationWorker } from '../queue/worker.ts'
import { buildServers, type Tokens } from '../routes/server.ts'
import { listenOnSocket } from '../routes/unix-socket.ts'
import { openStoreThread, type ThreadedStore } from '../store/thread.ts'
import { adminParts } from './admin-parts.ts'
import { configuredTokens, MADE_TOKEN } from './admin-tokens.ts'
import { createCatchUps } from './catch-ups.ts'
import { type CatchingUp, startCatchingUp } from './catching-up.ts'
import { connectParts } from './connect-parts.ts'
import { createCore } from './core.ts'
import { isCapReached } from './day-cap.ts'
import { importSources } from './import-sources.ts'
import { watchCommits } from './last-commits.ts'
import { METRIC_WORDS } from './metric-words.ts'
import { missedBy, redactorOf } from './missed-by.ts'
import { watchConditions } from './notices/conditions.ts'
import { createNotices } from './notices/notices.ts'
import { pageParts } from './page-parts.ts'
import { prepared } from './prepared-store.ts'
import { RHYTHM, type Rhythm } from './rhythm.ts'
import { endsWithin, type RunningIntegrations } from './running-integrations.ts'
import { openSourceSessions } from './source-sessions.ts'
import { importPlaces } from './ticket-places.ts'
import { timedPause } from './timed-pause.ts'
import { openTrackerApis } from './tracker-apis.ts'

interface RelayParts {
  readonly config: Config
  readonly log: Logger
  readonly version: string
  readonly now?: () => number
  /** Milliseconds of a clock that nobody sets; by default `now` if that is given. */
  readonly steady?: () => number
  readonly random?: () => number
  readonly pause?: (ms: number, signal?: AbortSignal) => Promise<void>
  /** A worker that has not settled or extended a delivery within this time is considered dead. */
  readonly leaseMs?: number
  readonly importPatience?: Patience
  readonly rhythm?: Rhythm
  /** Lets an administrator in while the config names no token. */
  readonly adminToken?: () => string | undefined
  /** Default: nothing is traced. It is closed with the relay. */
  readonly tracing?: Tracing | null
  /** Default: in a thread of its own. */
  readonly openStore?: typeof openStoreThread
}

export interface Relay {
  readonly app: FastifyInstance
  /** Has the admin API if that has an address of its own. */
  readonly admin: FastifyInstance | null
  readonly store: ThreadedStore
  readonly metrics: Metrics
  /** @returns the address it listens on */
  listen(): Promise<string>
  /** Where the admin API is, once the relay listens. */
  adminAddress(): string
  /** Puts another config in force; most of `server`, and `database`, `log` and `imports` change only with the next start. */
  reload(config: Config): Promise<void>
  workers(): readonly IntegrationWorker[]
  /** Resolves if all of a large database was examined while the relay ran, and is damaged: then nothing is stored any more. */
  readonly damage: Promise<Error>
  /** Takes nothing new, gives running deliveries until the time limit, and closes everything. */
  close(): Promise<void>
}

const STATS_MS = 60_000
const DEFAULT_LEASE_MS = 10_000
/** A worker turns at least every two seconds. */
const STUCK_MS = 60_000

/** The composition root: makes everything, connects it, and closes it in reverse order. */
export async function createRelay(parts: RelayParts): Promise<Relay> {
  const { log, version } = parts
  const now = parts.now ?? Date.now
  const steady = parts.steady ?? parts.now ?? (() => performance.now())
  const random = parts.random ?? Math.random
  const pause = parts.pause ?? timedPause
  const leaseMs = parts.leaseMs ?? DEFAULT_LEASE_MS
  const tracing = parts.tracing ?? null
  const rhythm = parts.rhythm ?? RHYTHM
  const metrics = createMetrics({ version, words: METRIC_WORDS })
  const opened = (parts.openStore ?? openStoreThread)(parts.config.database, (seconds, writes) => {
    metrics.commitDuration.observe(seconds)
    metrics.commitItems.observe(writes)
  })
  const { store: watched, problems: failedCommits } = watchCommits(opened, now)
  const stats = countStats(watched, now)
  const { store } = stats
  const examination = await prepared(store, { log, metrics, steady, pause }).catch(async (error: unknown) => {
    await store.close()
    throw error
  })

  const trackerApis = openTrackerApis(parts.config, { version, now, steady, random, pause })
  const sessions = openSourceSessions(parts.config, { version, now, steady, pause })
  const imports = createImports({
    folder: parts.config.imports.folder,
    linkedTickets: store.linkedTickets,
    turns: store,
    places: (projectId, integration) => importPlaces(inForce.current(), projectId, integration),
    metrics,
    log,
    now,
    steady,
    ...(parts.importPatience === undefined ? {} : { patience: parts.importPatience }),
  })
  const core = createCore({
    ...{
      config: parts.config,
      store,
      metrics,
      log,
      version,
      leaseMs,
      now,
      steady,
      random,
      pause,
      createClient,
      tracing,
    },
    rhythm,
    trackerApi: trackerApis.of,
    sessions,
    async follow(next, opened) {
      const sources = importSources(next, opened)
      // Before anything is waited for: a door that is closed now is closed at once.
      await Promise.all([imports.show(sources), trackerApis.reload(next), sessions.reload(next), rememberTypes(next)])
      announceImports(
        metrics,
        sources.map(({ name }) => name),
      )
      for (const { name, common } of next.integrations)
        if (common.import !== undefined && imports.door(name) === undefined)
          log.warn({ integration: name }, 'import is set, but no setting names the tickets to import')
    },
    tidy: () => imports.tidy(),
    async sweep() {
      await store.sweepAudit(now())
      await store.sweepStats(now())
      const { retention, projects } = inForce.current()
      if (retention.gone_project_days > 0)
        await store.sweepGone(
          projects.map(({ id }) => id),
          { now: now(), keptMs: retention.gone_project_days * 86_400_000 },
        )
    },
    tellOperators: () => tellOperators(),
    lookAtReplays: () => lookAtReplays(),
  })
  const { inForce, integrations, journal, noticeOthers } = core
  const tellOperators = createNotices({
    store,
    log,
    config: inForce.current,
    now,
    conditions: watchConditions({ store, imports, config: inForce.current, now }),
    wake: core.wake,
  })
  const replayer = createReplayer({
    ...{ store, log, leaseMs, now, steady, pause },
    project: inForce.project,
    wake: core.wake,
  })

  async function rememberTypes({ integrations: named }: Config): Promise<void> {
    const types = Object.fromEntries(named.map(({ name, type }) => [name, type]))
    await store.rememberTypes(types, now()).catch((error: unknown) => {
      metrics.storeErrors.inc()
      log.warn({ err: error }, 'the types of the integrations could not be stored')
    })
  }

  function writeStats(): Promise<void> {
    return stats.flush().catch((error: unknown) => {
      metrics.storeErrors.inc()
      log.error({ err: error }, 'stats could not be written; they will be with the next ones')
    })
  }

  function lookAtReplays(): void {
    replayer.look().catch((error: unknown) => {
      metrics.storeErrors.inc()
      log.error({ err: error }, 'replays could not be looked at; they will be again')
    })
  }

  // What it refuses is kept already.
  const again = createJournal({
    ...{ append: store.append, appendTogether: store.appendTogether, rememberedStories: store.rememberedStories },
    takeOwnEvent: store.takeOwnEvent,
    ...{ knownKeys: store.knownKeys, reject: async () => {}, wake: core.wake, metrics, log, now },
  })
  const catchUps = createCatchUps({
    ...{ store, journal, metrics, log, rhythm, config: inForce.current, project: inForce.project, now, steady },
    missed: missedBy({ store, trackerApis, sessions, config: inForce.current }),
    redact: (projectId, text) => redactorOf(inForce.current(), projectId)(text),
  })
  const connect = connectParts({ store, integrations, config: inForce.current, now, noticeOthers })
  const { app, admin } = await buildServers({
    settings: parts.config.server,
    tokens: () => tokensOf(inForce.current(), parts.adminToken?.()),
    steady,
    log,
    metrics,
    hooks: { journal, project: inForce.project, now, tracing },
    imports: { door: imports.door },
    health: {
      probeStore: store.probe,
      failedCommits,
      isExamined: examination.isOver,
      stoppedWorkers: () => stoppedWorkers(inForce.current(), integrations, steady()),
    },
    connect,
    pages: pageParts({
      ...{ config: inForce.current, now, storyPage: core.storyPage },
      isConnectable: (type, name) => connect.connection(type, name) !== undefined,
    }),
    refreshMetrics: () => refreshMetrics(store, metrics, inForce.current(), now()),
    admin: {
      isApart: parts.config.admin.listen !== undefined,
      ...adminParts({
        ...{ store, version, config: inForce.current, now, noticeOthers },
        integration: async (name) => integrations.worker(name)?.integration,
        redact: (name, text) => integrations.worker(name)?.integration.redact(text) ?? text,
        imports: async () => imports,
        journal: async () => again,
        project: inForce.project,
        wake: core.wake,
        events: createEvents({ store, steady, pause: timedPause }),
        lookAtReplays,
        catchUps: async () => catchUps,
      }),
    },
  })
  await core.start().catch(async (error: unknown) => {
    await imports.stop()
    await integrations.stop()
    await Promise.all([app.close(), admin?.close()])
    await Promise.all([trackerApis.close(), sessions.close(), inForce.close()])
    await store.close()
    throw error
  })
  const config = inForce.current
  const endReplays = RHYTHM.repeat(RHYTHM.noticeMs, lookAtReplays)
  const endStats = RHYTHM.repeat(STATS_MS, writeStats)
  let catchingUp: CatchingUp | null = null
  let adminAddress = ''

  return {
    app,
    admin,
    store,
    metrics,
    workers: integrations.workers,
    damage: examination.damage,
    async listen() {
      const { server, admin: own } = config()
      const { host, port, socket } = server
      const address = await (socket === undefined ? app.listen({ host, port }) : listenOnSocket(app, socket))
      adminAddress = (await admin?.listen(own.listen ?? {})) ?? address
      catchingUp = startCatchingUp({ catchUps, metrics, log, rhythm, config: inForce.current, now, steady })
      return address
    },
    adminAddress: () => adminAddress,
    reload: inForce.reload,
    async close() {
      // Clients that wait for tickets get an error now, so that they do not hold up the stop.
      await imports.stop()
      endReplays()
      endStats()
      await replayer.stop()
      const caughtUp = Promise.all([catchingUp?.stop(), catchUps.stop()])
      // Both at once: no new activity, no new delivery.
      const unlistened = Promise.all([app.close(), admin?.close()])
      const limit = config().server.stop_timeout_seconds * 1000
      const [inTime] = await Promise.all([endsWithin(unlistened, limit, timedPause), integrations.stop()])
      // Node does not enforce its request timeouts any more.
      if (!inTime) for (const each of [app, admin]) each?.server.closeAllConnections()
      await unlistened
      await core.settle()
      // What asks a tool gets an error now.
      await Promise.all([trackerApis.close(), sessions.close(), inForce.close()])
      await caughtUp
      await writeStats()
      await store.close()
      await tracing?.close()
    },
  }
}

function tokensOf(config: Config, made: string | undefined): Tokens {
  const configured = configuredTokens(config)
  const administrators = configured.length > 0 || made === undefined ? configured : [{ ...MADE_TOKEN, token: made }]
  return { administrators, metrics_token: config.server.metrics_token }
}

/** Integrations whose worker does not run or is stuck. */
function stoppedWorkers(config: Config, integrations: RunningIntegrations, steadyNow: number): string[] {
  return config.integrations
    .map(({ name }) => name)
    .filter((name) => steadyNow - (integrations.worker(name)?.lastTurn() ?? Number.NEGATIVE_INFINITY) > STUCK_MS)
}

async function refreshMetrics(store: ThreadedStore, metrics: Metrics, config: Config, now: number): Promise<void> {
  for (const [kind, bytes] of Object.entries((await store.fileSizes()) ?? {}))
    metrics.storeFile.set({ file: kind }, bytes)
  for (const { integration, state, count } of await store.counts())
    metrics.deliveries.set({ integration, state }, Number(count))
  for (const { projectId: project, failing, succeededAt } of await store.catchUps()) {
    if (!config.projects.some(({ id }) => id === project)) continue
    metrics.catchUpFailing.set({ project }, failing === null ? 0 : 1)
    metrics.catchUpSuccess.set({ project }, (succeededAt ?? 0) / 1000)
  }
  const names = config.integrations.map(({ name }) => name)
  const oldest = await store.oldestOpen(names)
  for (const { name: integration, configured } of config.integrations) {
    const since = oldest.get(integration) ?? 0
    // What waits for its digest is not late.
    const isGathered = since > 0 && configured.digestAfter !== undefined
    const asked = isGathered ? (configured.digestAfter?.(new Date(since)).getTime() ?? since) : since
    metrics.oldestPending.set({ integration }, asked > now ? 0 : asked / 1000)
  }
  for (const { name: integration, common } of config.integrations)
    metrics.dayCapReached.set({ integration }, (await isCapReached(store, integration, common, now)) ? 1 : 0)
}
