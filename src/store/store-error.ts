import { hintFor, told } from './database-hint.ts'

export const STORE_REASONS = ['busy', 'full', 'unavailable', 'overloaded', 'stopping'] as const

/** The store cannot write now; nothing was written, and the client should try again. */
export class StoreError extends Error {
  readonly reason: (typeof STORE_REASONS)[number]
  constructor(reason: StoreError['reason'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'StoreError'
    this.reason = reason
  }
}

/**
 * Failures that pass within moments: another writer (SQLite), a deadlock, a serialization failure, no room for more locks,
 * a lock that another transaction holds for long, a connection that an administrator ended, or the server, since a relay stood still within a transaction, a prepared
 * statement that a pooler does not know, after which statements go without names (PostgreSQL, appendix A of its manual).
 */
const PASSING = new Set([
  'SQLITE_BUSY',
  'SQLITE_LOCKED',
  '25P03',
  '40001',
  '40P01',
  '53200',
  '55P03',
  '57P01',
  '26000',
  '42P05',
])

const FULL = new Set(['SQLITE_FULL', '53100'])

/** A statement that took too long would do so again at once. */
const SLOW = new Set(['57014'])

/** Failures after which no statement works for a while. */
const UNAVAILABLE = new Set([
  ...['SQLITE_IOERR', 'SQLITE_READONLY', 'SQLITE_CANTOPEN', 'SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_MISUSE'],
  ...[
    'ECONNREFUSED',
    'ENOTFOUND',
    'ETIMEDOUT',
    '57P02',
    '57P03',
    '28000',
    'EHOSTUNREACH',
    'EHOSTDOWN',
    'ENETUNREACH',
    'ENETDOWN',
    'EAI_AGAIN',
    'ECONNABORTED',
  ],
])

/** What an operator reads of what passes, or of a server that is not there; `hintFor` knows the rest. */
const WORDS: Readonly<Record<string, string>> = {
  '25P03': 'the database server ended a transaction in which the relay stood still',
  '40001': 'another session changed the same rows, so that a transaction could not be serialized',
  '40P01': 'a deadlock with another session of the database',
  '53200': 'the database server has no memory left for more locks; raise its max_locks_per_transaction',
  '55P03': 'another session holds a lock on the same rows or tables for too long; pg_stat_activity shows whose it is',
  '57P01': 'the database server is shutting down, or an administrator ended the connection',
  '57P02': 'the database server is recovering from a crash of one of its processes',
  '57P03': 'the database server is starting, shutting down or recovering from a crash',
  ECONNREFUSED: 'the database server cannot be reached: nothing listens at its address',
  ENOTFOUND: 'the database server cannot be reached: its name is unknown',
  ETIMEDOUT: 'the database server cannot be reached: it does not answer',
}

const BROKEN = 'the connection to the database server broke'

/** Whether an immediate retry makes sense. */
export function isPassing(error: unknown): boolean {
  return PASSING.has(codeOf(error)) || isBrokenConnection(error)
}

/** Null if the statement itself was wrong. */
export function storeErrorOf(error: unknown): StoreError | null {
  if (error instanceof StoreError) return error
  const code = codeOf(error)
  if (FULL.has(code)) return new StoreError('full', 'the disk or the database is full', error)
  if (PASSING.has(code)) return new StoreError('busy', withCode(WORDS[code] ?? 'the database is busy', code), error)
  if (SLOW.has(code)) return new StoreError('busy', `the database is too slow: ${told(error)}`, error)
  const hint = hintFor(error) ?? WORDS[code] ?? (isBrokenConnection(error) ? BROKEN : null)
  if (hint !== null || UNAVAILABLE.has(code) || code.startsWith('08')) {
    const why = `${code === '' ? '' : ` (${code})`}${hint === null ? '' : `: ${hint}`}`
    return new StoreError('unavailable', `the database cannot be reached or written${why}`, error)
  }
  if (isForeign(error))
    return new StoreError('unavailable', `the database is not this relay's: ${error.message}`, error)
  return null
}

const withCode = (words: string, code: string): string => (code === '' ? words : `${words} (${code})`)

/** Another database was put in the place of ours while the relay runs. */
function isForeign(error: unknown): error is Error {
  return (
    error instanceof Error &&
    (codeOf(error) === '42P01' || /^SQLITE_ERROR: (.* - SQLITE_ERROR: )?no such table: /.test(error.message))
  )
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : ''
}

/** The pool may have other connections. The errors of pg and knex themselves have no code. */
function isBrokenConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return (
    ['ECONNRESET', 'EPIPE'].includes(codeOf(error)) ||
    error.name === 'KnexTimeoutError' ||
    /^Connection terminated|^timeout expired$|^Unable to acquire a connection|and is not queryable$/.test(error.message)
  )
}
