/** What a connection of node-sqlite3 has of our interest (https://github.com/TryGhost/node-sqlite3/wiki/API). */
export interface SqliteConnection {
  exec(sql: string, done: (error: Error | null) => void): void
  prepare(sql: string, done: (error: Error | null) => void): SqliteStatement
  run(sql: string, bindings: Bindings | undefined, done: Done): void
  all(sql: string, bindings: Bindings | undefined, done: Done): void
  close(done: (error: Error | null) => void): void
}

interface SqliteStatement {
  run(bindings: Bindings, done: Done): void
  all(bindings: Bindings, done: Done): void
  finalize(): void
}

type Bindings = readonly unknown[]
type Done = (this: unknown, error: Error | null, rows?: unknown[]) => void

/** The hot statements, and room for what a command asks. */
const MOST_KEPT = 64
/** A statement holds its last values until the next use: one with larger ones is not kept. */
const MOST_BYTES_HELD = 256 * 1024

/**
 * Makes a connection keep its statements, so that each is compiled once. node-sqlite3 compiles a statement for each
 * use, in a job of its own for another thread: that was the greater part of what a small commit costs.
 */
export function keepStatements(connection: SqliteConnection): void {
  const kept = new Map<string, SqliteStatement>()
  const close = connection.close.bind(connection)

  function use(sql: string, fail: Done): SqliteStatement {
    const known = kept.get(sql)
    if (known !== undefined) {
      // The one that was used last is the last to go.
      kept.delete(sql)
      kept.set(sql, known)
      return known
    }
    const [oldest] = kept.keys()
    if (kept.size >= MOST_KEPT && oldest !== undefined) drop(oldest)
    const statement = connection.prepare(sql, (error) => {
      if (error === null) return
      kept.delete(sql)
      fail(error)
    })
    kept.set(sql, statement)
    return statement
  }

  function drop(sql: string): void {
    kept.get(sql)?.finalize()
    kept.delete(sql)
  }

  // knex gives none to what takes none.
  for (const method of ['run', 'all'] as const)
    connection[method] = (sql, bindings = [], done) => {
      use(sql, done)[method](bindings, function (error, rows) {
        // Whatever state an error left it in, nobody uses it again.
        if (error !== null || bytesOf(bindings) > MOST_BYTES_HELD) drop(sql)
        done.call(this, error, rows)
      })
    }
  // SQLite does not close a database that has statements.
  connection.close = (done) => {
    for (const sql of [...kept.keys()]) drop(sql)
    close(done)
  }
}

function bytesOf(bindings: Bindings): number {
  let bytes = 0
  for (const value of bindings) if (typeof value === 'string' || Buffer.isBuffer(value)) bytes += value.length
  return bytes
}
