import t from 'tap'
import { isPassing, StoreError, storeErrorOf } from '../../src/store/store-error.ts'

const failure = (code: string | null, message = 'it failed'): Error =>
  Object.assign(new Error(message), code === null ? {} : { code })

const CASES: readonly (readonly [
  what: string,
  error: Error,
  reason: StoreError['reason'] | null,
  isPassing: boolean,
])[] = [
  ['another writer', failure('SQLITE_BUSY'), 'busy', true],
  ['a locked table', failure('SQLITE_LOCKED'), 'busy', true],
  ['a serialization failure', failure('40001'), 'busy', true],
  ['a deadlock', failure('40P01'), 'busy', true],
  ['no room for more locks', failure('53200'), 'busy', true],
  ['a session that an administrator ended', failure('57P01'), 'busy', true],
  ['a session that the server ended, since it stood still', failure('25P03'), 'busy', true],
  ['a full disk', failure('SQLITE_FULL'), 'full', false],
  ['a full disk of the server', failure('53100'), 'full', false],
  ['an error of the disk', failure('SQLITE_IOERR'), 'unavailable', false],
  ['a damaged file', failure('SQLITE_CORRUPT'), 'unavailable', false],
  ['a file that is no database', failure('SQLITE_NOTADB'), 'unavailable', false],
  ['a disk that became read-only', failure('SQLITE_READONLY'), 'unavailable', false],
  ['no file descriptors', failure('SQLITE_CANTOPEN'), 'unavailable', false],
  ['a server that became read-only after a failover', failure('25006'), 'unavailable', false],
  ['a server that crashed', failure('57P02'), 'unavailable', false],
  ['a server that starts', failure('57P03'), 'unavailable', false],
  ['a server with too many connections', failure('53300'), 'unavailable', false],
  ['a connection exception', failure('08006'), 'unavailable', false],
  ['a server that is not there', failure('ECONNREFUSED'), 'unavailable', false],
  ['a network without a way there', failure('EHOSTUNREACH'), 'unavailable', false],
  ['a name that cannot be looked up now', failure('EAI_AGAIN'), 'unavailable', false],
  ['a right that was taken away', failure('42501'), 'unavailable', false],
  ['a password that was changed', failure('28P01'), 'unavailable', false],
  ['a certificate that has expired', failure('CERT_HAS_EXPIRED'), 'unavailable', false],
  ['a statement that took too long', failure('57014'), 'busy', false],
  ['a connection that was not made in time', failure(null, 'timeout expired'), 'unavailable', true],
  ['a connection that was reset', failure('ECONNRESET'), 'unavailable', true],
  ['a connection that ended', failure(null, 'Connection terminated unexpectedly'), 'unavailable', true],
  [
    'a connection that failed before',
    failure(null, 'Client has encountered a connection error and is not queryable'),
    'unavailable',
    true,
  ],
  ['tables that are not there', failure('42P01', 'relation "x" does not exist'), 'unavailable', false],
  ['a value that a constraint refuses', failure('23514'), null, false],
  ['a mistake in a statement', failure('SQLITE_ERROR', 'SQLITE_ERROR: near "x": syntax error'), null, false],
  ['anything else', failure(null), null, false],
]

for (const [what, error, reason, passes] of CASES)
  t.test(`${what} ${reason === null ? 'is a fault of the statement' : `makes the store ${reason}`}`, async (t) => {
    t.equal(storeErrorOf(error)?.reason ?? null, reason)
    t.equal(isPassing(error), passes, passes ? 'and is tried again at once' : 'and is not tried again at once')
  })

t.test('what is known already stays as it is', async (t) => {
  const known = new StoreError('stopping', 'the relay is stopping')
  t.equal(storeErrorOf(known), known)
})
