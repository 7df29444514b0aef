import { createRequire } from 'node:module'
import type { Knex } from 'knex'
import type { Client } from 'pg'
import { told } from '../database-hint.ts'
import { openPostgres } from '../dialect/postgres.ts'
import { connectionOf, type PostgresAddress } from '../dialect/postgres-connection.ts'
import { SERVER_FACTS, type ServerFacts, unfit } from '../dialect/postgres-server.ts'
import { applyMigrations } from '../migrate.ts'
import { StoreError } from '../store-error.ts'
import { rowDigestSql, type SumRow, sumOf, sumSql, type TableDigest } from './digest.ts'
import { MOVES, type Move, type MoveRow, moveOf } from './move.ts'
import { type Batch, type Column, keyOf, namesOf, type Table, type Value } from './table.ts'

/** How far the copy of a table is. */
export interface Copied {
  readonly after: readonly Value[]
  readonly rows: number
}

export type Progress = Readonly<Record<string, Copied>>

/** A PostgreSQL database that becomes a copy. */
export interface Target {
  /** Null: no copy was ever begun here. */
  move(): Promise<Move | null>
  /** The name of the first of these tables that has rows. */
  filled(tables: readonly Table[]): Promise<string | null>
  /** The numbers of the server's processes for connections that a relay, or a command, has open. */
  relaySessions(): Promise<number[]>
  /** Makes the tables. */
  migrate(): Promise<void>
  /** @throws {StoreError} if the relay's tables have no such table, or not all of its columns */
  refuseOthers(table: Table): Promise<void>
  begin(move: Move): Promise<void>
  progress(id: string): Promise<Progress>
  /**
   * Stores the rows together with how far the copy is then.
   * @throws {StoreError} if it is not as far as `before` says, since another one copies too
   */
  copy(id: string, table: Table, batch: Batch, before: Progress): Promise<Progress>
  digest(table: Table): Promise<TableDigest>
  /** The digests of the rows that have these keys, by the key as JSON. */
  digests(table: Table, keys: readonly (readonly Value[])[]): Promise<Map<string, string>>
  /** No row gets a number up to this one any more. */
  setLastNumber(table: Table, last: number): Promise<void>
  end(id: string, at: number): Promise<void>
  close(): Promise<void>
}

const NAME = 'tracker-relay migrate-store'

/** Like knex, so that the driver is loaded only if it is used. */
const load = createRequire(import.meta.url)

/** @throws {StoreError} if the server is not reached, or cannot keep a store */
export async function openTarget(address: PostgresAddress): Promise<Target> {
  const pg = load('pg') as typeof import('pg')
  const client = new pg.Client({ ...connectionOf(address, NAME), keepAlive: true, connectionTimeoutMillis: 10_000 })
  // A connection that breaks also fails what is being asked.
  client.on('error', () => {})
  try {
    await client.connect()
    await prepare(client)
    return inWords(targetOn(client, address))
  } catch (error) {
    await client.end().catch(() => {})
    throw wordsFor(error)
  }
}

/** @throws {StoreError} */
async function prepare(client: Client): Promise<void> {
  const { rows } = await client.query<ServerFacts>(SERVER_FACTS)
  const [facts] = rows
  const why = facts === undefined ? null : unfit(facts)
  if (why !== null) throw refused(why)
  // No statement of a copy waits for anybody, and some read a whole table.
  await client.query('set statement_timeout = 0; set lock_timeout = 0')
  if (facts?.synchronous_commit === 'off') await client.query('set synchronous_commit = on')
}

