import knex, { type Knex } from 'knex'
import type { ExternalStory } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { settingError } from '../kit/setting-error.ts'
import type { Database } from './settings.ts'
import { PARTS, type Part } from './source.ts'
import type { Cursor, Row } from './sql-cursor.ts'
import { sqlFailure } from './sql-failure.ts'
import { mysqlCursor } from './sql-mysql.ts'
import { inTime, patienceMs, socketOf } from './sql-patience.ts'
import { postgresCursor } from './sql-postgres.ts'
import { sqliteCursor } from './sql-sqlite.ts'
import { PartError, storyOf } from './ticket-parts.ts'

const PAGE_SIZE = 500
/** A server that is there takes a connection at once, however long a query takes. */
const LONGEST_CONNECT_MS = 10_000
/** knex asks for the version where none is set, and waits for ever; only what knex builds itself depends on it. */
const UNASKED_VERSION = '8.0'
/** The pool's own limit comes after the driver's, whose error says more. */
const POOL_MARGIN_MS = 2000

/** The rows of a query as tickets, in the query's order. @throws {DeliveryError} */
export async function* sqlStories(sql: string, database: Database): AsyncGenerator<readonly ExternalStory[]> {
  const query = sql.trim().replace(/[;\s]+$/, '')
  let client: Knex | null = null
  let cursor: Cursor | null = null
  try {
    client = connect(database)
    cursor = await openCursor(client, query, database)
    let columns: Columns | null = null
    for (let number = 0; ; ) {
      const rows = await cursor.next(PAGE_SIZE)
      if (rows[0] === undefined) return
      columns ??= columnsOf(rows[0])
      const page: ExternalStory[] = []
      for (const row of rows) page.push(story(row, columns, ++number))
      yield page
    }
  } catch (error) {
    throw error instanceof DeliveryError ? error : sqlFailure(error, database)
  } finally {
    await cursor?.close().catch(() => {})
    await client?.destroy().catch(() => {})
  }
}

/** One connection for one reading: nothing is left open in somebody else's database between two. */
function connect({ client, file = '', url = '', timeout_seconds }: Database): Knex {
  const connectMs = Math.min(LONGEST_CONNECT_MS, patienceMs(timeout_seconds))
  const quiet = (): void => {}
  const common: Knex.Config = {
    pool: { min: 0, max: 1 },
    acquireConnectionTimeout: connectMs + POOL_MARGIN_MS,
    log: { warn: quiet, error: quiet, debug: quiet, deprecate: quiet },
  }
  if (client === 'postgres')
    return knex({
      ...common,
      client: 'pg',
      version: UNASKED_VERSION,
      connection: {
        connectionString: url,
        application_name: 'tracker-relay import',
        connectionTimeoutMillis: connectMs,
      },
    })
  if (client === 'mysql')
    return knex({
      ...common,
      client: 'mysql2',
      version: UNASKED_VERSION,
      connection: {
        uri: url,
        connectTimeout: connectMs,
        dateStrings: true,
        supportBigNumbers: true,
        bigNumberStrings: true,
      },
    })
  // Only an address can ask for reading alone: knex adds the flags for writing to whatever flags are given.
  const path = encodeURI(file).replaceAll('?', '%3f').replaceAll('#', '%23')
  return knex({
    ...common,
    client: 'sqlite3',
    useNullAsDefault: true,
    connection: { filename: `file:${path}?mode=ro`, flags: ['OPEN_URI'] },
  })
}

async function openCursor(client: Knex, query: string, { client: kind, timeout_seconds }: Database): Promise<Cursor> {
  const connection: unknown = await client.client.acquireConnection()
  const timeoutMs = timeout_seconds * 1000
  const open = kind === 'postgres' ? postgresCursor : kind === 'mysql' ? mysqlCursor : sqliteCursor
  const cut = (): void => void socketOf(connection)?.destroy()
  // A file needs no such clock, and its own, which tells what was too slow, may be five seconds late.
  const answered = <T>(work: Promise<T>): Promise<T> => (kind === 'sqlite' ? work : inTime(work, timeout_seconds, cut))
  // The pool says farewell for five seconds; a server that is silent by then would keep the connection for ever.
  const release = async (): Promise<void> => {
    await client.client.releaseConnection(connection)
    await client.destroy()
    cut()
  }
  try {
    const cursor = await answered(open(connection as never, query, timeoutMs))
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

type Columns = Readonly<Partial<Record<Part, string>>>

/** Other names that a table's own columns often have. */
const ALIASES: Readonly<Partial<Record<Part, string>>> = { external_id: 'id', name: 'title', type: 'story_type' }

function columnsOf(row: Row): Columns {
  const names = Object.keys(row)
  const named = (name: string | undefined): string | undefined => names.find((each) => each.toLowerCase() === name)
  const found = PARTS.map((part) => [part, named(part) ?? named(ALIASES[part])] as const)
  for (const part of ['external_id', 'name'] as const)
    if (found.every(([each, name]) => each !== part || name === undefined))
      throw settingError(
        'source.sql',
        `the query gives no column ${part}, but ${names.slice(0, 30).join(', ')}: select ... as ${part}`,
      )
  return Object.fromEntries(found.filter(([, name]) => name !== undefined))
}

function story(row: Row, columns: Columns, number: number): ExternalStory {
  const parts = Object.fromEntries(Object.entries(columns).map(([part, name]) => [part, row[name]]))
  try {
    return storyOf(parts, number)
  } catch (error) {
    if (!(error instanceof PartError)) throw error
    throw settingError('source.sql', `${error.message}: check source.sql`, { cause: error })
  }
}
