import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../src/config/load.ts'
import type { Config } from '../../src/config/schema.ts'
import type { Connector } from '../../src/connectors/contract/connector.ts'
import { loadConnectors } from '../../src/connectors/registry.ts'
import { createRelay, type Relay } from '../../src/gateway/relay.ts'
import { RHYTHM, type Rhythm } from '../../src/gateway/rhythm.ts'
import { createLogger } from '../../src/observability/logger.ts'
import type { Tracing } from '../../src/observability/tracing.ts'
import type { Source } from '../../src/sources/contract/source.ts'
import { loadSources } from '../../src/sources/registry.ts'
import { openDatabase } from '../../src/store/database.ts'
import type { Delivery } from '../../src/store/delivery.ts'
import { isSettled } from '../../src/store/delivery.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { writeMigratedDatabase } from '../store/database.ts'
import { eventually } from './eventually.ts'
import { PROJECT } from './tracker-says.ts'

const CONNECTORS = await loadConnectors()
const SOURCES = await loadSources()

export const SECRET = 'kobayashi-maru-1701'

interface Test {
  teardown(work: () => Promise<void> | void): void
}

export interface RelaySetup {
  readonly server?: object
  readonly admin?: object
  /** Lets an administrator in while the config names no token. */
  readonly adminToken?: string
  readonly projects?: readonly object[]
  readonly integrations?: Readonly<Record<string, object>>
  readonly retention?: object
  readonly notices?: object
  /** How often what nobody asks for is done. */
  readonly rhythm?: Partial<Rhythm>
  readonly credentials?: object
  /** Besides those that every relay has. */
  readonly connectors?: readonly Connector[]
  /** Besides those that every relay has. */
  readonly sources?: readonly Source[]
  /** Default: a fresh one that goes when the test ends. */
  readonly folder?: string
  /** Default: an SQLite file. */
  readonly database?: object
  /** Default: relay.db in the folder. */
  readonly databaseFile?: string
  readonly leaseMs?: number
  readonly logLevel?: string
  readonly tracing?: Tracing | null
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  json(): Record<string, unknown>
}

/** A relay with a real port and a real database file, as a test sees it from outside. */
export interface RunningRelay {
  readonly relay: Relay
  readonly url: string
  readonly port: number
  readonly folder: string
  /** A second connection to the same database, as another process would have it. */
  readonly store: Store
  /** Everything that was logged, as it was written. */
  output(): string
  lines(message?: string): Record<string, unknown>[]
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  /** Posts to the hook of the first project. */
  post(body: string | Buffer, headers?: Record<string, string>): Promise<Answer>
  /** Oldest first. */
  deliveries(): Promise<Delivery[]>
  /** Waits until every delivery is settled, and returns them, oldest first. */
  allSettled(count: number): Promise<Delivery[]>
  /** The value of each series, by its name and labels as /metrics writes them. */
  metrics(): Promise<Map<string, number>>
  /** Everybody's clock goes on by so much at once. */
  advance(ms: number): void
  /** Waits until the relay has noticed. */
  setClockBack(ms: number): Promise<void>
  /** Puts another config in force, as SIGHUP does. */
  reload(setup: RelaySetup): Promise<void>
  stop(): Promise<void>
}

