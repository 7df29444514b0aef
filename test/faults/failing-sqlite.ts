import sqlite3 from 'sqlite3'

/**
 * Makes the SQLite driver of this process fail as SQLite itself does, one chosen statement at a time.
 *
 * - `not run`: the statement did nothing, the transaction is still open (SQLITE_BUSY)
 * - `rolled back`: SQLite has ended the whole transaction by itself, as it does when the disk is full or broken
 *   (https://www.sqlite.org/lang_transaction.html, "Response To Errors Within A Transaction")
 * - `run`: it did its work, and only the answer is lost
 */
export interface Failure {
  readonly code: 'SQLITE_BUSY' | 'SQLITE_FULL' | 'SQLITE_IOERR'
  /** The first statement that fails, counted from 1. */
  readonly nth: number
  /** How many fail from there on. */
  readonly times: number
  readonly how: 'not run' | 'rolled back' | 'run'
  /** Counts only statements that begin so. */
  readonly only?: string
}

type Done = (this: unknown, error: Error | null, rows?: unknown) => void
type Call = (this: sqlite3.Database, sql: string, parameters: unknown, done: Done) => sqlite3.Database

type Exec = (this: sqlite3.Database, sql: string, done?: (error: Error | null) => void) => sqlite3.Database

const prototype = sqlite3.Database.prototype as unknown as { run: Call; all: Call; exec: Exec }
const errno = { SQLITE_BUSY: sqlite3.BUSY, SQLITE_FULL: sqlite3.FULL, SQLITE_IOERR: sqlite3.IOERR }

/** @returns how many statements failed while the work ran, and what became of the work */
export async function whileFailing<T>(
  failure: Failure,
  work: () => Promise<T>,
): Promise<{ failed: number; result: T }> {
  const { run, all } = prototype
  let counted = 0
  let failed = 0

  function strikes(sql: string): boolean {
    // A rollback always ends the transaction, whatever it answers.
    if (sql.startsWith('ROLLBACK') || !sql.startsWith(failure.only ?? '')) return false
    counted += 1
    if (counted < failure.nth || failed >= failure.times) return false
    failed += 1
    return true
  }

  const failing = (original: Call): Call =>
    function (sql, parameters, done) {
      if (!strikes(sql)) return original.call(this, sql, parameters, done)
      const fail = (): void => done.call({}, driverError(failure.code))
      if (failure.how === 'run') return original.call(this, sql, parameters, fail)
      if (failure.how === 'rolled back') return all.call(this, 'ROLLBACK', [], fail)
      setImmediate(fail)
      return this
    }

  prototype.run = failing(run)
  prototype.all = failing(all)
  try {
    const result = await work()
    return { failed, result }
  } finally {
    prototype.run = run
    prototype.all = all
  }
}

function driverError(code: Failure['code']): Error {
  return Object.assign(new Error(`${code}: made to fail`), { code, errno: errno[code] })
}

/** Lets the files that are opened while the work runs grow to so many pages and no more: then SQLite itself says full. */
export async function withLimitedPages<T>(
  pages: number,
  work: (setLimit: (pages: number) => void) => Promise<T>,
): Promise<T> {
  const { exec } = prototype
  const opened: sqlite3.Database[] = []
  const limit = (most: number): string => `PRAGMA max_page_count = ${most};`
  prototype.exec = function (sql, done) {
    opened.push(this)
    return exec.call(this, `${sql}${limit(pages)}`, done)
  }
  try {
    return await work((most) => {
      for (const database of opened) exec.call(database, limit(most))
    })
  } finally {
    prototype.exec = exec
  }
}
