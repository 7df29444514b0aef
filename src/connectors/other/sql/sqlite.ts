import type { Database as Connection, Statement } from 'sqlite3'
import type { Cursor, Row } from './cursor.ts'
import type { Dialect } from './dialect.ts'
import { LONGEST_BATCH, LONGEST_IN_SQLITE, lengthOf } from './limits.ts'

/** Of sqlite3_limit(): the most bytes of a text, a blob or a row. */
const LIMIT_LENGTH = 0
/** The writer of the file may be in the middle of a commit. */
const BUSY_MS = 5000

export const sqlite: Dialect<Connection> = {
  config({ file = '' }) {
    // Only a URI can ask for read-only: knex adds the flags for writing to any flags given.
    const path = encodeURI(file).replaceAll('?', '%3f').replaceAll('#', '%23')
    return {
      client: 'sqlite3',
      useNullAsDefault: true,
      connection: { filename: `file:${path}?mode=ro`, flags: ['OPEN_URI'] },
    }
  },
  open: openCursor,
  // The query has a timeout of its own, which the busy timeout may delay by five seconds.
  cut: null,
}

/** The connection is read-only; `query_only` also keeps it from writing to attached databases. */
async function openCursor(connection: Connection, query: string, timeoutMs: number): Promise<Cursor> {
  connection.configure('limit', LIMIT_LENGTH, LONGEST_IN_SQLITE)
  await call((done) => connection.exec(`pragma query_only = on; pragma busy_timeout = ${BUSY_MS}`, done))
  const statement = await new Promise<Statement>((resolve, reject) => {
    const prepared = connection.prepare(query, (error: Error | null) =>
      error === null ? resolve(prepared) : reject(error),
    )
  })
  let isOver = false

  const step = (): Promise<Row | undefined> =>
    new Promise((resolve, reject) =>
      statement.get<Row>((error, row) => (error === null ? resolve(row) : reject(error))),
    )

  return {
    async next(count) {
      const rows: Row[] = []
      let length = 0
      const timer = setTimeout(() => connection.interrupt(), timeoutMs)
      try {
        while (!isOver && rows.length < count && length < LONGEST_BATCH) {
          const row = await step()
          if (row === undefined) isOver = true
          else {
            rows.push(row)
            length += lengthOf(row)
          }
        }
      } finally {
        clearTimeout(timer)
      }
      return rows
    },
    async close() {
      await call((done) => statement.finalize(done))
    },
  }
}

function call(work: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => work((error) => (error == null ? resolve() : reject(error))))
}
