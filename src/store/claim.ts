import type { Knex } from 'knex'
import { withoutStatement } from './database.ts'
import { openSqliteFile } from './dialect/sqlite-file.ts'
import { StoreError } from './store-error.ts'

/**
 * Opens a database and keeps every other process from it until the connection is closed. Each connection to a database
 * with a write-ahead log holds a lock on its file as long as it is open (https://www.sqlite.org/wal.html), so the exclusive
 * one is had only if no relay and no command has it open. The log is in the database file then.
 * @param deed what it is claimed for: "restore"
 * @throws {StoreError} if the database is in use, or cannot be opened; its cause is the driver's error
 */
export async function claimFile(file: string, deed: string): Promise<Knex> {
  const database = openSqliteFile(file)
  try {
    await database.raw('pragma locking_mode = exclusive')
    await database.raw('pragma journal_mode = delete')
    return database
  } catch (error) {
    await database.destroy()
    const cause = withoutStatement(error)
    if ((error as { code?: unknown }).code === 'SQLITE_BUSY')
      throw new StoreError(
        'unavailable',
        `the database ${file} is in use: stop the relay, and wait for other commands, before you ${deed}`,
        cause,
      )
    throw new StoreError('unavailable', `the database ${file} cannot be opened: ${(cause as Error).message}`, cause)
  }
}
