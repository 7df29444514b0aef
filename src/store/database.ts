import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import knex, { type Knex } from 'knex'
import pg from 'pg'
import { applyMigrations } from './migrate.ts'
import { keepStatements, type SqliteConnection } from './prepared.ts'
import { speakThrough } from './statement.ts'
import { StoreError } from './store-error.ts'

export interface DatabaseSettings {
  readonly client: 'sqlite' | 'postgres'
  /** SQLite: the file, relative to the working directory. */
  readonly file: string
  /** PostgreSQL: the connection string. */
  readonly url?: string | undefined
}

export interface Database {
  readonly client: 'sqlite' | 'postgres'
  /** The one connection that writes on SQLite; a pool on PostgreSQL. Used by the committer alone. */
  readonly writer: Knex
  /** For everything that only looks: never waits for a commit. */
  readonly reader: Knex
  /** @throws {StoreError} when what is written would be lost, although the database would not notice */
  examine(): void
  /**
   * Applies the migrations that are missing and returns their names.
   * @throws {StoreError} when it cannot be opened or changed
   */
  migrate(): Promise<string[]>
  close(): Promise<void>
}

/** How long SQLite waits for another process that writes, before it says SQLITE_BUSY. */
const BUSY_TIMEOUT_MS = 5000

/** Opens the database; nothing is read or written yet, but the folder of an SQLite file is made. */
export function openDatabase(settings: DatabaseSettings): Database {
  return settings.client === 'sqlite' ? openSqlite(settings.file) : openPostgres(settings.url ?? '')
}

/**
 * After so many pages of 4 KiB the log goes into the database file: four times SQLite's default, since a page that
 * many commits have changed goes there once, and each time some commit waits for it.
 */
const CHECKPOINT_PAGES = 4000

/** The committer speaks through one connection, which stays. */
const ALONE: Knex.PoolConfig = { min: 1, max: 1 }

function openSqlite(path: string): Database {
  const file = resolve(path)
  mkdirSync(dirname(file), { recursive: true })
  const open = (pool: Knex.PoolConfig, pragmas: readonly string[]): Knex => {
    const made: Knex = knex({
      client: 'sqlite3',
      useNullAsDefault: true,
      connection: { filename: file },
      // Pragmas belong to a connection, so each new one gets them.
      pool: {
        ...pool,
        afterCreate: (
          connection: SqliteConnection,
          done: (error: Error | null, connection: SqliteConnection) => void,
        ) => {
          keepStatements(connection)
          if (pool === ALONE) speakThrough(made.client, connection)
          connection.exec(pragmas.map((pragma) => `PRAGMA ${pragma};`).join(''), (error) => done(error, connection))
        },
      },
      migrations: migrations(),
      log: SILENCE,
    })
    return made
  }
  const common = [`busy_timeout = ${BUSY_TIMEOUT_MS}`, 'foreign_keys = ON']
  // FULL makes each commit reach the disk before it is acknowledged: with NORMAL a power cut loses the newest ones.
  const writer = open(ALONE, [
    ...common,
    'journal_mode = WAL',
    'synchronous = FULL',
    `wal_autocheckpoint = ${CHECKPOINT_PAGES}`,
  ])
  const reader = open({ min: 0, max: 2 }, [...common, 'query_only = ON'])
  return database('sqlite', writer, reader, fileGuard(file))
}

/**
 * SQLite goes on writing into a file that was deleted or moved away, and everything is gone when the process ends; so
 * the file must be the same one as at first.
 */
function fileGuard(file: string): () => void {
  let first: string | null = null
  return () => {
    const stat = statSync(file, { throwIfNoEntry: false })
    const found = stat === undefined ? null : `${stat.dev}:${stat.ino}`
    first ??= found
    if (found !== first)
      throw new StoreError(
        'unavailable',
        'the database file was moved, deleted or replaced; put it back or start the relay again',
      )
  }
}

/** knex would write to standard output between the lines of the log; whatever matters comes as an error as well. */
const SILENCE: Knex.Logger = { debug() {}, warn() {}, error() {}, deprecate() {} }

function openPostgres(url: string): Database {
  // Ids and times stay far below 2^53.
  pg.types.setTypeParser(pg.types.builtins.INT8, Number)
  const pool = knex({
    client: 'pg',
    connection: { connectionString: url, application_name: 'tracker-relay' },
    pool: { min: 0, max: 8 },
    acquireConnectionTimeout: 10_000,
    migrations: migrations(),
    log: SILENCE,
  })
  return database('postgres', pool, pool, () => {})
}

function database(client: Database['client'], writer: Knex, reader: Knex, examine: () => void): Database {
  return {
    client,
    writer,
    reader,
    examine,
    async migrate() {
      const names = await applyMigrations(writer).catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error)
        throw new StoreError('unavailable', `the database cannot be used: ${why}`, error)
      })
      // From now on the file is there.
      examine()
      return names
    },
    async close() {
      await writer.destroy()
      if (reader !== writer) await reader.destroy()
    },
  }
}

function migrations(): Knex.MigratorConfig {
  return { directory: join(packageRoot(), 'migrations'), loadExtensions: ['.js'] }
}

/** The folder that holds migrations/, wherever the compiled file was put. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'migrations'))) {
    const above = dirname(folder)
    if (above === folder) throw new Error('the folder "migrations" is missing from this installation')
    folder = above
  }
  return folder
}
