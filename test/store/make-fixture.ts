import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { loadConfig } from '../../src/config/load.ts'
import { loadConnectors } from '../../src/connectors/registry.ts'
import { createRelay } from '../../src/gateway/relay.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { type DatabaseSettings, openDatabase } from '../../src/store/database.ts'
import { openStore } from '../../src/store/store.ts'
import { openCluster, program } from '../connectors/other/postgres-cluster.ts'
import { startRelayProcess } from '../faults/relay-process.ts'
import { eventually } from '../gateway/eventually.ts'
import { CAPPED, drive, driveTheLast, fixtureConfig } from './fixture-scenario.ts'
import { PIN, startTargets } from './fixture-targets.ts'
import { storedContent } from './stored-content.ts'

const CONNECTORS = await loadConnectors()

/**
 * `node build/test/store/make-fixture.js VERSION` keeps what this release writes, for the releases after it: into
 * test/store/fixtures/VERSION/sqlite and .../postgres it puts the config, the database of a relay that was killed in
 * the middle of its work, and what is in it.
 */

const DAY_MS = 86_400_000
const LEASE_MS = 10_000
/** In place of the address of a server that is gone. */
const PLAIN_URL = 'postgres://relay@127.0.0.1/relay'

const [, , version = ''] = process.argv
if (!/^[\w.-]+$/.test(version)) throw new Error('name the version that makes the fixture')
// The fixture is opened a moment after it was made, by its clock, and must not be in the next day then.
if (Date.now() % DAY_MS > DAY_MS - 3_600_000) throw new Error('it is nearly midnight (UTC): make the fixture later')

await make('sqlite')
await make('postgres')

async function make(client: 'sqlite' | 'postgres'): Promise<void> {
  const after: (() => Promise<void> | void)[] = []
  const t = { teardown: (work: () => Promise<void> | void) => void after.unshift(work) }
  const into = join('test/store/fixtures', version, client)
  rmSync(into, { recursive: true, force: true })
  mkdirSync(into, { recursive: true })
  const folder = mkdtempSync(join(tmpdir(), 'relay-fixture-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  try {
    const cluster = client === 'postgres' ? await openCluster() : null
    if (cluster !== null) t.teardown(cluster.close)
    const file = join(folder, 'relay.db')
    const database: DatabaseSettings = { client, file, ...(cluster === null ? {} : { url: cluster.url }) }
    const written = JSON.stringify(fixtureConfig(folder, database), null, 2)
    const path = join(folder, 'relay.yaml')
    writeFileSync(path, written)
    const targets = await startTargets(t, Date.now)
    await authorise(path)

    const relay = await startRelayProcess(t, path, LEASE_MS)
    const store = openStore(database)
    const driven = { store, targets, url: relay.address }
    await drive(driven)
    if (client === 'sqlite') await emptyLog(database)
    await driveTheLast(driven)
    await relay.end('SIGKILL')
    const takenAt = Date.now()

    if (client === 'sqlite')
      for (const name of ['relay.db', 'relay.db-wal']) {
        copyFileSync(join(folder, name), join(folder, `copy-${name}`))
        writeFileSync(join(into, `${name}.gz`), gzipSync(readFileSync(join(folder, `copy-${name}`)), { level: 9 }))
      }
    else writeFileSync(join(into, 'relay.sql.gz'), gzipSync(dump(cluster?.url ?? ''), { level: 9 }))
    const { config } = loadConfig({ path, environment: {}, connectors: CONNECTORS })
    const days = [{ integration: CAPPED.name, day: new Date(takenAt).toISOString().slice(0, 10) }]
    const content = await storedContent(store, config.credentials.keys, days)
    await store.close()
    writeFileSync(
      join(into, 'relay.yaml'),
      written.replaceAll(folder, '.').replaceAll(cluster?.url ?? PLAIN_URL, PLAIN_URL),
    )
    writeFileSync(join(into, 'content.json'), JSON.stringify({ takenAt, posts: targets.posts, ...content }, null, 1))
    process.stdout.write(`${into}: ${content.deliveries.length} deliveries\n`)
  } finally {
    for (const work of after) await work()
  }
}

/** Authorises the account of the integration "news" with a PIN, so that its token is kept sealed. */
async function authorise(path: string): Promise<void> {
  const { config } = loadConfig({ path, environment: {}, connectors: CONNECTORS })
  const relay = await createRelay({ config, log: createLogger('silent'), version: '0.0.0' })
  try {
    for (const name of ['news', 'wire']) {
      const worker = relay.workers().find(({ integration }) => integration.name === name)
      const connection = worker?.integration.session.connection
      if (connection === undefined) throw new Error(`"${name}" has no account to authorise`)
      const { pending } = await connection.begin(null)
      await connection.finish(pending, { pin: PIN })
    }
  } finally {
    await relay.close()
  }
}

/** Takes all that is in SQLite's log into the database file: what is written from now on stands in the log alone. */
async function emptyLog(database: DatabaseSettings): Promise<void> {
  const { writer, close } = openDatabase(database)
  await eventually(
    async () => (await writer.raw('PRAGMA wal_checkpoint(TRUNCATE)')) as { busy: number }[],
    ([result]) => result?.busy === 0,
    'the log is empty',
  )
  await close()
}

/** Statements that any client can run; what sets up the session is left out, since it differs between versions. */
function dump(url: string): string {
  const args = ['--inserts', '--no-owner', '--no-privileges', '--no-comments', url]
  const sql = execFileSync(program('pg_dump'), args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  return sql
    .split('\n')
    .filter((line) => !/^(SET |SELECT pg_catalog\.set_config|--|\\|$)/.test(line))
    .join('\n')
}
