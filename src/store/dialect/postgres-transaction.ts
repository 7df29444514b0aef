import type { Knex } from 'knex'
import type { Client } from 'pg'
import type { TakenRow } from '../delivery-row.ts'
import { StoreError } from '../store-error.ts'
import type { Finding, Insertion, Lane, LeaseStart, Row, Statement, Tables, Trx, Value } from './dialect.ts'
import { leaseValues } from './lease-start.ts'
import type { Session } from './postgres-session.ts'
import { asJson, codeOf, doWithoutNames, query, returns, textOf } from './postgres-statements.ts'

/** knex marks connections that are of no more use. */
export type Connection = Client & Session & { __knex__disposed?: Error; relayUnconfirmed?: boolean }

interface TransactionParts {
  readonly connection: Connection
  readonly knex: Knex
  readonly slot: number
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
export const UNCONFIRMED = new Set(['01000', '57P01'])
const NO_STANDBY =
  'the synchronous standby (synchronous_standby_names) did not confirm a commit, so that a failover could lose it'

/** @throws the first failure, after the transaction has ended */
export async function inTransaction<T>(
  { connection, knex, slot }: TransactionParts,
  work: (trx: Trx) => Promise<T>,
): Promise<T> {
  const pending = createPending()
  connection.relayUnconfirmed = false
  try {
    pending.add(connection.query(`${BEGIN}${connection.relayLimits ?? ''}`))
    const result = await work(trxOn(connection, onConnection(knex, connection), slot, pending))
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
export const CLOCK = '(extract(epoch from clock_timestamp()) * 1000)::bigint'

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
