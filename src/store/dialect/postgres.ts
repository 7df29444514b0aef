import { randomInt } from 'node:crypto'
import { createRequire } from 'node:module'
import type { Knex } from 'knex'
import PostgresClient from 'knex/lib/dialects/postgres/index.js'
import type { Client } from 'pg'
import { StoreError } from '../store-error.ts'
import type { Dialect, Row, Statement } from './dialect.ts'
import { knexOf } from './knex-of.ts'
import { withConnection } from './own-connection.ts'
import { connectionOf, type PostgresSettings } from './postgres-connection.ts'
import { hearingFinding, TRIAL_TIMES } from './postgres-hearing.ts'
import { factsOf, serverFindings, unfit } from './postgres-server.ts'
import { beginSession, limitsOf, type PgClient, type SessionLimits } from './postgres-session.ts'
import { asJson, doWithoutNames, query, textOf } from './postgres-statements.ts'
import { CLOCK, type Connection, inTransaction, UNCONFIRMED } from './postgres-transaction.ts'
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
          return await inTransaction({ connection, knex: pool, slot }, work)
        } catch (error) {
          // "Failing row contains (...)" has whole bodies, which do not belong in a log.
          if (error instanceof pg.DatabaseError) error.detail = undefined
          throw error
        }
      }),
  }
}

const HORIZON = `select pg_snapshot_xmin(now)::text::bigint as ended, pg_snapshot_xmax(now)::text::bigint as begun
  from pg_current_snapshot() as now`

async function statement<R>(knex: Knex, sql: string, bindings: readonly Knex.RawBinding[]): Promise<R[]> {
  const { rows }: { rows: R[] } = await knex.raw(sql, bindings)
  return rows
}
