import type { Knex } from 'knex'
import pRetry from 'p-retry'
import { isPassing } from './store-error.ts'

/**
 * Applies the migrations that are missing and returns their names. Several relays that start together on a new
 * database all want to make the same tables: whoever comes second looks again.
 */
export async function applyMigrations(writer: Knex): Promise<string[]> {
  const [, names] = await pRetry(async () => (await writer.migrate.latest()) as [number, string[]], {
    retries: 8,
    minTimeout: 50,
    maxTimeout: 1000,
    factor: 2,
    randomize: true,
    shouldRetry: ({ error }) => isPassing(error) || isOthersWork(error),
  })
  return names
}

/**
 * A table is there that was missing a moment ago (42P07, or 23505 within the catalogue, on PostgreSQL), or the other
 * one is still at it.
 */
function isOthersWork(error: Error): boolean {
  const code = 'code' in error ? error.code : null
  return (
    error.name === 'MigrationLocked' ||
    code === '42P07' ||
    code === '23505' ||
    /SQLITE_ERROR: table .* already exists$/.test(error.message)
  )
}
