import { DeliveryError } from '../../contract/delivery-error.ts'
import { oneLine } from '../../kit/one-line.ts'
import { settingError } from '../../kit/setting-error.ts'
import { textTooLong } from './limits.ts'
import { silence } from './patience.ts'
import type { Database } from './query.ts'

/** Decides by the error's code: SQLSTATE for PostgreSQL, names for SQLite and MySQL, or the network's. */
export function sqlFailure(error: unknown, database: Database): DeliveryError {
  const { code, message } = partsOf(error)
  const { client, file, timeout_seconds } = database
  const blame = (setting: string, why: string): DeliveryError =>
    settingError(setting, `${why}: check ${setting}`, { cause: error })
  if (code === 'ETIMEDOUT' || message === CONNECTING_TOO_LONG) return silence(timeout_seconds, error)
  if (TOO_LONG.test(code)) return textTooLong(error)
  if (TOO_SLOW.test(code)) return blame('source.sql', `the database took more than ${timeout_seconds} s to answer`)
  if (WOULD_WRITE.test(code)) return blame('source.sql', `the query would change the database, which is only read`)
  if (NO_DATABASE.test(code))
    return client === 'sqlite'
      ? blame('source.database.file', `${file} does not exist, may not be read, or is not a SQLite database`)
      : blame('source.database.url', 'the server has no such database')
  if (NO_LOGIN.test(code)) return blame('source.database.url', 'the database rejects the user or the password')
  if (NO_RIGHT.test(code)) return blame('source.database.url', `the user may not read that (${message})`)
  if (BAD_QUERY.test(code)) return blame('source.sql', `the database refuses the query (${message})`)
  return new DeliveryError('retry', `the database cannot be queried (${code === '' ? message : code})`, {
    targetDown: true,
    cause: error,
  })
}

/** pg sets no code. */
const CONNECTING_TOO_LONG = 'timeout expired'
/** 1969 is MariaDB's ER_STATEMENT_TIMEOUT, for which mysql2 has no name. */
const TOO_SLOW = /^(57014|SQLITE_INTERRUPT|ER_QUERY_TIMEOUT|1969)$/
const TOO_LONG = /^SQLITE_TOOBIG$/
const WOULD_WRITE = /^(25001|25006|SQLITE_READONLY|ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION)$/
const NO_DATABASE = /^(3D000|SQLITE_CANTOPEN|SQLITE_NOTADB|ER_BAD_DB_ERROR)$/
const NO_LOGIN = /^(28\w{3}|ER_ACCESS_DENIED_ERROR)$/
const NO_RIGHT =
  /^(42501|SQLITE_AUTH|SQLITE_PERM|ER_DBACCESS_DENIED_ERROR|ER_TABLEACCESS_DENIED_ERROR|ER_SPECIFIC_ACCESS_DENIED_ERROR)$/
const BAD_QUERY =
  /^(42\w{3}|22\w{3}|0A000|34\w{3}|SQLITE_ERROR|ER_(PARSE|NO_SUCH_TABLE|BAD_FIELD|NO_DB|SP_DOES_NOT_EXIST)\w*)$/

/** The message is cut, because it may quote the query and the data. */
function partsOf(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: '', message: 'unknown reason' }
  const name = 'code' in error ? error.code : null
  const number = 'errno' in error ? error.errno : null
  const code = typeof name === 'string' ? name : typeof number === 'number' ? String(number) : ''
  return { code, message: oneLine(error.message) }
}
