import type { Database, Statement } from 'sqlite3'

/** A connection as knex and the store use it: each statement is compiled once. */
export interface SqliteConnection {
  run(sql: string, bindings: Bindings | undefined, done: Done): void
  all<R>(sql: string, bindings: Bindings | undefined, done: Done<R>): void
  /** Several statements without values or rows, such as pragmas. */
  exec(sql: string, done: (error: Error | null) => void): void
  /** Replaces the whole content by that of another database file, in one transaction. */
  restore(from: string, done: (error: Error | null) => void): void
  /** Breaks off what it does; that fails then. */
  interrupt(): void
  close(done: (error: Error | null) => void): void
}

/** Missing from the driver's types: https://github.com/TryGhost/node-sqlite3/wiki/API#databasebackupfilename-destname-sourcename-filenameisdest-callback */
interface BackupDatabase {
  backup(file: string, to: string, from: string, fileIsDestination: boolean, done: Opened): Backup
}
interface Backup {
  /** -1: all pages. */
  step(pages: number, done: Opened): void
  finish(done: () => void): void
}
type Opened = (error: Error | null) => void

type Bindings = readonly unknown[]
/** After a `run`, `this` is the statement with `changes` and `lastID`, which knex reads. */
type Done<R = never> = (this: unknown, error: Error | null, rows?: R[]) => void

const MOST_KEPT = 64
/** A statement holds its last values until the next use, so one with larger values is not kept. */
const MOST_BYTES_HELD = 1024 * 1024

/**
 * Keeps compiled statements. node-sqlite3 compiles a statement for each use, in a job of its own for another thread: that
 * was most of the cost of a small commit.
 */
export function keepStatements(database: Database): SqliteConnection {
  const kept = new Map<string, Statement>()

  function use(sql: string, fail: (error: Error) => void): Statement {
    const known = kept.get(sql)
    if (known !== undefined) {
      kept.delete(sql)
      kept.set(sql, known)
      return known
    }
    const [oldest] = kept.keys()
    if (kept.size >= MOST_KEPT && oldest !== undefined) drop(oldest)
    const statement = database.prepare(sql, (error) => {
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

  /** After an error the statement's state is unknown, so it is not used again. */
  function release(sql: string, bindings: Bindings, error: Error | null): void {
    if (error !== null || bytesOf(bindings) > MOST_BYTES_HELD) drop(sql)
  }

  return {
    run(sql, bindings = [], done) {
      use(sql, done).run(bindings, function (error) {
        release(sql, bindings, error)
        done.call(this, error)
      })
    },
    all<R>(sql: string, bindings: Bindings = [], done: Done<R>) {
      use(sql, done).all<R>(bindings, function (error, rows) {
        release(sql, bindings, error)
        done.call(this, error, rows)
      })
    },
    exec(sql, done) {
      database.exec(sql, done)
    },
    restore(from, done) {
      const backup = (database as unknown as BackupDatabase).backup(from, 'main', 'main', false, (failure) => {
        if (failure !== null) done(failure)
        else backup.step(-1, (error) => backup.finish(() => done(error)))
      })
    },
    interrupt() {
      database.interrupt()
    },
    close(done) {
      // SQLite does not close a database that has statements.
      for (const sql of [...kept.keys()]) drop(sql)
      database.close(done)
    },
  }
}

function bytesOf(bindings: Bindings): number {
  let bytes = 0
  for (const value of bindings) if (typeof value === 'string' || Buffer.isBuffer(value)) bytes += value.length
  return bytes
}
