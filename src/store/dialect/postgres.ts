import { randomInt } from 'node:crypto'
import { createRequire } from 'node:module'
import type { Knex } from 'knex'
import PostgresClient from 'knex/lib/dialects/postgres/index.js'
import type { Client } from 'pg'
import type { TakenRow } from '../delivery-row.ts'
import { StoreError } from '../store-error.ts'
import type {
  Dialect,
  Finding,
  Insertion,
  Lane,
  LeaseStart,
  Row,
  Statement,
  Tables,
  Trx,
  Value,
  Words,
} from './dialect.ts'
import { knexOf } from './knex-of.ts'
import { leaseStart, leaseValues, TAKEN_BODY, TAKEN_VALUES } from './lease-start.ts'
import { withConnection } from './own-connection.ts'
import { connectionOf, type PostgresSettings } from './postgres-connection.ts'
import { hearingFinding, TRIAL_TIMES } from './postgres-hearing.ts'
import { factsOf, serverFindings, unfit } from './postgres-server.ts'
import { beginSession, limitsOf, type PgClient, type Session, type SessionLimits } from './postgres-session.ts'
import { createPostgresWire, type WireParts } from './postgres-wire.ts'

/** Instances that come and go leave no more rows than these; two with the same one only wait for each other. */
const SLOTS = 32

/** A lock that ends with its connection, unlike knex's. (0, 0) is that of transactions which need very many locks. */
const MIGRATING = [0, 1]

/** Idle connections are closed before they are taken for silent ones. */
const IDLE_MS = 10_000
/** The driver sends a statement without waiting for the answer to the one before; knex's types do not know the setting. */
const PIPELINED = { pipeline: true }

/** Like knex, so that a relay on SQLite does not load the driver. */
const load = createRequire(import.meta.url)

