import { existsSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { Knex } from 'knex'
import { claimFile } from '../claim.ts'
import { withoutStatement } from '../database.ts'
import { damageIn } from '../dialect/sqlite-file.ts'
import { migrationNames } from '../migrate.ts'
import { StoreError } from '../store-error.ts'
import { storable } from '../texts.ts'
import { createDigestSum, rowDigest, type TableDigest } from './digest.ts'
import { MOVES, type Move, type MoveRow, moveOf } from './move.ts'
import { type Batch, type Column, inOrder, type Kind, namesOf, type Table, type Value } from './table.ts'

/** A store in a file of SQLite, which no other process has open meanwhile. */
export interface Source {
  readonly file: string
  /** Those that others refer to come first. */
  readonly tables: readonly Table[]
  count(table: Table): Promise<number>
  /** What follows a key, in the order of the keys; null: from the first row on. */
  batches(table: Table, after: readonly Value[] | null): AsyncGenerator<Batch>
  digest(table: Table, told: (rows: number) => void): Promise<TableDigest>
  /** The highest number that was ever given out; 0: none. */
  lastNumber(table: Table): Promise<number>
  /** Null: it was not moved. */
  move(): Promise<Move | null>
  /** In place of an earlier one. */
  mark(move: Move): Promise<void>
  close(): Promise<void>
}

/** So much is in memory at once, a few times over; a row of more comes alone. */
const MOST_ROWS = 1000
const MOST_BYTES = 4 * 1024 * 1024

/** @throws {StoreError} if it is in use, damaged, or not a store of this version */
export async function openSource(file: string): Promise<Source> {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile())
    throw refused(`there is no database at ${file}, so there is nothing to move`)
  for (const suffix of ['.saved', '.restoring'])
    if (existsSync(file + suffix))
      throw refused(
        `${basename(file)}${suffix} beside the database holds what the next start takes over: start the relay once, stop it, and move the store then`,
      )
  const database = await claimFile(file, 'move its store')
  try {
    const damage = await damageIn(database)
    if (damage.length > 0) throw refused(`${file} is damaged: ${damage.join('; ')}; a copy would be too`)
    await refuseOthers(database, file)
    return sourceOn(database, file, await tablesIn(database))
  } catch (error) {
    await database.destroy()
    if (error instanceof StoreError) throw error
    const cause = withoutStatement(error)
    throw refused(`${file} cannot be read: ${(cause as Error).message}`, cause)
  }
}

async function refuseOthers(database: Knex, file: string): Promise<void> {
  const isOurs = (await database.schema.hasTable('knex_migrations')) && (await database.schema.hasTable('deliveries'))
  if (!isOurs) throw refused(`${file} is not a relay's database`)
  const known = migrationNames()
  const applied: string[] = await database('knex_migrations').pluck('name')
  if (applied.some((name) => !known.includes(name)))
    throw refused(`${file} is of a later version of the relay; move its store with that version`)
  if (applied.length < known.length)
    throw refused(
      `${file} is of an earlier version of the relay: bring it up to date first, with "tracker-relay migrate"`,
    )
}

function sourceOn(database: Knex, file: string, tables: readonly Table[]): Source {
  async function* batches(table: Table, after: readonly Value[] | null): AsyncGenerator<Batch> {
    let reached = after
    for (;;) {
      const last = await endOfBatch(database, table, reached)
      if (last === null) return
      const { clause, values } = rangeOf(table, reached, last)
      const found = await all(database, `select ${namesOf(table.columns)} from "${table.name}" where ${clause}`, values)
      yield { rows: found.map((row) => table.columns.map((column) => valueIn(table, column, row))), last }
      reached = last
    }
  }

  return {
    file,
    tables,
    batches,
    async count({ name }) {
      const [row] = await all(database, `select count(*) as rows from "${name}"`, [])
      return Number(row?.rows)
    },
    async digest(table, told) {
      const sum = createDigestSum()
      for await (const { rows } of batches(table, null)) {
        for (const row of rows) sum.add(rowDigest(table, row))
        told(rows.length)
      }
      return sum.sum()
    },
    async lastNumber({ name }) {
      const [row] = await all(database, 'select seq from sqlite_sequence where name = ?', [name])
      return Number(row?.seq ?? 0)
    },
    async move() {
      const row: MoveRow | undefined = await database(MOVES).where({ side: 'from' }).first()
      return row === undefined ? null : moveOf(row)
    },
    async mark({ side, id, place, begunAt, endedAt }) {
      await database(MOVES)
        .insert({ side, id, place, begun_at: begunAt, ended_at: endedAt })
        .onConflict('side')
        .merge(['id', 'place', 'begun_at', 'ended_at'])
    },
    close: () => database.destroy(),
  }
}

