import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { Config } from '../config/schema.ts'
import { secretsOfIntegration } from '../config/secrets.ts'
import { createRedactor } from '../http/redact.ts'
import type { Imports } from '../imports/imports.ts'
import { createEvents } from '../operations/events.ts'
import { createReplayer, type Replayer } from '../operations/replayer.ts'
import type { Journal } from '../queue/journal.ts'
import { API, apiRoutes } from '../routes/api/routes.ts'
import { createGuesses } from '../routes/guesses.ts'
import { NO_COMPILERS } from '../routes/no-compilers.ts'
import { sealedCredentials } from '../store/sealed-credentials.ts'
import type { ThreadedStore } from '../store/thread.ts'
import { createAccounts } from './accounts.ts'
import { adminParts } from './admin-parts.ts'
import type { CatchUps } from './catch-ups.ts'
import type { OpenedIntegration } from './opened-integration.ts'
import { journalProject } from './projects.ts'
import { RHYTHM } from './rhythm.ts'
import { importPlaces } from './ticket-places.ts'
import { timedPause } from './timed-pause.ts'

/** Who does what is done on the command line, in the list of what was done. */
const COMMAND_LINE = 'command line'
const LEASE_MS = 10_000

export interface LocalAnswer {
  readonly status: number
  readonly body: string
}

/** The admin API of a database, in this process: nothing listens, and no relay has to run. */
export interface LocalAdmin {
  /** @param path below the API's, with its query */
  ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body: object | null): Promise<LocalAnswer>
  /** Works on replays that nobody works on, so that they go on without a relay. */
  helpReplays(): Promise<void>
  /** Not the store. */
  close(): Promise<void>
}

interface Parts {
  readonly config: Config
  readonly store: ThreadedStore
  readonly version: string
}