export function openPostgres(settings: PostgresSettings, shared: Knex.Config, silenceMs?: number): Dialect {
  const pg = load('pg') as typeof import('pg')
  // Ids and times stay far below 2^53.
  pg.types.setTypeParser(pg.types.builtins.INT8, Number)
  const limits = limitsOf(settings, silenceMs)
  const connectMs = (settings.connect_timeout_seconds ?? 10) * 1000
  const most = settings.pool ?? 8
  const pool = poolOf(most, limits)
  const slot = randomInt(SLOTS)
  const toServer: WireParts = {
    connect: (config) => new pg.Client({ ...connectionOf(settings, 'tracker-relay'), ...config }),
    query: (sql, values) =>
      withConnection(pool, (connection: Client) => connection.query({ text: sql, values: [...values] })),
  }

  /** @param limits null: a statement may take as long as it likes, and wait for whom it likes */
  function poolOf(max: number, limits: SessionLimits | null): Knex {
    return knexOf(PostgresClient, {
      ...shared,
      connection: {
        ...connectionOf(settings, 'tracker-relay'),
        connectionTimeoutMillis: connectMs,
        ...PIPELINED,
      },
      pool: {
        min: 0,
        max,
        idleTimeoutMillis: Math.min(IDLE_MS, Math.ceil((limits?.silenceMs ?? IDLE_MS) / 3)),
        afterCreate(connection: Connection & PgClient, done: (error: Error | null) => void) {
          connection.on('notice', ({ code }) => {
            if (UNCONFIRMED.has(code ?? '')) connection.relayUnconfirmed = true
          })
          void beginSession(connection, limits).then(() => done(null), done)
        },
      },
      // A little later, so that what is told is why no connection could be made.
      acquireConnectionTimeout: connectMs + 1000,
    })
  }

  return {
    writer: pool,
    reader: pool,
    async examine() {
      const why = unfit(await factsOf(pool))
      if (why !== null) throw new StoreError('unavailable', why)
    },
    // Its pages have checksums, if the cluster was made with them, and it checks them with each read.
    examination: { first: async () => null, whole: async () => [], async end() {} },
    fileSizes: async () => null,
    async migrating(work) {
      // A migration may take minutes, or wait for that of another relay.
      const unlimited = poolOf(3, null)
      try {
        return await unlimited.transaction(async (knex) => {
          // It stands still while the tables are made on another connection; a pooler may have given it any session.
          await knex.raw('set local idle_in_transaction_session_timeout = 0; set local lock_timeout = 0')
          await statement(knex, 'select pg_advisory_xact_lock(?, ?)', MIGRATING)
          return await work(unlimited)
        })
      } finally {
        await unlimited.destroy()
      }
    },
    async findings() {
      const found = await serverFindings(pool, most)
      if (found.some(({ level }) => level === 'error')) return found
      const trial = createPostgresWire({ ...toServer, times: TRIAL_TIMES })
      try {
        return [...found, await hearingFinding(trial)]
      } finally {
        await trial.close()
      }
    },
    toldBy: (now, sql, as) => pool.raw(`${sql} - ${CLOCK} + ? as ??`, [now, as]),
    async horizon() {
      const [row] = await statement<{ ended: number; begun: number }>(pool, HORIZON, [])
      return row ?? { ended: 0, begun: 0 }
    },
    wire: createPostgresWire(toServer),
    close() {},
    async read<R>(about: Statement, rows: readonly Row[]) {
      const once = () =>
        withConnection(pool, (connection: Client) => query<R>(connection, about, textOf(about), [asJson(about, rows)]))
      return await once().catch((error: unknown) => {
        if (doWithoutNames(error)) return once()
        throw error
      })
    },
    transaction: (work) =>
      withConnection(pool, async (connection: Connection) => {
        try {
          return await inTransaction(connection, work)
        } catch (error) {
          // "Failing row contains (...)" has whole bodies, which do not belong in a log.
          if (error instanceof pg.DatabaseError) error.detail = undefined
          throw error
        }
      }),
  }

  async function inTransaction<T>(connection: Connection, work: (trx: Trx) => Promise<T>): Promise<T> {
    const pending = createPending()
    connection.relayUnconfirmed = false
    try {
      pending.add(connection.query(`${BEGIN}${connection.relayLimits ?? ''}`))
      const result = await work(trxOn(connection, onConnection(pool, connection), slot, pending))
      const ended = connection.query('commit')
      pending.add(ended)
      await pending.all()
      // PostgreSQL ends a failed transaction so without an error.
      if ((await ended).command !== 'COMMIT') throw new Error('PostgreSQL has rolled the transaction back')
      if (connection.relayUnconfirmed) throw new StoreError('unavailable', NO_STANDBY)
      return result
    } catch (error) {
      const failure = pending.failure() ?? error
      // After a failover the name may lead to another server already, but this connection never will.
      // knex's pool gives a connection with this mark to nobody.
      if (codeOf(failure) === READ_ONLY) connection.__knex__disposed = failure as Error
      await connection.query('rollback').catch((broken: Error) => {
        connection.__knex__disposed = broken
      })
      doWithoutNames(failure)
      throw failure
    }
  }
}

/**
 * What a transaction reads once it has its locks must be what others left there: in a stricter isolation, which may be a
 * database's or a user's default, it would see what was there before it waited.
 */
const BEGIN = 'begin isolation level read committed'
/** A standby stays what it is, and a connection to it is kept as long as it is used: another one may reach the new primary. */
const READ_ONLY = '25006'

/**
 * A commit that waits for a synchronous standby, and is broken off by an administrator, is done, with a warning of one of
 * these codes (`SyncRepWaitForLSN` in PostgreSQL's src/backend/replication/syncrep.c): a failover could lose it.
 */
const UNCONFIRMED = new Set(['01000', '57P01'])
const NO_STANDBY =
  'the synchronous standby (synchronous_standby_names) did not confirm a commit, so that a failover could lose it'

/** knex marks connections that are of no more use. */
type Connection = Client & Session & { __knex__disposed?: Error; relayUnconfirmed?: boolean }

/** knex's builder on one connection; its own transactions take longer to make than their statements. */
function onConnection(pool: Knex, connection: Client): Tables {
  const tables = (table: string): Knex.QueryBuilder => pool(table).connection(connection)
  const raw = (sql: string, bindings: readonly Knex.RawBinding[] = []): Knex.Raw =>
    pool.raw(sql, [...bindings]).connection(connection)
  return Object.assign(tables, { raw })
}

/** So many statements are sent before the answer to the first of them is there. */
const MOST_PENDING = 16

