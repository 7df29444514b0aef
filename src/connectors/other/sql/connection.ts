import knex, { type Knex } from 'knex'
import type { Cursor } from './cursor.ts'
import type { Dialect } from './dialect.ts'
import { mysql } from './mysql.ts'
import { inTime, patienceMs } from './patience.ts'
import { postgres } from './postgres.ts'
import type { Database } from './query.ts'
import { sqlite } from './sqlite.ts'

/** A running server accepts a connection at once, however long a query takes. */
const LONGEST_CONNECT_MS = 10_000
/** The pool waits longer than the driver, whose error says more. */
const POOL_MARGIN_MS = 2000

/** Opens a connection for one query and closes it with the cursor. */
export async function openCursor(query: string, database: Database): Promise<Cursor> {
  const { client } = database
  if (client === 'sqlite') return await openWith(sqlite, query, database)
  return client === 'mysql' ? await openWith(mysql, query, database) : await openWith(postgres, query, database)
}

async function openWith<C>(dialect: Dialect<C>, query: string, database: Database): Promise<Cursor> {
  const { timeout_seconds } = database
  const connectMs = Math.min(LONGEST_CONNECT_MS, patienceMs(timeout_seconds))
  const quiet = (): void => {}
  const client = knex({
    ...dialect.config(database, connectMs),
    pool: { min: 0, max: 1 },
    acquireConnectionTimeout: connectMs + POOL_MARGIN_MS,
    log: { warn: quiet, error: quiet, debug: quiet, deprecate: quiet },
  })
  const connection = await connect<C>(client)
  const cut = (): void => dialect.cut?.(connection)
  const answered = <T>(work: Promise<T>): Promise<T> =>
    dialect.cut === null ? work : inTime(work, timeout_seconds, cut)
  // The pool waits five seconds for the server; a silent one would keep the connection open for ever.
  const release = async (): Promise<void> => {
    await client.client.releaseConnection(connection)
    await client.destroy()
    cut()
  }
  try {
    const cursor = await answered(dialect.open(connection, query, timeout_seconds * 1000))
    return {
      next: (count) => answered(cursor.next(count)),
      async close() {
        await answered(cursor.close()).finally(release)
      },
    }
  } catch (error) {
    await release()
    throw error
  }
}

async function connect<C>(client: Knex): Promise<C> {
  try {
    return await client.client.acquireConnection()
  } catch (error) {
    await client.destroy().catch(() => {})
    throw error
  }
}
