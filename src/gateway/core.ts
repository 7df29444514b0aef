import type { Config } from '../config/schema.ts'
import type { Client, ClientOptions } from '../http/client.ts'
import { createTicketFinder } from '../links/find.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Tracing } from '../observability/tracing.ts'
import { createJournal, type Journal } from '../queue/journal.ts'
import { createRecentActivities } from '../queue/recent-activities.ts'
import type { Taken } from '../store/delivery.ts'
import { readStored } from '../store/read-stored.ts'
import type { ThreadedStore } from '../store/thread.ts'
import type { TrackerApi } from '../tracker/api.ts'
import { type ConfigInForce, putInForce } from './config-in-force.ts'
import { hearOthers, type OthersHeard } from './hearing.ts'
import type { OpenedIntegration } from './opened-integration.ts'
import type { Rhythm } from './rhythm.ts'
import { startRoutines } from './routines.ts'
import { createRunningIntegrations, type RunningIntegrations } from './running-integrations.ts'
import type { SourceSessions } from './source-sessions.ts'
import { storyUrl } from './story-url.ts'
import { ticketPlaces } from './ticket-places.ts'

/** Everything that the core has from outside. */
export interface CoreParts {
  readonly config: Config
  readonly store: ThreadedStore
  readonly metrics: Metrics
  readonly tracing: Tracing | null
  readonly log: Logger
  readonly version: string
  /** A worker that has not settled or extended a delivery within this time is considered dead. */
  readonly leaseMs: number
  readonly rhythm: Rhythm
  now(): number
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
  random(): number
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted. Never rejects. */
  pause(ms: number, signal?: AbortSignal): Promise<void>
  createClient(options: ClientOptions): Client
  readonly sessions: Pick<SourceSessions, 'of'>
  /** Null: the project has no access to Tracker's API. */
  trackerApi(projectId: string): TrackerApi | null
  /** Puts in force what else a config says. */
  follow(next: Config, opened: (name: string) => OpenedIntegration | undefined): Promise<void>
  /** Removes what is not needed any more on this machine, from time to time. */
  tidy(): Promise<void>
  /** Removes what else is not needed any more in the database, at one instance at a time. */
  sweep(): Promise<void>
  /** Tells the operators what has changed; called from time to time. */
  tellOperators(): Promise<void>
  /** There may be a replay that nobody works on. */
  lookAtReplays(): void
}

type TrackerProjectOf = Pick<Taken, 'projectId' | 'activityId'>

/** What takes activities in and carries them out, without the web server around it. */
export interface Core {
  readonly journal: Journal
  readonly integrations: RunningIntegrations
  readonly inForce: ConfigInForce
  /** Something new is due for these integrations. */
  wake(names: Iterable<string>): void
  /** Tells the workers about pauses and resumes by the command line, another instance or a page. */
  noticeOthers(): Promise<void>
  /** The address of a story's page in Tracker. */
  storyPage(of: TrackerProjectOf, storyId: string): Promise<string>
  /** @throws if an integration cannot be opened */
  start(): Promise<void>
  /** Resolves when nothing of it runs any more; the integrations are stopped first, by the caller. */
  settle(): Promise<void>
}

export function createCore(parts: CoreParts): Core {
  const { config: first, store, metrics, log, version, leaseMs, rhythm, now, steady, random, pause } = parts
  const findTicket = createTicketFinder({
    store,
    places: (delivery) => ticketPlaces(inForce.current(), delivery),
    api: parts.trackerApi,
    trackerProject,
    now,
  })
  const recent = createRecentActivities()
  const integrations = createRunningIntegrations({
    store,
    version,
    createClient: parts.createClient,
    worker: {
      ...{ store, metrics, tracing: parts.tracing, log, leaseMs, now, steady, random, pause },
      lookMs: () => (others?.isOn() ? rhythm.lookWhenToldMs : rhythm.lookMs),
      readActivity: recent.read,
      storyUrl: storyPage,
      ticketOf: (delivery, { name }) => findTicket(delivery, name),
      isFollowed: (type) => inForce.current().projects.some(({ source }) => source?.configured.writtenBy === type),
    },
  })
  const inForce = putInForce(first, {
    integrations,
    sessions: parts.sessions,
    metrics,
    log,
    now,
    counts: store.counts,
    follow: parts.follow,
  })
  const journal = createJournal({
    append: store.append,
    appendTogether: store.appendTogether,
    rememberedStories: store.rememberedStories,
    takeOwnEvent: store.takeOwnEvent,
    knownKeys: store.knownKeys,
    reject: (rejection) => store.reject({ ...rejection, keep: inForce.current().retention.rejected_count }),
    remember: recent.keep,
    wake,
    metrics,
    log,
    now,
  })

  function wake(names: Iterable<string>): void {
    for (const name of names) integrations.worker(name)?.wake()
  }
  let others: OthersHeard | null = null
  let routines: { stop(): Promise<void> } | null = null

  function storyPage(of: TrackerProjectOf, storyId: string): Promise<string> {
    return storyUrl(inForce.current(), { projectId: of.projectId, storyId }, async () =>
      recent.read(of.activityId, await store.storedActivity(of.activityId)),
    )
  }

  /** Tracker's number of a project that the config may call by a word. */
  async function trackerProject({ projectId, activityId }: TrackerProjectOf): Promise<string> {
    if (/^\d+$/.test(projectId)) return projectId
    return readStored(await store.storedActivity(activityId)).projectId
  }

  let noticing: Promise<void> = Promise.resolve()
  /** One after the other, so that what was read first is not taken in last. */
  function noticeOthers(): Promise<void> {
    noticing = noticing.catch(() => {}).then(noticeNow)
    return noticing
  }

  async function noticeNow(): Promise<void> {
    for (const state of await store.integrationStates(now())) integrations.worker(state.integration)?.notice(state)
  }

  /** What another one carries out is watched, since it may die; nobody tells that. */
  async function watchOthers(): Promise<void> {
    await noticeOthers()
    if (others?.isOn()) wake(await store.atWork())
  }

  return {
    journal,
    integrations,
    inForce,
    wake,
    noticeOthers,
    storyPage,
    async start() {
      await inForce.apply(first)
      others = hearOthers({
        ...{ store, log, noticeOthers, lookAtReplays: parts.lookAtReplays },
        wake: (names) =>
          wake(names === 'all' ? integrations.workers().map(({ integration }) => integration.name) : names),
        onError(error) {
          metrics.storeErrors.inc()
          log.error({ err: error }, 'what another instance told could not be looked at; it will be soon')
        },
      })
      routines = startRoutines({
        ...{ store, integrations, metrics, log, leaseMs, rhythm, config: inForce.current, now, steady, watchOthers },
        tidy: parts.tidy,
        sweep: parts.sweep,
        tellOperators: parts.tellOperators,
      })
    },
    async settle() {
      await inForce.settled()
      await routines?.stop()
    },
  }
}
