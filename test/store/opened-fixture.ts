import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { loadConfig } from '../../src/config/load.ts'
import type { Config } from '../../src/config/schema.ts'
import { loadConnectors } from '../../src/connectors/registry.ts'
import { createRelay, type Relay } from '../../src/gateway/relay.ts'
import { createLogger } from '../../src/observability/logger.ts'
import type { DatabaseSettings } from '../../src/store/database.ts'
import type { Delivery } from '../../src/store/delivery.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { run } from '../connectors/other/postgres-cluster.ts'
import { eventually } from '../gateway/eventually.ts'
import { oneTurn } from '../gateway/turns.ts'
import { freshPostgres, type ServerClock } from './postgres.ts'

const CONNECTORS = await loadConnectors()

/** A database of an earlier release, copied to where this release may write. */
export interface OpenedFixture {
  readonly config: Config
  /** The file that `config` was read from. */
  readonly configPath: string
}

interface Test {
  teardown(work: () => Promise<void> | void): void
}

/** The settings are the fixture's own, to the letter: only where the relay listens and keeps its files is another place. */
export function openFixture(t: Test, yaml: string, databaseIn: (folder: string) => DatabaseSettings): OpenedFixture {
  const folder = mkdtempSync(join(tmpdir(), 'relay fixture '))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const written = JSON.parse(readFileSync(yaml, 'utf8')) as object
  const places = {
    server: { host: '127.0.0.1', port: 0 },
    database: databaseIn(folder),
    imports: { folder: join(folder, 'imports') },
  }
  const configPath = join(folder, 'relay.yaml')
  writeFileSync(configPath, JSON.stringify({ ...written, ...places }))
  const { config } = loadConfig({ path: configPath, environment: {}, connectors: CONNECTORS })
  return { config, configPath }
}

/** Unpacks SQLite's files: the database, and its log where there is one. */
export function unpackSqlite(from: string, folder: string, isUnpacked = (_name: string): boolean => true): string {
  for (const name of readdirSync(from))
    if (name.startsWith('relay.db') && isUnpacked(name))
      writeFileSync(join(folder, name.replace(/\.gz$/, '')), gunzipSync(readFileSync(join(from, name))))
  return join(folder, 'relay.db')
}

/** Loads a packed dump into a database of its own, and returns the address of that. */
export async function loadDump(t: Test, dump: string): Promise<string> {
  const url = await freshPostgres(t, 'empty')
  await run(url, gunzipSync(readFileSync(dump)).toString('utf8'))
  return url
}

export const LEASE_MS = 50_000

/** The relay of this release on a database of an earlier one. */
export interface RelayOnFixture {
  readonly relay: Relay
  readonly url: string
  /** A second connection, as the command line has. */
  readonly store: Store
  now(): number
  /** Everybody's clock goes on by so much at once. */
  advance(ms: number): Promise<void>
  /** Oldest first. */
  deliveries(integration: string): Promise<Delivery[]>
  /** Waits until so many deliveries of the integration are settled. */
  settled(integration: string, count: number): Promise<Delivery[]>
  /** Waits until all that the integration has to do now is what a relay that is gone had under way, once it is seen. */
  idle(integration: string, abandoned: number): Promise<void>
  /** Waits until the worker of each integration has looked for work from the beginning of a turn to its end. */
  turned(): Promise<void>
}

/**
 * @param clock goes on from where the fixture was made
 * @param server the clock of the database's server, if it has one; stands still meanwhile
 */
export async function startOnFixture(
  t: Test,
  { config }: OpenedFixture,
  clock: { now(): number; advance(ms: number): void },
  server?: Pick<ServerClock, 'set'>,
): Promise<RelayOnFixture> {
  const { now } = clock
  const log = createLogger('silent')
  const leaseMs = LEASE_MS
  const relay = await createRelay({ config, log, version: '0.0.0-test', now, random: () => 0.5, leaseMs })
  t.teardown(() => relay.close())
  const url = await relay.listen()
  const store = openStore(config.database)
  t.teardown(() => store.close())
  const deliveries = async (integration: string): Promise<Delivery[]> =>
    (await store.deliveries({ integration, limit: 1000 })).reverse()
  const wake = (): void => {
    for (const worker of relay.workers()) worker.wake()
  }
  return {
    relay,
    url,
    store,
    now,
    async advance(ms) {
      clock.advance(ms)
      await server?.set(now())
      wake()
    },
    deliveries,
    settled: (integration, count) =>
      eventually(
        () => deliveries(integration),
        (all) => all.filter(({ settledAt }) => settledAt !== null).length === count,
        `${count} deliveries of ${integration} are settled`,
      ),
    async idle(integration, abandoned) {
      const due = async () =>
        (await deliveries(integration)).filter(({ dueAt }) => dueAt !== null && dueAt <= now() + leaseMs)
      await eventually(due, ({ length }) => length === abandoned, `${abandoned} deliveries of ${integration} are due`)
      await oneTurn({ relay })
    },
    turned: () => oneTurn({ relay }),
  }
}

/**
 * A clock at a moment of the past that goes on by a millisecond each time it is read: on a slow machine nothing falls due
 * by itself, and still every turn of a worker has a time of its own.
 */
export function clockFrom(at: number): { now(): number; advance(ms: number): void } {
  let moment = at
  return {
    now() {
      moment += 1
      return moment
    },
    advance(ms) {
      moment += ms
    },
  }
}
