import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { StoreError } from '../store-error.ts'

export const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const
export type SslMode = (typeof SSL_MODES)[number]

/** Where a PostgreSQL server is, and how a connection is made. */
export interface PostgresAddress {
  readonly url?: string | undefined
  /** In place of the one in `url`. Without any, PGPASSWORD and PGPASSFILE count. */
  readonly password?: string | undefined
  /** In place of the one in `url`. */
  readonly sslmode?: SslMode | undefined
  /** In PEM, not paths. */
  readonly ca_file?: string | undefined
  readonly client_certificate?: string | undefined
  readonly client_key?: string | undefined
}

export interface PostgresSettings extends PostgresAddress {
  /** Connections at most. */
  readonly pool?: number | undefined
  readonly connect_timeout_seconds?: number | undefined
  readonly statement_timeout_seconds?: number | undefined
  readonly lock_timeout_seconds?: number | undefined
}

/** What the driver is given. */
export interface PostgresConnection {
  readonly connectionString: string
  readonly application_name: string
  readonly ssl?: ConnectionOptions | false
}

/** Those of libpq that the driver would understand otherwise. */
const OURS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'] as const

/**
 * `sslmode` means what it means to PostgreSQL's own programs
 * (https://www.postgresql.org/docs/current/libpq-ssl.html), which is not what the driver makes of it.
 * @throws {StoreError} with nothing of the URL in it
 */
export function connectionOf(address: PostgresAddress, applicationName: string): PostgresConnection {
  const { url = '', password } = address
  if (!isReadable(url)) throw new StoreError('unavailable', UNREADABLE)
  const [place = '', query = ''] = url.split(/\?(.*)/s, 2)
  const options = new URLSearchParams(query)
  const written = Object.fromEntries(OURS.map((name) => [name, options.get(name) ?? undefined]))
  for (const name of OURS) options.delete(name)
  if (password !== undefined) options.set('password', password)
  const ssl = tlsOf({
    mode: modeOf(address.sslmode ?? written.sslmode ?? process.env.PGSSLMODE),
    ca: address.ca_file ?? fileOf(written.sslrootcert),
    cert: address.client_certificate ?? fileOf(written.sslcert),
    key: address.client_key ?? fileOf(written.sslkey),
  })
  return {
    connectionString: options.size === 0 ? place : `${place}?${options}`,
    application_name: applicationName,
    ...(ssl === undefined ? {} : { ssl }),
  }
}

const UNREADABLE =
  'the URL of the PostgreSQL database cannot be read: it is postgres://user:password@host:5432/database, and in a password "/" is written %2F, "#" %23, "?" %3F, "@" %40 and "%" %25'

/** Of a server that is reached by a socket, the URL may have a user and no host. */
function isReadable(url: string): boolean {
  return /^postgres(ql)?:\/\/\S+$/.test(url) && [url, url.replace('@/', '@host/')].some((each) => URL.canParse(each))
}

/** @throws {StoreError} */
function modeOf(written: string | undefined): SslMode | undefined {
  if (written === undefined || written === '') return undefined
  const mode = SSL_MODES.find((each) => each === written)
  if (mode === undefined)
    throw new StoreError(
      'unavailable',
      `sslmode must be one of ${SSL_MODES.join(', ')} (found "${written}"): others may send everything unencrypted without a word`,
    )
  return mode
}

interface Tls {
  readonly mode: SslMode | undefined
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
}

/** Undefined: as the driver would do it. */
function tlsOf({ mode, ca, cert, key }: Tls): ConnectionOptions | false | undefined {
  const written = mode ?? (ca === undefined && cert === undefined ? undefined : 'verify-full')
  if (written === undefined) return undefined
  if (written === 'disable') return false
  const files = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
  if (written === 'verify-full') return files
  // With an authority, `require` checks what `verify-ca` does.
  if (written === 'verify-ca' || ca !== undefined) return { ...files, checkServerIdentity: () => undefined }
  return { ...files, rejectUnauthorized: false }
}

function fileOf(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  // libpq's word for the authorities that the system knows.
  if (path === 'system') return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new StoreError('unavailable', `${path}, which the URL of the database names, cannot be read`, error)
  }
}
