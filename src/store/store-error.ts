export const STORE_REASONS = ['busy', 'full', 'unavailable', 'overloaded', 'stopping'] as const

/**
 * The store cannot take anything in right now. Whoever waits for it is told to come again; nothing was written.
 */
export class StoreError extends Error {
  readonly reason: (typeof STORE_REASONS)[number]
  constructor(reason: StoreError['reason'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'StoreError'
    this.reason = reason
  }
}

/**
 * Codes that pass by themselves within moments: another writer (SQLite), a deadlock, a serialization failure, a
 * connection cut by an administrator (PostgreSQL, appendix A of its manual).
 */
const PASSING = new Set(['SQLITE_BUSY', 'SQLITE_LOCKED', '40001', '40P01', '57P01'])

const FULL = new Set(['SQLITE_FULL', '53100'])

/** Codes after which no statement will work for a while, whatever it says. */
const UNAVAILABLE = new Set([
  ...['SQLITE_IOERR', 'SQLITE_READONLY', 'SQLITE_CANTOPEN', 'SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_MISUSE'],
  ...['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', '57P02', '57P03', '53300', '25006'],
])

/** True for an error that is worth another try at once. */
export function isPassing(error: unknown): boolean {
  return PASSING.has(codeOf(error)) || isBrokenConnection(error)
}

/** The StoreError that an error of the driver means, or null when the statement itself was at fault. */
export function storeErrorOf(error: unknown): StoreError | null {
  if (error instanceof StoreError) return error
  const code = codeOf(error)
  if (FULL.has(code)) return new StoreError('full', 'the disk or the database is full', error)
  if (PASSING.has(code)) return new StoreError('busy', 'the database is busy', error)
  if (UNAVAILABLE.has(code) || code.startsWith('08') || isBrokenConnection(error))
    return new StoreError('unavailable', 'the database cannot be reached or written', error)
  return null
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : ''
}

/** A connection that was cut, of which the pool may have others. Neither pg nor knex gives its own errors a code. */
function isBrokenConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return (
    ['ECONNRESET', 'EPIPE'].includes(codeOf(error)) ||
    error.name === 'KnexTimeoutError' ||
    /^Connection terminated|^Unable to acquire a connection/.test(error.message)
  )
}