function targetOn(client: Client, address: PostgresAddress): Target {
  async function rowsOf<R extends object>(sql: string, values: readonly unknown[] = []): Promise<R[]> {
    return (await client.query<R>(sql, [...values])).rows
  }

  async function isThere(table: string): Promise<boolean> {
    const [row] = await rowsOf<{ found: boolean }>('select to_regclass($1) is not null as found', [table])
    return row?.found === true
  }

  async function inTransaction<T>(work: () => Promise<T>): Promise<T> {
    await client.query('begin')
    try {
      const result = await work()
      await client.query('commit')
      return result
    } catch (error) {
      await client.query('rollback').catch(() => {})
      throw error
    }
  }

  const types = new Map<string, Promise<ReadonlyMap<string, string>>>()

  /** As the copy declares them. */
  function typesOf({ name }: Table): Promise<ReadonlyMap<string, string>> {
    const known =
      types.get(name) ??
      rowsOf<{ column: string; type: string }>(
        `select attname as column, format_type(atttypid, null) as type from pg_attribute
           where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`,
        [name],
      ).then((rows) => new Map(rows.map(({ column, type }) => [column, type])))
    types.set(name, known)
    return known
  }

  /** `unnest($1::bigint[], $2::text[])`: the values of each column in one parameter. */
  async function unnested(table: Table, columns: readonly Column[], first: number): Promise<string> {
    const found = await typesOf(table)
    const parts = columns.map(({ name }, at) => {
      return `$${first + at}::${found.get(name)}[]`
    })
    return `unnest(${parts.join(', ')})`
  }

  async function insert(table: Table, rows: Batch['rows']): Promise<void> {
    const names = namesOf(table.columns)
    const given = await unnested(table, table.columns, 1)
    const values = table.columns.map((_, at) => rows.map((row) => row[at] ?? null))
    await client.query(`insert into "${table.name}" (${names}) select * from ${given}`, values)
  }

  /** Tries them one by one, to tell which row it is that PostgreSQL cannot keep. */
  async function refuseRow(error: unknown, table: Table, rows: Batch['rows']): Promise<never> {
    if (!isOfValues(error)) throw error
    await client.query('rollback')
    for (const row of rows) {
      await client.query('begin')
      const why = await insert(table, [row]).then(
        () => null,
        (reason: Error) => reason,
      )
      await client.query('rollback')
      if (why !== null)
        throw refused(
          `${nameOf(table, keyOf(table, row))} cannot be copied: ${why.message}; mend it with the sqlite3 program`,
        )
    }
    throw error
  }

  return {
    async move() {
      if (!(await isThere(MOVES))) return null
      const [row] = await rowsOf<MoveRow>(`select side, id, place, begun_at, ended_at from ${MOVES} where side = 'to'`)
      return row === undefined ? null : moveOf(row)
    },
    async filled(tables) {
      for (const { name } of tables) {
        if (!(await isThere(name))) continue
        const [row] = await rowsOf<{ found: boolean }>(`select exists (select from "${name}") as found`)
        if (row?.found === true) return name
      }
      return null
    },
    async relaySessions() {
      const rows = await rowsOf<{ pid: number }>(
        `select pid from pg_stat_activity where datname = current_database() and application_name = 'tracker-relay'
           and pid <> pg_backend_pid() order by pid`,
      )
      return rows.map(({ pid }) => pid)
    },
    async migrate() {
      const { writer, migrating } = openPostgres(address, { log: SILENCE })
      try {
        await migrating(() => applyMigrations(writer))
      } finally {
        await writer.destroy()
      }
    },
    async refuseOthers(table) {
      const known = await typesOf(table)
      const unknown = table.columns.find(({ name }) => !known.has(name))
      if (unknown !== undefined)
        throw refused(
          `the file has ${known.size === 0 ? `a table ${table.name}` : `a column ${table.name}.${unknown.name}`} that is not the relay's: move or drop it first`,
        )
    },
    async begin({ side, id, place, begunAt }) {
      await client.query(`insert into ${MOVES} (side, id, place, begun_at, progress) values ($1, $2, $3, $4, '{}')`, [
        ...[side, id, place, begunAt],
      ])
    },
    async progress(id) {
      const [row] = await rowsOf<{ progress: string }>(`select progress from ${MOVES} where side = 'to' and id = $1`, [
        id,
      ])
      return JSON.parse(row?.progress ?? '{}') as Progress
    },
    copy: (id, table, { rows, last }, before) =>
      inTransaction(async () => {
        // Waits for a copier that was killed while its last rows were on the way to the server.
        const locked = `select progress from ${MOVES} where side = 'to' and id = $1 for update`
        const [found] = await rowsOf<{ progress: string }>(locked, [id])
        if (found?.progress !== JSON.stringify(before))
          throw refused('another "tracker-relay migrate-store" copies into the same database')
        await insert(table, rows).catch((error: unknown) => refuseRow(error, table, rows))
        const after: Progress = {
          ...before,
          [table.name]: { after: last, rows: (before[table.name]?.rows ?? 0) + rows.length },
        }
        await client.query(`update ${MOVES} set progress = $2 where side = 'to' and id = $1`, [
          id,
          JSON.stringify(after),
        ])
        return after
      }),
    async digest(table) {
      const [row] = await rowsOf<SumRow>(sumSql(table))
      if (row === undefined) throw new Error('a sum has a row')
      return sumOf(row)
    },
    async digests(table, keys) {
      const names = namesOf(table.key)
      const values = table.key.map((_, at) => keys.map((key) => key[at] ?? null))
      const found = await rowsOf<Record<string, unknown>>(
        `select ${names}, encode(${rowDigestSql(table)}, 'hex') as "digest of it" from "${table.name}"
           where (${names}) in (select * from ${await unnested(table, table.key, 1)})`,
        values,
      )
      return new Map(found.map((row) => [keyText(table, row), String(row['digest of it'])]))
    },
    async setLastNumber({ name }, last) {
      if (last === 0) return
      await client.query(`select setval(pg_get_serial_sequence($1, 'id'), $2)`, [name, last])
    },
    async end(id, at) {
      // The statistics by which statements are planned; a relay would work without them, but slower.
      await client.query('analyze')
      await client.query(`update ${MOVES} set ended_at = $2 where side = 'to' and id = $1`, [id, at])
    },
    close: () => client.end().catch(() => {}),
  }
}

/** `activities (id 7)` */
export function nameOf({ name, key }: Table, values: readonly Value[]): string {
  return `${name} (${key.map((column, at) => `${column.name} ${values[at]}`).join(', ')})`
}

/** A data exception, or one that breaks a constraint (appendix A of PostgreSQL's manual). */
function isOfValues(error: unknown): boolean {
  return /^2[23]/.test(String((error as { code?: unknown } | null)?.code))
}

/** The driver gives the numbers of bigint columns as texts, unless the relay's store is open. */
function keyText({ key }: Table, row: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(key.map(({ name, kind }) => (kind === 'integer' ? Number(row[name]) : row[name])))
}

/** A verb that fails tells why in a sentence, without values. */
function inWords(target: Target): Target {
  return Object.fromEntries(
    Object.entries(target).map(([name, verb]: [string, (...args: unknown[]) => Promise<unknown>]) => [
      name,
      (...args: unknown[]) =>
        verb(...args).catch((error: unknown) => {
          throw wordsFor(error)
        }),
    ]),
  ) as unknown as Target
}

function wordsFor(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  return refused(`the PostgreSQL database cannot be used: ${told(error)}`)
}

function refused(message: string): StoreError {
  return new StoreError('unavailable', message)
}

const SILENCE: Knex.Logger = { debug() {}, warn() {}, error() {}, deprecate() {} }