export async function startRelay(t: Test, setup: RelaySetup = {}): Promise<RunningRelay> {
  const folder = setup.folder ?? freshFolder(t)
  const config = configOf(folder, setup)
  const written: string[] = []
  const log = createLogger(setup.logLevel ?? 'trace', { write: (line) => void written.push(line) })
  let ahead = 0
  let setBack = 0
  const steady = (): number => Date.now() + ahead
  const { database } = config
  if (database.client === 'sqlite' && !existsSync(database.file)) await writeMigratedDatabase(database.file)
  const relay = await createRelay({
    config,
    log,
    version: '0.0.0-test',
    now: () => steady() - setBack,
    steady,
    random: () => 0.5,
    // Starting a thread takes twice as long as all the rest of a start; relays that are processes have it.
    openStore,
    ...(setup.tracing === undefined ? {} : { tracing: setup.tracing }),
    ...(setup.leaseMs === undefined ? {} : { leaseMs: setup.leaseMs }),
    ...(setup.rhythm === undefined ? {} : { rhythm: { ...RHYTHM, ...setup.rhythm } }),
    ...(setup.adminToken === undefined ? {} : { adminToken: () => setup.adminToken }),
  })
  const url = await relay.listen()
  const store = openStore(config.database)
  let stopped: Promise<void> | null = null
  const stop = async (): Promise<void> => {
    stopped ??= relay.close().then(() => store.close())
    await stopped
  }
  t.teardown(stop)

  const deliveries = async (): Promise<Delivery[]> => (await store.deliveries({ limit: 1000 })).reverse()
  const lines = (message?: string): Record<string, unknown>[] =>
    written
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => message === undefined || msg === message)

  return {
    relay,
    url,
    port: Number(new URL(url).port),
    folder,
    store,
    output: () => written.join(''),
    lines,
    get: (path, headers = {}) => ask(`${url}${path}`, { headers }),
    post(body, headers = { 'content-type': 'application/xml' }) {
      const [project] = config.projects
      if (project === undefined) throw new Error('this relay has no project')
      return ask(`${url}/hooks/${project.id}/${project.secrets[0]}`, {
        method: 'POST',
        headers,
        body: new Uint8Array(Buffer.from(body)),
      })
    },
    deliveries,
    async allSettled(count) {
      // The counts alone, since there may be hundreds of deliveries.
      await eventually(
        () => store.counts(),
        (found) =>
          found.every((each) => each.count === 0 || isSettled(each.state)) &&
          found.reduce((sum, each) => sum + each.count, 0) === count,
        `${count} deliveries, all of them settled`,
      )
      return await deliveries()
    },
    async metrics() {
      return seriesOf((await ask(`${url}/metrics`, {})).text)
    },
    advance(ms) {
      ahead += ms
      for (const worker of relay.workers()) worker.wake()
    },
    async setClockBack(ms) {
      const noticed = (): number => lines('the clock was set back; waits go on as before').length
      const before = noticed()
      setBack += ms
      await eventually(noticed, (count) => count > before, 'the relay notices its clock')
    },
    reload: (next) => relay.reload(configOf(folder, next)),
    stop,
  }
}

export function freshFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'relay test '))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The config as the relay reads it: from a file, checked, with every default filled in. */
function configOf(folder: string, setup: RelaySetup): Config {
  const path = writeConfig(folder, setup)
  return loadConfig({
    path,
    environment: {},
    connectors: [...CONNECTORS, ...(setup.connectors ?? [])],
    sources: [...SOURCES, ...(setup.sources ?? [])],
  }).config
}

/** @returns the path of the file; JSON is YAML too */
export function writeConfig(folder: string, setup: RelaySetup): string {
  const path = join(folder, 'relay.yaml')
  const integrations = setup.integrations ?? { log: { type: 'log' } }
  const file = {
    server: { host: '127.0.0.1', port: 0, ...setup.server },
    database: setup.database ?? { file: setup.databaseFile ?? join(folder, 'relay.db') },
    imports: { folder: join(folder, 'imports') },
    projects: setup.projects ?? [{ id: PROJECT, secret: SECRET, integrations: Object.keys(integrations) }],
    integrations,
    ...(setup.admin === undefined ? {} : { admin: setup.admin }),
    ...(setup.retention === undefined ? {} : { retention: setup.retention }),
    ...(setup.notices === undefined ? {} : { notices: setup.notices }),
    ...(setup.credentials === undefined ? {} : { credentials: setup.credentials }),
  }
  writeFileSync(path, JSON.stringify(file, null, 2))
  return path
}

/** For commands, which make no database. */
export async function writeConfigAndDatabase(folder: string, setup: RelaySetup): Promise<string> {
  await writeMigratedDatabase(join(folder, 'relay.db'))
  return writeConfig(folder, setup)
}

export async function ask(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init)
  const isEndless = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
  if (isEndless) await response.body?.cancel()
  const text = isEndless ? '' : await response.text()
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) }
}

export function seriesOf(exposition: string): Map<string, number> {
  return new Map(
    exposition
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const space = line.lastIndexOf(' ')
        return [line.slice(0, space), Number(line.slice(space + 1))]
      }),
  )
}

/** Holds the database's write lock, as a slow writer in another process does, until it is called. */
export async function lockDatabase(folder: string): Promise<() => Promise<void>> {
  const { writer, close } = openDatabase({ client: 'sqlite', file: join(folder, 'relay.db') })
  const trx = await writer.transaction()
  await trx('rejected').where({ id: -1 }).delete()
  return async () => {
    await trx.rollback()
    await close()
  }
}

/** Looks at the rows themselves, through a connection of its own. */
export async function rowsOf(folder: string, table: string): Promise<Record<string, unknown>[]> {
  const { reader, close } = openDatabase({ client: 'sqlite', file: join(folder, 'relay.db') })
  try {
    return await reader(table).select('*').orderBy(1)
  } finally {
    await close()
  }
}
