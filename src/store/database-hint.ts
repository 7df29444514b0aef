const NO_AUTHORITY =
  "the server's certificate is not signed by a known authority: name the file that has the authority as database.ca_file (sslrootcert in a URL)"

/** By the codes of PostgreSQL (appendix A of its manual), of Node, and of OpenSSL. */
const HINTS: Readonly<Record<string, string>> = {
  '25006':
    'the database server is read-only: after a failover its name has to lead to the new primary; a standby can be promoted',
  '28P01': 'give the right one as database.password, or by PGPASSWORD',
  '3D000': 'make it with "create database ... owner ..."',
  '42501': '"tracker-relay check" says which rights are missing, and how to give them',
  '53300':
    'the database server has no free connection; all relays together may open fewer connections (database.pool) than the server allows (max_connections)',
  '57014': 'it took longer than database.statement_timeout_seconds',
  SELF_SIGNED_CERT_IN_CHAIN: NO_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: NO_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NO_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NO_AUTHORITY,
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate is for another name: name the host in database.url as the certificate does, or set database.sslmode: verify-ca',
  ENOTFOUND: 'no such host',
}

/** Of errors without a code. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/client password must be a string/, 'the server asks for a password: set database.password, or PGPASSWORD'],
  [/does not support SSL connections/, 'turn TLS on there (ssl = on), or set database.sslmode: disable'],
  [/pg_hba\.conf .* no encryption/, 'the server wants TLS: set database.sslmode'],
]

/** What to do about an error of PostgreSQL or of the way there; null: its message says all there is. */
export function hintFor(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const { code } = error as { code?: unknown }
  const byWords = WORDS.find(([words]) => words.test(error.message))?.[1]
  return byWords ?? (typeof code === 'string' ? HINTS[code] : undefined) ?? null
}

/** The message of an error, with what to do. */
export function told(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const hint = hintFor(error)
  return hint === null ? message : `${message}; ${hint}`
}
