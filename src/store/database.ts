import type { Knex } from 'knex'
import { told } from './database-hint.ts'
import type { DatabaseFinding, Dialect, Trx } from './dialect/dialect.ts'
import { openPostgres } from './dialect/postgres.ts'
import type { PostgresSettings } from './dialect/postgres-connection.ts'
import { openSqlite } from './dialect/sqlite.ts'
import { applyMigrations, pendingMigrations } from './migrate.ts'
import { refuseMoved } from './migrate-store/move.ts'
import { StoreError } from './store-error.ts'

/** Of PostgreSQL, what is in `PostgresSettings`. */
export interface DatabaseSettings extends PostgresSettings {
  readonly client: 'sqlite' | 'postgres'
  /** SQLite: the path of the file. */
  readonly file: string
}

export interface Database
  extends Pick<Dialect, 'writer' | 'reader' | 'toldBy' | 'read' | 'horizon' | 'fileSizes' | 'wire'> {
  readonly client: DatabaseSettings['client']
  /**
   * For the committer alone, which waits for one transaction before it begins the next.
   * @throws {StoreError} if a file of the database was moved, deleted or truncated, so that writes would be lost
   */
  transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T>
  /** Whether it has the relay's tables, perhaps of an earlier version. @throws {StoreError} if it cannot be used */
  isMade(): Promise<boolean>
  /** The names of missing migrations, of a database that has tables. @throws {StoreError} if it cannot be used */
  pending(): Promise<string[]>
  /** Applies missing migrations and returns their names. @throws {StoreError} if the database cannot be used */
  migrate(): Promise<string[]>
  /**
   * If it is so large that to read it takes long: looks at the most important of it, and begins to examine all of it while
   * the database is used.
   * @returns whether that has begun; if not, `examineWhole` has to come before anything is written
   * @throws {StoreError} if something in it is damaged
   */
  examineLater(): Promise<boolean>
  /**
   * Reads the whole database, about 300 MB a second, or waits for what `examineLater` has begun.
   * @throws {StoreError} if something in it is damaged; from then on nothing is written
   */
  examineWhole(): Promise<void>
  /** For an operator. @throws {StoreError} if the database cannot be used */
  findings(): Promise<readonly DatabaseFinding[]>
  close(): Promise<void>
}

const REPAIR =
  'Put a backup in its place, or repair it with the sqlite3 program: "reindex" if only indexes are named, else ".recover"'

/** knex would write to standard output between the log lines; whatever matters comes as an error as well. */
const SILENCE: Knex.Logger = { debug() {}, warn() {}, error() {}, deprecate() {} }

/** Reads and writes nothing yet. */
export function openDatabase(settings: DatabaseSettings): Database {
  const dialect =
    settings.client === 'sqlite'
      ? openSqlite(settings.file, { log: SILENCE })
      : openPostgres(settings, { log: SILENCE })
  const { transaction, examine, examination, migrating, findings, close, ...shared } = dialect
  const { writer, reader, wire } = shared
  let damage: StoreError | null = null
  return {
    ...shared,
    client: settings.client,
    async transaction(work) {
      if (damage !== null) throw damage
      try {
        return await transaction(work)
      } catch (error) {
        throw withoutStatement(error)
      }
    },
    isMade: () =>
      usable(async () => {
        const isMade = await reader.schema.hasTable('knex_migrations')
        if (isMade) await refuseMoved(reader)
        return isMade
      }),
    pending: () => usable(() => pendingMigrations(reader)),
    migrate: () =>
      usable(async () => {
        await examine()
        await refuseMoved(writer)
        return await migrating((writer) => applyMigrations(writer))
      }),
    async examineLater() {
      const found = await examination.first().catch(asDamage)
      if (found !== null && found.length > 0) throw damageError(found)
      return found !== null
    },
    async examineWhole() {
      const found = await examination.whole().catch(asDamage)
      if (found.length === 0) return
      damage = damageError(found)
      throw damage
    },
    findings: () => usable(findings),
    async close() {
      if (damage === null) await examination.end()
      await wire.close()
      await writer.destroy()
      if (reader !== writer) await reader.destroy()
      close()
      await examination.end()
    },
  }
}

/** What cannot be read is damaged as well. */
function asDamage(error: unknown): string[] {
  if (error instanceof StoreError) throw error
  return [messageOf(withoutStatement(error))]
}

function damageError(found: readonly string[]): StoreError {
  const what = found.map((line) => line.replaceAll(/\s+/g, ' ')).join('; ')
  return new StoreError('unavailable', `the database is damaged: ${what}. ${REPAIR}`)
}

async function usable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StoreError) throw error
    const cause = withoutStatement(error)
    throw new StoreError('unavailable', `the database cannot be used: ${told(cause)}`, cause)
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** knex puts the whole statement with all values before the driver's message: megabytes that do not belong in a log. */
export function withoutStatement(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const at = error.message.lastIndexOf(' - ')
  if (at !== -1) error.message = error.message.slice(at + 3)
  return error
}
