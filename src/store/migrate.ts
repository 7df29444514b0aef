import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Knex } from 'knex'
import pRetry from 'p-retry'
import { isPassing, StoreError } from './store-error.ts'

/** One migration takes far less: a holder of knex's lock that finishes none in this time has most likely died. */
const LOCK_PATIENCE_MS = 20_000

/** Relays that start together on a new database can each put a row into it, and knex then never gets the lock. */
const LOCK_TABLE = 'knex_migrations_lock'

/** For a busy database, or tables that another relay is making: this passes within moments or never. */
const MOST_OTHER_FAILURES = 8

/**
 * Applies missing migrations and returns their names. If several relays start together on a new database, the later ones
 * try again. knex's lock outlives a relay that is killed while it holds it, and no relay could start any more: so the
 * lock is taken from a holder that makes no progress. Each migration is a transaction, so this is safe even if the
 * holder was only slow.
 */
export async function applyMigrations(writer: Knex, lockPatienceMs = LOCK_PATIENCE_MS): Promise<string[]> {
  if (await isUpToDate(writer)) return []
  const config: Knex.MigratorConfig = { directory: join(packageRoot(), 'migrations'), loadExtensions: ['.js'] }
  let locked: { readonly since: number; readonly finished: number } | null = null
  let otherFailures = 0

  async function latest(): Promise<string[]> {
    try {
      const [, names] = (await writer.migrate.latest(config)) as [number, string[]]
      return names
    } catch (error) {
      if (!isLocked(error)) throw error
      await writer(LOCK_TABLE).where('index', '>', writer(LOCK_TABLE).min('index')).delete()
      const [completed] = (await writer.migrate.list(config)) as [readonly unknown[], readonly unknown[]]
      const now = performance.now()
      if (locked === null || locked.finished !== completed.length) locked = { since: now, finished: completed.length }
      else if (now - locked.since > lockPatienceMs) await writer.migrate.forceFreeMigrationsLock(config)
      throw error
    }
  }

  return await pRetry(latest, {
    retries: Number.POSITIVE_INFINITY,
    maxRetryTime: 3 * lockPatienceMs,
    minTimeout: 50,
    maxTimeout: 1000,
    factor: 2,
    randomize: true,
    shouldRetry({ error }) {
      if (isLocked(error)) return true
      otherFailures += 1
      return otherFailures <= MOST_OTHER_FAILURES && (isPassing(error) || isOthersWork(error))
    },
  })
}

/**
 * Each command asks this, and knex's migrator takes far longer to find the same. False if it cannot be read.
 * @throws {StoreError} if a later version has changed the tables
 */
async function isUpToDate(writer: Knex): Promise<boolean> {
  const applied = await writer<{ name: string }>('knex_migrations')
    .pluck('name')
    .catch(() => null)
  if (applied === null) return false
  const known = migrationNames()
  const later = applied.filter((name) => !known.includes(name))
  if (later.length > 0)
    throw new StoreError(
      'unavailable',
      `the database is of a later version of the relay (${later.join(', ')}): use that version, or put a backup of this one in its place`,
    )
  return JSON.stringify(applied.toSorted()) === JSON.stringify(known.toSorted())
}

/** Of a database that has tables. */
export async function pendingMigrations(reader: Knex): Promise<string[]> {
  const applied: string[] = await reader('knex_migrations').pluck('name')
  return migrationNames().filter((name) => !applied.includes(name))
}

function isLocked(error: unknown): boolean {
  return error instanceof Error && error.name === 'MigrationLocked'
}

/** Another relay has just made the table or column. On PostgreSQL one waits for the other. */
function isOthersWork(error: Error): boolean {
  return /SQLITE_ERROR: (table|index) .* already exists$|SQLITE_ERROR: duplicate column name|UNIQUE constraint failed: knex_/.test(
    error.message,
  )
}

/** Of this version, as a database notes them. */
export function migrationNames(): string[] {
  return readdirSync(join(packageRoot(), 'migrations')).filter((name) => name.endsWith('.js'))
}

function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'migrations'))) {
    const above = dirname(folder)
    if (above === folder) throw new Error('the folder "migrations" is missing from this installation')
    folder = above
  }
  return folder
}
