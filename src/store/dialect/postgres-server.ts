import type { Knex } from 'knex'
import type { Client } from 'pg'
import type { DatabaseFinding } from './dialect.ts'
import { withConnection } from './own-connection.ts'
import type { PgClient } from './postgres-session.ts'

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
  /** A power cut loses nothing that was committed, nor breaks the files. */
  readonly is_synced: boolean
  readonly user: string
  readonly database: string
  /** Where tables are made; null: the search path has no schema that is there. */
  readonly schema: string | null
  /** Whether the user may make tables there. */
  readonly may_create: boolean | null
  /** Whether the relay's are there. */
  readonly has_tables: boolean
  readonly max_connections: number
  /** "TLSv1.3"; null: unencrypted. Of the connection that the server sees, which may be a pooler's. */
  readonly tls: string | null
  /** Whether the server and its client are on one machine. */
  readonly is_local: boolean
}

/** No version is too old for it to say which it is. */
export const SERVER_FACTS = `select current_setting('server_version') as version,
    current_setting('server_version_num')::int as version_number, pg_is_in_recovery() as is_standby,
    current_setting('transaction_read_only') = 'on' as is_read_only, current_setting('server_encoding') as encoding,
    (select reset_val from pg_settings where name = 'synchronous_commit') as synchronous_commit,
    current_setting('fsync') = 'on' and current_setting('full_page_writes') = 'on' as is_synced,
    current_user as user, current_database() as database, current_schema() as schema,
    has_schema_privilege(current_schema(), 'create') as may_create,
    to_regclass('deliveries') is not null as has_tables,
    current_setting('max_connections')::int as max_connections,
    (select version from pg_stat_ssl where pid = pg_backend_pid()) as tls,
    coalesce(inet_server_addr() = inet_client_addr(), true) as is_local`

export async function factsOf(pool: Knex): Promise<ServerFacts> {
  const { rows }: { rows: ServerFacts[] } = await pool.raw(SERVER_FACTS)
  const [facts] = rows
  if (facts === undefined) throw new Error('the server says nothing about itself')
  return facts
}

/** The oldest that is expected to work: what the statements use is in it, and its makers mended it until November 2025. */
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

/** A right that the user lacks: `INSERT` on `activities`. */
interface Missing {
  readonly object: string
  readonly right: string
}

/**
 * Of the relay's tables, as far as there are any: who owns one of them owns all. The functions fail for what is of another
 * kind, and only `case` keeps them from it.
 */
const MISSING_RIGHTS = `with ours as (
    select oid, relname, relkind, relowner from pg_class
      where relnamespace = current_schema()::regnamespace and relkind in ('r', 'S')
        and relowner = (select relowner from pg_class where oid = to_regclass('deliveries')))
  select relname as object, privilege as right
    from ours cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) as privilege
    where case relkind when 'r' then not has_table_privilege(oid, privilege) end
  union all select relname, 'USAGE' from ours where case relkind when 'S' then not has_sequence_privilege(oid, 'USAGE') end
  union all select relname, 'OWNER' from ours where relname = 'deliveries' and not pg_has_role(relowner, 'USAGE')
  order by 1, 2`

/** What an operator should know, for `check`. @param most connections that the relay may open */
export async function serverFindings(pool: Knex, most: number): Promise<DatabaseFinding[]> {
  const facts = await factsOf(pool)
  const why = unfit(facts)
  if (why !== null) return [{ level: 'error', message: why }]
  return [
    { level: 'ok', message: summary(facts, most) },
    ...doubtsOf(facts, most),
    ...rightsProblems(facts, await missingRights(pool)),
    ...(await poolerFindings(pool)),
  ]
}

function summary({ version, tls, max_connections }: ServerFacts, most: number): string {
  const encrypted = tls === null ? 'unencrypted' : `encrypted with ${tls}`
  return `PostgreSQL ${version}, ${encrypted}; this relay opens up to ${most} of at most ${max_connections} connections`
}

/** Some connections are for the superuser, for backups and for people. */
const SPARE_CONNECTIONS = 10

export function doubtsOf(facts: ServerFacts, most: number): DatabaseFinding[] {
  const { user, tls, is_local, is_synced, synchronous_commit, max_connections } = facts
  const doubts: string[] = []
  if (synchronous_commit === 'off')
    doubts.push(
      `synchronous_commit is off, so that a crash of the server loses what it has confirmed; the relay turns it on in its own transactions. Let it be on: "alter role ${user} set synchronous_commit = on"`,
    )
  if (!is_synced)
    doubts.push(
      'fsync or full_page_writes is off, so that a power cut can lose what was acknowledged, or everything: turn both on in postgresql.conf',
    )
  if (tls === null && !is_local)
    doubts.push('the connection is not encrypted, although the server is on another machine: set database.sslmode')
  if (most + SPARE_CONNECTIONS > max_connections)
    doubts.push(
      `one relay may open ${most} connections (database.pool), and the server allows ${max_connections} for everybody: lower the one, or raise the other (max_connections)`,
    )
  return doubts.map((message) => ({ level: 'warning', message }))
}

async function missingRights(pool: Knex): Promise<Missing[]> {
  const { rows }: { rows: Missing[] } = await pool.raw(MISSING_RIGHTS)
  return rows
}

export function rightsProblems(facts: ServerFacts, missing: readonly Missing[]): DatabaseFinding[] {
  const { user, schema, has_tables } = facts
  const may_create = facts.may_create === true
  const lacked = missing.filter(({ right }) => right !== 'OWNER')
  const found: DatabaseFinding[] = []
  if (!may_create && !has_tables)
    found.push({
      level: 'error',
      message: `the user ${user} may make no tables in the schema ${schema}: "grant create on schema ${schema} to ${user}", or make ${user} the owner of the database`,
    })
  if (lacked.length > 0)
    found.push({
      level: 'error',
      message: `the user ${user} lacks ${named(lacked)}: "grant select, insert, update, delete on all tables in schema ${schema} to ${user}; grant usage on all sequences in schema ${schema} to ${user}"`,
    })
  if (has_tables && (!may_create || lacked.length < missing.length))
    found.push({
      level: 'warning',
      message: `the user ${user} may not change the tables, as an upgrade does: let their owner run "tracker-relay migrate" then`,
    })
  return found
}

/** `DELETE and INSERT on attempts, days; USAGE on attempts_id_seq` */
function named(missing: readonly Missing[]): string {
  const rights = new Map<string, string[]>()
  for (const { object, right } of missing) rights.set(object, [...(rights.get(object) ?? []), right])
  const objects = new Map<string, string[]>()
  for (const [object, some] of rights) {
    const key = some.join(' and ')
    objects.set(key, [...(objects.get(key) ?? []), object])
  }
  return [...objects].map(([some, names]) => `${some} on ${names.join(', ')}`).join('; ')
}

const POOLER =
  'there is a pooler between the relay and the server. What the relay needs works with it, also in the mode "transaction"'

/**
 * A peer that names another process than the one that answers is not the server. That it gives away the session of a
 * client that is connected, only shows if nobody else takes it meanwhile.
 */
async function poolerFindings(pool: Knex): Promise<DatabaseFinding[]> {
  return await withConnection(pool, async (one: Client & PgClient) => {
    const first = await pidOf(one)
    if (first === one.processID) return []
    const second = await withConnection(pool, (other: Client) => pidOf(other))
    return [{ level: 'ok', message: `${POOLER}${first === second ? ', which this one is in' : ''}` } as const]
  })
}

async function pidOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]?.pid ?? 0
}
