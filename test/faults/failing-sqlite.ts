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
  readonly code: keyof typeof errno
  /** The first statement that fails, counted from 1. */
  readonly nth: number
  /** How many fail from there on. */
  readonly times: number
  readonly how: 'not run' | 'rolled back' | 'run'
  /** Counts only statements that begin so. */
  readonly only?: string
}

type Done = (this: unknown, error: Error | null, rows?: unknown) => void
/** A statement's own text is its `sql`; every way to run one ends here. */
type Call = (this: sqlite3.Statement & { readonly sql: string }, parameters: unknown, done: Done) => sqlite3.Statement

type Exec = (this: sqlite3.Database, sql: string, done?: (error: Error | null) => void) => sqlite3.Database

const prototype = sqlite3.Statement.prototype as unknown as { run: Call; all: Call }
type Prepare = (this: sqlite3.Database, sql: string, ...rest: unknown[]) => sqlite3.Statement
const databasePrototype = sqlite3.Database.prototype as unknown as { prepare: Prepare; exec: Exec }
const errno = {
  SQLITE_BUSY: sqlite3.BUSY,
  SQLITE_FULL: sqlite3.FULL,
  SQLITE_IOERR: sqlite3.IOERR,
  SQLITE_READONLY: sqlite3.READONLY,
  SQLITE_CORRUPT: sqlite3.CORRUPT,
}

/** A statement does not tell whose it is. */
const owners = new WeakMap<sqlite3.Statement, sqlite3.Database>()
const { prepare } = databasePrototype
databasePrototype.prepare = function (...args) {
  const statement = prepare.apply(this, args)
  owners.set(statement, this)
  return statement
}

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
    function (parameters, done) {
      if (!strikes(this.sql)) return original.call(this, parameters, done)
      const fail = (): void => done.call({}, driverError(failure.code))
      if (failure.how === 'run') return original.call(this, parameters, fail)
      if (failure.how === 'rolled back') owners.get(this)?.exec('ROLLBACK', fail)
      else setImmediate(fail)
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
  const { exec } = databasePrototype
  const opened: sqlite3.Database[] = []
  const limit = (most: number): string => `PRAGMA max_page_count = ${most};`
  databasePrototype.exec = function (sql, done) {
    opened.push(this)
    return exec.call(this, `${sql}${limit(pages)}`, done)
  }
  try {
    return await work((most) => {
      for (const database of opened) exec.call(database, limit(most))
    })
  } finally {
    databasePrototype.exec = exec
  }
}
