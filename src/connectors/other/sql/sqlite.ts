import type { Database as Connection, Statement } from 'sqlite3'
import type { Cursor, Row } from './cursor.ts'
import type { Dialect } from './dialect.ts'

/** The writer of the file may be in the middle of a commit. */
const BUSY_MS = 5000

export const sqlite: Dialect<Connection> = {
  config({ file = '' }) {
    // Only an address can ask for reading alone: knex adds the flags for writing to whatever flags are given.
    const path = encodeURI(file).replaceAll('?', '%3f').replaceAll('#', '%23')
    return {
      client: 'sqlite3',
      useNullAsDefault: true,
      connection: { filename: `file:${path}?mode=ro`, flags: ['OPEN_URI'] },
    }
  },
  open: openCursor,
  // Its own clock tells what was too slow, and may be five seconds late.
  cut: null,
}

/** The connection is opened for reading alone; `query_only` also keeps it from writing to whatever is attached. */
async function openCursor(connection: Connection, query: string, timeoutMs: number): Promise<Cursor> {
  await call((done) => connection.exec(`pragma query_only = on; pragma busy_timeout = ${BUSY_MS}`, done))
  const statement = await new Promise<Statement>((resolve, reject) => {
    const prepared = connection.prepare(query, (error: Error | null) => {
      if (error === null) resolve(prepared)
      else reject(error)
    })
  })
  let isOver = false

  const step = (): Promise<Row | undefined> =>
    new Promise((resolve, reject) => {
      statement.get<Row>((error, row) => {
        if (error === null) resolve(row)
        else reject(error)
      })
    })

  return {
    async next(count) {
      const rows: Row[] = []
      const timer = setTimeout(() => connection.interrupt(), timeoutMs)
      try {
        while (!isOver && rows.length < count) {
          const row = await step()
          if (row === undefined) isOver = true
          else rows.push(row)
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
  return new Promise((resolve, reject) => {
    work((error) => {
      if (error === null || error === undefined) resolve()
      else reject(error)
    })
  })
}
