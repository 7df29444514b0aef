import { randomInt } from 'node:crypto'
import { createRequire } from 'node:module'
import knex, { type Knex } from 'knex'
import { inPieces } from '../pieces.ts'
import type { Dialect, Insertion, Lane, Row, Trx } from './dialect.ts'

/** Instances that come and go leave no more rows than these; two with the same one only wait for each other. */
const SLOTS = 32

/** A lock that ends with its connection, unlike knex's. (0, 0) is that of transactions which need very many locks. */
const MIGRATING = [0, 1]

/** Like knex, so that a relay on SQLite does not load the driver. */
const load = createRequire(import.meta.url)

export function openPostgres(url: string, shared: Knex.Config): Dialect {
  const pg = load('pg') as typeof import('pg')
  // Ids and times stay far below 2^53.
  pg.types.setTypeParser(pg.types.builtins.INT8, Number)
  const pool = knex({
    ...shared,
    client: 'pg',
    connection: { connectionString: url, application_name: 'tracker-relay' },
    pool: { min: 0, max: 8 },
    acquireConnectionTimeout: 10_000,
  })
  const slot = randomInt(SLOTS)
  return {
    writer: pool,
    reader: pool,
    async examine() {},
    migrating: (work) =>
      pool.transaction(async (knex) => {
        await statement(knex, 'select pg_advisory_xact_lock(?, ?)', MIGRATING)
        return await work()
      }),
    toldBy: (now, sql, as) => pool.raw(`${sql} - ${CLOCK} + ? as ??`, [now, as]),
    async horizon() {
      const [row] = await statement<{ ended: number; begun: number }>(pool, HORIZON, [])
      return row ?? { ended: 0, begun: 0 }
    },
    close() {},
    async transaction(work) {
      try {
        return await pool.transaction((knex) => work(trxOn(knex, slot)))
      } catch (error) {
        // "Failing row contains (...)" has whole bodies, which do not belong in a log.
        if (error instanceof pg.DatabaseError) error.detail = undefined
        throw error
      }
    },
  }
}

/** Aggregates are made first, so that beside one of locks it tells when all of them were there. */
const CLOCK = '(extract(epoch from clock_timestamp()) * 1000)::bigint'

const HORIZON = `select pg_snapshot_xmin(now)::text::bigint as ended, pg_snapshot_xmax(now)::text::bigint as begun
  from pg_current_snapshot() as now`

/** Several relays may write at once, so a transaction locks what it relies on. */
function trxOn(knex: Knex, slot: number): Trx {
  /** The server's time, which is told with the locks, so that it costs no round trip. */
  let serverNow: number | null = null
  return {
    knex,
    slot,
    clock: 'server',
    stored(at, now) {
      if (serverNow === null) throw new Error('the transaction does not know the time yet')
      return serverNow + Math.round(at - now)
    },
    async hold({ names, deliveries }) {
      const [held] = await statement<{ now: number }>(knex, ...lockNames(names))
      const [locked] =
        deliveries.length > 0 ? await statement<{ now: number }>(knex, LOCK_DELIVERIES, [[...deliveries]]) : []
      serverNow = (locked ?? held)?.now ?? null
    },
    async lockTable(table) {
      await statement(knex, `lock table ${table} in share row exclusive mode`, [])
    },
    async insert<R>(into: Insertion, rows: readonly Row[]) {
      const inserted: R[] = []
      for (const some of inPieces(rows))
        inserted.push(...(await statement<R>(knex, insertText(into, some), some.flat())))
      return inserted
    },
    async occupied(lanes) {
      return await statement<Lane>(knex, OCCUPIED, [
        lanes.map(({ integration }) => integration),
        lanes.map(({ lane }) => lane),
      ])
    },
    forUpdate(query) {
      query.forUpdate()
    },
    forUpdateSkipLocked(query) {
      query.forUpdate().skipLocked()
    },
  }
}

/** A server has room for about 6,400 locks of all sessions (max_locks_per_transaction). */
const MOST_NAMES = 1500

/**
 * Sorted, so that two transactions never wait for each other. One that needs very many locks waits until it is the only
 * one instead.
 */
const LOCK_NAMES = `select count(held), ${CLOCK} as now from (
  select pg_advisory_xact_lock_shared(0, 0) as held union all select pg_advisory_xact_lock(lock) from (
    select distinct hashtextextended(name, 0) as lock from unnest(?::text[]) as name order by 1) as sorted) as locks`
const LOCK_ALL = `select count(held), ${CLOCK} as now from (select pg_advisory_xact_lock(0, 0) as held) as locks`
const LOCK_DELIVERIES = `select count(*), ${CLOCK} as now from (
  select id from deliveries where id = any(?) order by id for update) as locks`

function lockNames(names: readonly string[]): [sql: string, bindings: Knex.RawBinding[]] {
  return new Set(names).size > MOST_NAMES ? [LOCK_ALL, []] : [LOCK_NAMES, [[...names]]]
}

const OCCUPIED = `select integration, lane from unnest(?::text[], ?::text[]) as given (integration, lane) where exists (
  select 1 from lane_entries where lane_entries.integration = given.integration and lane_entries.lane = given.lane)`

function insertText({ table, columns, tail = '' }: Insertion, rows: readonly Row[]): string {
  const names = columns.map((column) => `"${column}"`).join(', ')
  const blanks = `(${columns.map(() => '?').join(', ')})`
  return `insert into ${table} (${names}) values ${rows.map(() => blanks).join(', ')} ${tail}`
}

async function statement<R>(knex: Knex, sql: string, bindings: readonly Knex.RawBinding[]): Promise<R[]> {
  const { rows }: { rows: R[] } = await knex.raw(sql, bindings)
  return rows
}
