/** What a PostgreSQL server says about itself, its database, and what the user may do there. */
export interface ServerFacts {
  /** "15.8 (Debian 15.8-1)" */
  readonly version: string
  /** 150008 */
  readonly version_number: number
  readonly is_standby: boolean
  readonly is_read_only: boolean
  readonly encoding: string
  /** As the server, the database or the user has it set, whatever the session does. */
  readonly synchronous_commit: string
  readonly is_synced: boolean
  readonly user: string
  readonly database: string
  /** Where tables are made; null: the search path has no schema that is there. */
  readonly schema: string | null
}

/** A pooler need not know anything but this to pass it on, and no version is too old for it. */
export const SERVER_FACTS = `select current_setting('server_version') as version,
    current_setting('server_version_num')::int as version_number, pg_is_in_recovery() as is_standby,
    current_setting('transaction_read_only') = 'on' as is_read_only, current_setting('server_encoding') as encoding,
    (select reset_val from pg_settings where name = 'synchronous_commit') as synchronous_commit,
    current_setting('fsync') = 'on' and current_setting('full_page_writes') = 'on' as is_synced,
    current_user as user, current_database() as database, current_schema() as schema`

/** The oldest that the tests are run on, and whose makers still mended it when the relay was made for it. */
const OLDEST = 13

/** Why no relay can keep its store there; null if nothing speaks against it. */
export function unfit(facts: ServerFacts): string | null {
  const { version, version_number, is_standby, is_read_only, encoding, user, database, schema } = facts
  if (version_number < OLDEST * 10_000)
    return `the server is PostgreSQL ${version}, and the relay needs ${OLDEST} or newer`
  if (is_standby)
    return 'the server is a standby, which can only be read: name the primary in database.url, or a name that always leads to it'
  if (is_read_only)
    return `the server lets nobody write (default_transaction_read_only is on, for it, the database ${database} or the user ${user}): name the primary in database.url, or turn that off`
  if (encoding !== 'UTF8')
    return `the database ${database} has the encoding ${encoding}, which cannot keep all texts: make one with "create database ... encoding 'UTF8' template template0"`
  if (schema === null)
    return `the search_path of the user ${user} names no schema that is there: "create schema ${user} authorization ${user}", or set search_path`
  return null
}