/** Statements whose answers the transaction has not waited for: the driver sends them behind each other. */
interface Pending {
  add(statement: Promise<unknown>): void
  isFull(): boolean
  /** @throws the first failure */
  all(): Promise<void>
  /** The first one, which all that follow in the transaction fail by; null: none yet. */
  failure(): unknown
}

function createPending(): Pending {
  let waiting: Promise<unknown>[] = []
  let failed: { readonly error: unknown } | null = null
  return {
    add(statement) {
      waiting.push(
        statement.catch((error: unknown) => {
          failed ??= { error }
        }),
      )
    },
    isFull: () => waiting.length >= MOST_PENDING,
    async all() {
      const all = waiting
      waiting = []
      await Promise.all(all)
      if (failed !== null) throw failed.error
    },
    failure: () => failed?.error ?? null,
  }
}

/** Aggregates are made first, so that beside one of locks it tells when all of them were there. */
const CLOCK = '(extract(epoch from clock_timestamp()) * 1000)::bigint'

const HORIZON = `select pg_snapshot_xmin(now)::text::bigint as ended, pg_snapshot_xmax(now)::text::bigint as begun
  from pg_current_snapshot() as now`

/** Several relays may write at once, so a transaction locks what it relies on. */
function trxOn(connection: Client, knex: Tables, slot: number, pending: Pending): Trx {
  /** The server's time, which is told with the locks, so that it costs no round trip. */
  let serverNow: number | null = null

  async function run<R>(key: object, text: string, values: readonly unknown[], returnsRows: boolean): Promise<R[]> {
    const answer = query<R>(connection, key, text, values)
    if (returnsRows) return await answer
    pending.add(answer)
    if (pending.isFull()) await pending.all()
    return []
  }

  return {
    knex,
    slot,
    clock: 'server',
    stored(at, now) {
      if (serverNow === null) throw new Error('the transaction does not know the time yet')
      return serverNow + Math.round(at - now)
    },
    async hold({ names, deliveries, alone }) {
      const held =
        alone || new Set(names).size > MOST_NAMES
          ? query<Told>(connection, LOCK_ALL, LOCK_ALL.text, [])
          : query<Told>(connection, LOCK_NAMES, LOCK_NAMES.text, [names])
      const locked =
        deliveries.length === 0 ? held : query<Told>(connection, LOCK_DELIVERIES, LOCK_DELIVERIES.text, [deliveries])
      pending.add(held)
      const [told] = await locked
      await pending.all()
      serverNow = told?.now ?? null
    },
    async lockTable(table) {
      await connection.query(`lock table ${table} in share row exclusive mode`)
    },
    insert<R>(into: Insertion, rows: readonly Row[]) {
      if (rows.length === 0) return Promise.resolve([])
      return run<R>(into, textOf(into), [asJson({ given: into }, rows)], returns(into.tail ?? ''))
    },
    apply<R>(about: Statement, rows: readonly Row[], values: readonly Value[] = []) {
      const text = textOf(about)
      return run<R>(about, text, [asJson(about, rows), ...values], returns(text))
    },
    take({ statement, rows, values }: Finding, lease: LeaseStart) {
      const given = rows === undefined ? [] : [asJson(statement, rows)]
      const all = [...given, ...values, ...leaseValues(lease)]
      return query<TakenRow>(connection, statement, textOf(statement), all)
    },
    occupied(lanes) {
      const values = [lanes.map(({ integration }) => integration), lanes.map(({ lane }) => lane)]
      return query<Lane>(connection, OCCUPIED, OCCUPIED.text, values)
    },
    forUpdate(query) {
      query.forUpdate()
    },
    forUpdateSkipLocked(query) {
      query.forUpdate().skipLocked()
    },
  }
}

interface Told {
  readonly now: number
}

/** A server has room for about 6,400 locks of all sessions (max_locks_per_transaction). */
const MOST_NAMES = 1500

/**
 * Sorted, so that two transactions never wait for each other. One that needs very many locks waits until it is the only
 * one instead.
 */
