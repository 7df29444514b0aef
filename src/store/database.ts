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

export interface Database extends Pick<Dialect, 'writer' | 'reader' | 'toldBy' | 'horizon'> {
  readonly client: DatabaseSettings['client']
  /**
   * For the committer alone, which waits for one transaction before it begins the next.
   * @throws {StoreError} if a file of the database was moved, deleted or truncated, so that writes would be lost
   */
  transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T>
  /** Applies missing migrations and returns their names. @throws {StoreError} if the database cannot be used */
  migrate(): Promise<string[]>
  close(): Promise<void>
}

/** knex would write to standard output between the log lines; whatever matters comes as an error as well. */
const SILENCE: Knex.Logger = { debug() {}, warn() {}, error() {}, deprecate() {} }

/** Reads and writes nothing yet, but makes the folder of an SQLite file. */
export function openDatabase(settings: DatabaseSettings): Database {
  const { writer, reader, toldBy, horizon, transaction, examine, migrating, close } =
    settings.client === 'sqlite'
      ? openSqlite(settings.file, { log: SILENCE })
      : openPostgres(settings.url ?? '', { log: SILENCE })
  return {
    client: settings.client,
    writer,
    reader,
    toldBy,
    horizon,
    async transaction(work) {
      try {
        return await transaction(work)
      } catch (error) {
        throw withoutStatement(error)
      }
    },
    async migrate() {
      try {
        await examine()
        return await migrating(() => applyMigrations(writer))
      } catch (error) {
        if (error instanceof StoreError) throw error
        const why = error instanceof Error ? error.message : String(error)
        throw new StoreError('unavailable', `the database cannot be used: ${why}`, error)
      }
    },
    async close() {
      await writer.destroy()
      if (reader !== writer) await reader.destroy()
      close()
    },
  }
}

/** knex puts the whole statement with all values before the driver's message: megabytes that do not belong in a log. */
function withoutStatement(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const at = error.message.lastIndexOf(' - ')
  if (at !== -1) error.message = error.message.slice(at + 3)
  return error
}
