import type { Knex } from 'knex'
import type { Dialect, Trx } from './dialect/dialect.ts'
import { openPostgres } from './dialect/postgres.ts'
import { openSqlite } from './dialect/sqlite.ts'
import { applyMigrations } from './migrate.ts'
import { StoreError } from './store-error.ts'

export interface DatabaseSettings {
  readonly client: 'sqlite' | 'postgres'
  /** SQLite: the file, relative to the working directory. */
  readonly file: string
  /** PostgreSQL: the connection string. */
  readonly url?: string | undefined
}

export interface Database extends Pick<Dialect, 'writer' | 'reader'> {
  readonly client: DatabaseSettings['client']
  /**
   * Runs the work in a transaction; used by the committer alone, which waits for one before it begins the next.
   * @throws {StoreError} when what is written would be lost, although the database would not notice
   */
  transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T>
  /**
   * Applies the migrations that are missing and returns their names.
   * @throws {StoreError} when it cannot be opened or changed
   */
  migrate(): Promise<string[]>
  close(): Promise<void>
}

/** knex would write to standard output between the lines of the log; whatever matters comes as an error as well. */
const SILENCE: Knex.Logger = { debug() {}, warn() {}, error() {}, deprecate() {} }

/** Opens the database; nothing is read or written yet, but the folder of an SQLite file is made. */
export function openDatabase(settings: DatabaseSettings): Database {
  const { writer, reader, transaction, examine } =
    settings.client === 'sqlite'
      ? openSqlite(settings.file, { log: SILENCE })
      : openPostgres(settings.url ?? '', { log: SILENCE })
  return {
    client: settings.client,
    writer,
    reader,
    async transaction(work) {
      examine()
      try {
        return await transaction(work)
      } catch (error) {
        throw withoutStatement(error)
      }
    },
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

/**
 * knex puts the whole statement before the driver's words, with every value in it: bodies of megabytes, and nothing
 * that belongs in a log.
 */
function withoutStatement(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const at = error.message.lastIndexOf(' - ')
  if (at !== -1) error.message = error.message.slice(at + 3)
  return error
}
