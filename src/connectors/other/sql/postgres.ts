import type { Client, QueryConfig } from 'pg'
import pg from 'pg'
import type { Cursor, Row } from './cursor.ts'
import { type Dialect, UNASKED_VERSION } from './dialect.ts'
import { LONGEST_BATCH, LONGEST_ROW, lengthOf, rowTooLong } from './limits.ts'

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
  const rows = rowsOf(connection)
  return {
    next: rows.next,
    async close() {
      if (!rows.drop()) await end()
    },
  }
}

const ROWS_IN_A_FETCH = 500

/**
 * The rows of the cursor, a few at a time: while they wait to be taken, the server waits too. A row that is too long ends
 * the connection before it is complete.
 */
function rowsOf(connection: Client): { next(count: number): Promise<readonly Row[]>; drop(): boolean } {
  const { stream } = connection.connection
  let waiting: Row[] = []
  let length = 0
  let sinceRow = 0
  let failure: unknown = null
  let fetched = 0
  let isFetching = false
  let wake: () => void = () => {}

  stream.on('data', (data: Buffer) => {
    sinceRow += data.length
    if (sinceRow <= LONGEST_ROW || failure !== null) return
    failure = rowTooLong()
    stream.destroy()
    wake()
  })

  function fetch(): void {
    isFetching = true
    fetched = 0
    sinceRow = 0
    const config = { text: `fetch forward ${ROWS_IN_A_FETCH} from tickets`, types: AS_TEXT, queryMode: 'extended' }
    const query = connection.query(new pg.Query<Row>(config))
    query.on('row', (row) => {
      sinceRow = 0
      fetched += 1
      waiting.push(row)
      length += lengthOf(row)
      if (length > LONGEST_BATCH) stream.pause()
      wake()
    })
    query.on('end', () => {
      isFetching = false
      wake()
    })
    query.on('error', (error) => {
      isFetching = false
      failure ??= error
      wake()
    })
  }

  async function until(isReady: () => boolean): Promise<void> {
    while (!isReady())
      await new Promise<void>((resolve) => {
        wake = resolve
      })
  }

  return {
    async next(count) {
      if (!isFetching && waiting.length === 0) fetch()
      const isReady = () => failure !== null || !isFetching || waiting.length >= count || length > LONGEST_BATCH
      await until(isReady)
      // The last rows of a fetch were taken before it was over: only an empty fetch is the end.
      if (failure === null && waiting.length === 0 && fetched > 0) {
        fetch()
        await until(isReady)
      }
      if (failure !== null) throw failure
      const taken = waiting.slice(0, count)
      waiting = waiting.slice(count)
      length = waiting.reduce((sum, row) => sum + lengthOf(row), 0)
      stream.resume()
      return taken
    },
    drop() {
      // What the server still wants to send may be long.
      if (isFetching) stream.destroy()
      return isFetching
    },
  }
}