const LOCK_NAMES = {
  text: `select count(held), ${CLOCK} as now from (
  select pg_advisory_xact_lock_shared(0, 0) as held union all select pg_advisory_xact_lock(lock) from (
    select distinct hashtextextended(name, 0) as lock from unnest($1::text[]) as name order by 1) as sorted) as locks`,
}
const LOCK_ALL = {
  text: `select count(held), ${CLOCK} as now from (select pg_advisory_xact_lock(0, 0) as held) as locks`,
}
const LOCK_DELIVERIES = {
  text: `select count(*), ${CLOCK} as now from (
  select id from deliveries where id = any($1::bigint[]) order by id for update) as locks`,
}
const OCCUPIED = {
  text: `select integration, lane from unnest($1::text[], $2::text[]) as given (integration, lane) where exists (
  select 1 from lane_entries where lane_entries.integration = given.integration and lane_entries.lane = given.lane)`,
}

type Kept = Insertion | Statement | Finding['statement']

const texts = new Map<Kept, string>()

function textOf(of: Kept): string {
  const known = texts.get(of)
  if (known !== undefined) return known
  const text = 'table' in of ? insertText(of) : 'values' in of ? takeText(of) : statementText(of)
  texts.set(of, text)
  return text
}

function insertText({ table, columns, tail = '' }: Insertion): string {
  const names = columns.map((column) => `"${column}"`).join(', ')
  return `insert into ${table} (${names}) select ${names} from jsonb_populate_recordset(null::${table}, $1::jsonb) ${tail}`
}

const LOCKED = 'for update'

/** An array is made before the rest is planned around it; a join may begin with all rows of the table. */
const among = (column: string, query: string): string => `${column} = any(array(${query}))`
const WORDS: Words = {
  among,
  onlyGiven: among('deliveries.id', 'select id from given'),
  locked: `order by id ${LOCKED}`,
  place: 'ctid',
}

function statementText({ given, sql }: Statement): string {
  return `with ${givenText(given)} ${sql(WORDS)}`
}

const TAKEN = [...TAKEN_VALUES.map(([name, value]) => `${value} as ${name}`), `${TAKEN_BODY} as raw`].join(', ')

function takeText({ given, sql, values }: Finding['statement']): string {
  const [before, count] = given === undefined ? ['', values] : [`${givenText(given)},`, values + 1]
  return `with ${before} found (found_id, before, before_due) as (${sql} ${LOCKED} skip locked)
    ${leaseStart(count)} from found where id = found_id returning ${TAKEN}, before, before_due`
}

/** The table tells the columns' types. */
function givenText({ table, columns }: Statement['given']): string {
  return `given as (select ${columns.join(', ')} from jsonb_populate_recordset(null::${table}, $1::jsonb))`
}

const returns = (text: string): boolean => /\breturning\b/.test(text)

/** One value, so that the statement is the same for any number of rows. */
function asJson({ given }: Pick<Finding['statement'], 'given'>, rows: readonly Row[]): string {
  const names = (given?.columns ?? []).map((column) => `"${column}":`)
  const objects = rows.map((row) => `{${names.map((name, at) => name + jsonOf(row[at] ?? null)).join(',')}}`)
  return `[${objects.join(',')}]`
}

function jsonOf(value: Value): string {
  return Buffer.isBuffer(value) ? `"\\\\x${value.toString('hex')}"` : JSON.stringify(value)
}

const names = new Map<object, string>()

function nameOf(statement: object): string {
  const known = names.get(statement)
  if (known !== undefined) return known
  const name = `relay_${names.size + 1}`
  names.set(statement, name)
  return name
}

/**
 * A pooler such as PgBouncer in its mode "transaction" may know no names of statements, or those of another session: then
 * statements have none from then on.
 */
let areNamed = true
const UNKNOWN_NAMES = new Set(['26000', '42P05'])

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code)

function doWithoutNames(error: unknown): boolean {
  const isUnknown = UNKNOWN_NAMES.has(codeOf(error))
  if (isUnknown) areNamed = false
  return isUnknown
}

/** A statement that has a name is parsed once for each connection, and planned a few times. */
async function query<R>(connection: Client, statement: object, text: string, values: readonly unknown[]): Promise<R[]> {
  const { rows } = await connection.query({
    ...(areNamed ? { name: nameOf(statement) } : {}),
    text,
    values: [...values],
  })
  return rows as R[]
}

async function statement<R>(knex: Knex, sql: string, bindings: readonly Knex.RawBinding[]): Promise<R[]> {
  const { rows }: { rows: R[] } = await knex.raw(sql, bindings)
  return rows
}