/** What few requests need is loaded when it is needed, since a command answers one or two. */
export async function openLocalAdmin({ config, store, version }: Parts): Promise<LocalAdmin> {
  const now = Date.now
  const steady = (): number => performance.now()
  const project = (id: string) => {
    const found = config.projects.find((each) => each.id === id)
    return found === undefined ? undefined : journalProject(config, found)
  }
  const integrations = openedWhenAsked({ config, store, version })
  const redactors = new Map<string, (text: string) => string>()
  const token = randomBytes(24).toString('base64url')
  let mistake: unknown = null
  let imports: Promise<Imports> | null = null
  let replayer: Replayer | null = null
  let asking: Promise<Asking> | null = null

  function redact(name: string, text: string): string {
    const known = redactors.get(name)
    if (known !== undefined) return known(text)
    const integration = config.integrations.find((each) => each.name === name)
    if (integration === undefined) return text
    const made = createRedactor(secretsOfIntegration(config, integration))
    redactors.set(name, made)
    return made(text)
  }

  function replays(): Replayer {
    replayer ??= createReplayer({
      ...{ store, project, now, steady, pause: timedPause, leaseMs: LEASE_MS, log: SILENT },
      wake() {},
    })
    return replayer
  }

  const api = {
    guesses: createGuesses(0, steady),
    tokens: () => [{ name: COMMAND_LINE, role: 'operate' as const, token }],
    ...adminParts({
      ...{ store, version, now, project, redact },
      config: () => config,
      integration: integrations.opened,
      imports: () => (imports ??= shownImports({ config, store, integrations })),
      journal: () => againJournal(store, version),
      // Relays in other processes find all of it in the database.
      wake() {},
      async noticeOthers() {},
      lookAtReplays() {},
      async catchUps() {
        asking ??= openAsking({ config, store, version })
        return (await asking).catchUps
      },
      events: createEvents({ store, steady, pause: timedPause }),
    }),
  }
  const apps = new Map<string, Promise<FastifyInstance>>()

  /** To make all routes takes long, and a command asks for one or two. @param only the first part of their paths */
  async function appFor(only: string): Promise<FastifyInstance> {
    const app = Fastify({
      loggerInstance: keeping((error) => (mistake = error)),
      exposeHeadRoutes: false,
      schemaController: NO_COMPILERS,
    })
    await app.register(apiRoutes, { prefix: API, only, hasDocument: false, ...api })
    return app
  }

  return {
    async ask(method, path, body) {
      const only = /^\/([^/?]*)/.exec(path)?.[1] ?? ''
      const app = apps.get(only) ?? appFor(only)
      apps.set(only, app)
      const answer = await (await app).inject({
        method,
        url: `${API}${path}`,
        headers: {
          authorization: `Bearer ${token}`,
          ...(method === 'GET' || body === null ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === null ? {} : { payload: JSON.stringify(body) }),
      })
      // A bug of ours: there is no log that could have it.
      if (mistake !== null) throw mistake
      return { status: answer.statusCode, body: answer.body }
    },
    helpReplays: async () => await replays().look(),
    async close() {
      await replayer?.stop()
      await (await imports?.catch(() => null))?.stop()
      await (await asking?.catch(() => null))?.close()
      for (const app of apps.values()) await (await app).close()
      await integrations.close()
    },
  }
}

function openedWhenAsked({ config, store, version }: Parts) {
  const opened = new Map<string, Promise<OpenedIntegration | undefined>>()
  const accounts = createAccounts(store, Date.now)

  async function open(name: string): Promise<OpenedIntegration | undefined> {
    const integration = config.integrations.find((each) => each.name === name)
    if (integration === undefined) return undefined
    const { openIntegration } = await import('./opened-integration.ts')
    const { createClient } = await import('../http/client.ts')
    return openIntegration(integration, {
      log: SILENT,
      version,
      now: Date.now,
      steady: () => performance.now(),
      random: Math.random,
      pause: timedPause,
      createClient,
      secrets: secretsOfIntegration(config, integration),
      credentials: sealedCredentials(store, config.credentials.keys, Date.now),
      accounts,
    })
  }

  return {
    async opened(name: string): Promise<OpenedIntegration | undefined> {
      const known = opened.get(name) ?? open(name)
      // At once, so that a second one who asks meanwhile does not open it again.
      opened.set(name, known)
      return await known
    },
    async close() {
      for (const each of opened.values()) await (await each.catch(() => undefined))?.close()
    },
  }
}

async function shownImports({
  config,
  store,
  integrations,
}: Omit<Parts, 'version'> & { integrations: Pick<ReturnType<typeof openedWhenAsked>, 'opened'> }): Promise<Imports> {
  const { createImports } = await import('../imports/imports.ts')
  const { importSources } = await import('./import-sources.ts')
  const imports = createImports({
    folder: config.imports.folder,
    linkedTickets: store.linkedTickets,
    turns: store,
    places: (projectId, integration) => importPlaces(config, projectId, integration),
    metrics: await metricsOf(),
    log: SILENT,
    now: Date.now,
    steady: () => performance.now(),
  })
  const importing = config.integrations.filter(({ common }) => common.import !== undefined)
  const opened = new Map<string, OpenedIntegration>()
  for (const { name } of importing) {
    const one = await integrations.opened(name)
    if (one !== undefined) opened.set(name, one)
  }
  await imports.show(importSources(config, (name) => opened.get(name)))
  return imports
}

interface Asking {
  readonly catchUps: CatchUps
  close(): Promise<void>
}

/** Asks the projects' tools from this process. */
async function openAsking({ config, store, version }: Parts): Promise<Asking> {
  const [{ createCatchUps }, { createJournal }, { missedBy, redactorOf }, { openSourceSessions }, { openTrackerApis }] =
    await Promise.all([
      import('./catch-ups.ts'),
      import('../queue/journal.ts'),
      import('./missed-by.ts'),
      import('./source-sessions.ts'),
      import('./tracker-apis.ts'),
    ])
  const metrics = await metricsOf(version)
  const time = { now: Date.now, steady: () => performance.now(), pause: timedPause }
  const sessions = openSourceSessions(config, { version, ...time })
  const trackerApis = openTrackerApis(config, { version, ...time, random: Math.random })
  const { rejected_count: keep } = config.retention
  const journal = createJournal({
    ...{ append: store.append, appendTogether: store.appendTogether, rememberedStories: store.rememberedStories },
    ...{ takeOwnEvent: store.takeOwnEvent, knownKeys: store.knownKeys },
    reject: (rejection) => store.reject({ ...rejection, keep }),
    ...{ wake() {}, metrics, log: SILENT, now: Date.now },
  })
  const catchUps = createCatchUps({
    ...{ store, journal, metrics, log: SILENT, rhythm: RHYTHM, ...time },
    config: () => config,
    project(id) {
      const found = config.projects.find((each) => each.id === id)
      return found === undefined ? undefined : journalProject(config, found, sessions)
    },
    missed: missedBy({ store, trackerApis, sessions, config: () => config }),
    redact: (projectId, text) => redactorOf(config, projectId)(text),
  })
  return {
    catchUps,
    async close() {
      await catchUps.stop()
      await Promise.all([sessions.close(), trackerApis.close()])
    },
  }
}

async function againJournal(store: ThreadedStore, version: string): Promise<Journal> {
  const { createJournal } = await import('../queue/journal.ts')
  return createJournal({
    append: store.append,
    appendTogether: store.appendTogether,
    rememberedStories: store.rememberedStories,
    takeOwnEvent: store.takeOwnEvent,
    knownKeys: store.knownKeys,
    reject: async () => {},
    wake() {},
    metrics: await metricsOf(version),
    log: SILENT,
    now: Date.now,
  })
}

/** Nobody reads them. */
async function metricsOf(version = '') {
  const { createMetrics } = await import('../observability/metrics.ts')
  const { METRIC_WORDS } = await import('./metric-words.ts')
  return createMetrics({ version, words: METRIC_WORDS })
}

/** What is logged is told by the answers. */
function keeping(keep: (error: unknown) => void): FastifyBaseLogger {
  const none = (): void => {}
  const log = {
    level: 'silent',
    silent: none,
    trace: none,
    debug: none,
    info: none,
    warn: none,
    error: (fields: { err?: unknown }) => keep(fields.err ?? fields),
    fatal: none,
    child: () => log,
  }
  return log as unknown as FastifyBaseLogger
}

const SILENT = keeping(() => {}) as unknown as import('../observability/logger.ts').Logger
