import type { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import type { Readable } from 'node:stream'
import { settingError } from '../../kit/setting-error.ts'
import type { Cursor, Row } from './cursor.ts'
import { type Dialect, UNASKED_VERSION } from './dialect.ts'
import { LONGEST_BATCH, LONGEST_ROW, lengthOf, rowTooLong } from './limits.ts'

/** Of mysql2, which may not be installed. */
interface Connection {
  query(sql: string, done: (error: Error | null) => void): void
  query(sql: string): EventEmitter & { stream(options: { highWaterMark: number }): Readable }
  destroy(): void
  readonly stream: EventEmitter & { destroy(): void }
}

/** In rows, which may be long. */
const AHEAD = 4

export const mysql: Dialect<Connection> = {
  config({ url = '' }, connectMs) {
    if (!isInstalled())
      throw settingError(
        'source.database.client',
        'mysql needs the npm package mysql2, which is not included: install it where the relay is installed',
      )
    return {
      client: 'mysql2',
      version: UNASKED_VERSION,
      connection: {
        uri: url,
        connectTimeout: connectMs,
        dateStrings: true,
        supportBigNumbers: true,
        bigNumberStrings: true,
      },
    }
  },
  open: openCursor,
  cut: ({ stream }) => stream.destroy(),
}

function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve('mysql2')
    return true
  } catch {
    return false
  }
}

/** A read-only transaction; mysql2 sends one statement at a time. A query can only be ended with its connection. */
async function openCursor(connection: Connection, query: string, timeoutMs: number): Promise<Cursor> {
  const run = (sql: string): Promise<void> =>
    new Promise((resolve, reject) => connection.query(sql, (error) => (error === null ? resolve() : reject(error))))
  await run("set time_zone = '+00:00'")
  // MySQL has the first, in milliseconds; MariaDB the second, in seconds.
  await run(`set session max_execution_time = ${timeoutMs}`).catch(() =>
    run(`set session max_statement_time = ${timeoutMs / 1000}`),
  )
  await run('start transaction read only')
  let sinceRow = 0
  let isTooLong = false
  connection.stream.on('data', (data: Buffer) => {
    sinceRow += data.length
    if (sinceRow <= LONGEST_ROW) return
    isTooLong = true
    connection.stream.destroy()
  })
  const running = connection.query(query)
  running.on('result', () => {
    sinceRow = 0
  })
  const rows: AsyncIterator<Row> = running.stream({ highWaterMark: AHEAD })[Symbol.asyncIterator]()
  return {
    async next(count) {
      const taken: Row[] = []
      let length = 0
      while (taken.length < count && length < LONGEST_BATCH) {
        const row = await rows.next().catch((error: unknown) => {
          throw isTooLong ? rowTooLong(error) : error
        })
        if (row.done === true) break
        taken.push(row.value)
        length += lengthOf(row.value)
      }
      if (isTooLong) throw rowTooLong()
      return taken
    },
    async close() {
      connection.destroy()
    },
  }
}
