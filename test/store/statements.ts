import sqlite3 from 'sqlite3'

type Run = (this: { readonly sql: string }, ...args: unknown[]) => unknown

const prototype = sqlite3.Statement.prototype as unknown as Record<'all' | 'run', Run>

/** @returns every statement that SQLite carried out in this process while the work ran, in order */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const { all, run } = prototype
  const seen: string[] = []
  const spying = (original: Run): Run =>
    function (...args) {
      seen.push(this.sql)
      return original.apply(this, args)
    }
  prototype.all = spying(all)
  prototype.run = spying(run)
  try {
    await work()
  } finally {
    Object.assign(prototype, { all, run })
  }
  return seen
}
