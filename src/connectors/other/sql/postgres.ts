import type { Client, QueryConfig } from 'pg'
import type { Cursor } from './cursor.ts'
import { type Dialect, UNASKED_VERSION } from './dialect.ts'

/** A parsed time would be in this machine's zone, and a parsed id might lose digits. */
const AS_TEXT = { getTypeParser: () => (value: unknown) => value }

export const postgres: Dialect<Client> = {
  config: ({ url = '' }, connectMs) => ({
    client: 'pg',
    version: UNASKED_VERSION,
    connection: { connectionString: url, application_name: 'tracker-relay import', connectionTimeoutMillis: connectMs },
  }),
  open: openCursor,
  cut: ({ connection }) => void connection.stream.destroy(),
}

/**
 * A cursor in a read-only transaction. The extended protocol takes a single statement only, so the query cannot end the
 * transaction and continue outside it (postgresql.org, "Message Flow": Extended Query).
 */
async function openCursor(connection: Client, query: string, timeoutMs: number): Promise<Cursor> {
  const run = (text: string): Promise<{ rows: Record<string, unknown>[] }> => {
    const config: QueryConfig & { queryMode: 'extended' } = { text, types: AS_TEXT, queryMode: 'extended' }
    return connection.query(config)
  }
  const end = async (): Promise<void> => void (await run('rollback'))
  await run('begin transaction read only')
  try {
    await run(`set local statement_timeout = ${timeoutMs}`)
    await run("set local time zone 'UTC'")
    await run(`declare tickets no scroll cursor for ${query}`)
  } catch (error) {
    await end().catch(() => {})
    throw error
  }
  return {
    next: async (count) => (await run(`fetch forward ${count} from tickets`)).rows,
    close: end,
  }
}