/** The key of the last row that a batch has room for; null: there are no more rows. */
async function endOfBatch(database: Knex, table: Table, after: readonly Value[] | null): Promise<Value[] | null> {
  const size = table.columns
    .filter(({ kind }) => kind !== 'integer')
    .map(({ name }) => `coalesce(length(cast("${name}" as blob)), 0)`)
  const { clause, values } = rangeOf(table, after, null)
  const found = await all(
    database,
    `select ${namesOf(table.key)}, ${['0', ...size].join(' + ')} as "bytes of it" from "${table.name}" where ${clause}
       limit ${MOST_ROWS}`,
    values,
  )
  let bytes = 0
  let last: Value[] | null = null
  for (const row of found) {
    bytes += Number(row['bytes of it'])
    if (last !== null && bytes > MOST_BYTES) break
    last = table.key.map((column) => valueIn(table, column, row))
  }
  return last
}

/** The rows between two keys, in their order: the first is left out, the last is not. */
function rangeOf({ key }: Table, after: readonly Value[] | null, until: readonly Value[] | null) {
  const names = namesOf(key)
  const bound = (sign: string, values: readonly Value[] | null): string =>
    values === null ? 'true' : `(${names}) ${sign} (${values.map(() => '?').join(', ')})`
  return {
    clause: `${bound('>', after)} and ${bound('<=', until)} order by ${names}`,
    values: [...(after ?? []), ...(until ?? [])],
  }
}

type SqliteRow = Readonly<Record<string, unknown>>

async function all(database: Knex, sql: string, values: readonly Value[]): Promise<SqliteRow[]> {
  return await database.raw<SqliteRow[]>(sql, [...values] as Knex.RawBinding[])
}

/**
 * SQLite takes any value in any column; PostgreSQL does not. A text loses what no text of the relay has had since 0.1.0.
 * @throws {StoreError}
 */
function valueIn(table: Table, { name, kind }: Column, row: SqliteRow): Value {
  const value = row[name]
  if (value === null || value === undefined) return null
  if (kind === 'integer' && typeof value === 'number') return Math.round(value)
  if (kind === 'text' && (typeof value === 'string' || typeof value === 'number')) return storable(String(value))
  if (kind === 'bytes' && Buffer.isBuffer(value)) return value
  if (kind === 'bytes' && typeof value === 'string') return Buffer.from(value)
  const where = table.key.map((column) => `${column.name} ${String(row[column.name])}`).join(', ')
  throw refused(
    `in the table ${table.name} (${where}), ${name} is not of the kind "${kind}"; mend it with the sqlite3 program`,
  )
}

/**
 * knex's own tables tell which migrations were applied: those of the copy are applied there. What relays that run agree on
 * from moment to moment begins anew.
 */
const NOT_COPIED = new Set(['knex_migrations', 'knex_migrations_lock', MOVES, 'rates', 'duties'])

async function tablesIn(database: Knex): Promise<Table[]> {
  const found = await all(database, "select name, sql from sqlite_schema where type = 'table' order by name", [])
  const tables: Table[] = []
  for (const { name, sql } of found) {
    if (typeof name !== 'string' || name.startsWith('sqlite_') || NOT_COPIED.has(name)) continue
    const info = await all(database, `select name, type, pk from pragma_table_info(?) order by cid`, [name])
    const columns = info.map((column) => ({ name: String(column.name), kind: kindOf(name, String(column.type)) }))
    const key = info
      .filter(({ pk }) => Number(pk) > 0)
      .toSorted((one, other) => Number(one.pk) - Number(other.pk))
      .flatMap((found) => columns.filter((column) => column.name === found.name))
    // Each of the relay's own has one.
    if (key.length === 0) throw refused(`the table ${name} is not the relay's: move or drop it first`)
    const parents = await all(database, `select "table" as parent from pragma_foreign_key_list(?)`, [name])
    tables.push({
      name,
      columns,
      key,
      isNumbered: /\bautoincrement\b/i.test(String(sql)),
      parents: parents.map(({ parent }) => String(parent)),
    })
  }
  return inOrder(tables)
}

/** By SQLite's rules (https://www.sqlite.org/datatype3.html#determination_of_column_affinity). */
function kindOf(table: string, type: string): Kind {
  if (/int/i.test(type)) return 'integer'
  if (/char|clob|text/i.test(type)) return 'text'
  if (/blob/i.test(type)) return 'bytes'
  throw new Error(`the table ${table} has a column of the type ${type}`)
}

function refused(message: string, cause?: unknown): StoreError {
  return new StoreError('unavailable', message, cause)
}
