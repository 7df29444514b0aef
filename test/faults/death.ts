import pg from 'pg'
import sqlite3 from 'sqlite3'

/** Where a process kills itself, as `kill -9` would: before a statement is run, or when the database has answered. */
export interface Death {
  readonly when: 'before' | 'after'
  readonly nth: number
  /** Counts only statements that begin so, in any case; by default, commits. */
  readonly only?: string
}

type Done = (this: unknown, ...answer: readonly unknown[]) => void
type Call = (this: { readonly sql: string }, parameters: unknown, done: Done) => unknown
type Query = (this: unknown, asked: string | { readonly text: string }, ...rest: unknown[]) => unknown

const statement = sqlite3.Statement.prototype as unknown as { run: Call; all: Call }
const client = pg.Client.prototype as unknown as { query: Query }

/** Counts the statements of this process on either database, and kills it at the chosen one. */
export function dieAt({ when, nth, only = 'COMMIT' }: Death): void {
  let counted = 0
  function isIt(sql: string): boolean {
    if (!sql.trimStart().toUpperCase().startsWith(only.toUpperCase())) return false
    counted += 1
    if (counted === nth && when === 'before') die()
    return counted === nth
  }

  for (const name of ['run', 'all'] as const) {
    const original = statement[name]
    statement[name] = function (parameters, done) {
      return original.call(this, parameters, isIt(this.sql) ? die : done)
    }
  }
  const { query } = client
  client.query = function (asked, ...rest) {
    if (!isIt(typeof asked === 'string' ? asked : (asked.text ?? ''))) return query.call(this, asked, ...rest)
    if (typeof rest.at(-1) === 'function') return query.call(this, asked, ...rest.slice(0, -1), die)
    const answer = query.call(this, asked, ...rest)
    if (answer instanceof Promise) void answer.then(die, die)
    return answer
  }
}

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('unreachable: it is killed')
}
