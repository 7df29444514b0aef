import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Knex } from 'knex'
import SqliteClient from 'knex/lib/dialects/sqlite3/index.js'
import pRetry, { type Options } from 'p-retry'
import type { DeliveryState } from '../delivery.ts'
import type { TakenRow } from '../delivery-row.ts'
import { inPieces } from '../pieces.ts'
import { isPassing } from '../store-error.ts'
import { refuseLogOfOther } from './damage-mark.ts'
import type { Dialect, Finding, Insertion, LeaseStart, Row, Statement, Trx, Value, Words } from './dialect.ts'
import { createExamination } from './examination.ts'
import { createFileGuard } from './file-guard.ts'
import { knexOf } from './knex-of.ts'
import { leaseStart, leaseValues, TAKEN_BODY, TAKEN_VALUES } from './lease-start.ts'
import { withConnection } from './own-connection.ts'
import { keepStatements, type SqliteConnection } from './prepared.ts'
import { existing, makePrivately, syncFile } from './sqlite-file.ts'
import { NO_WIRE } from './wire.ts'

/** How long SQLite waits for another writing process before it fails with SQLITE_BUSY. */
const BUSY_TIMEOUT_MS = 5000

/**
 * Of relays that make a new database together, SQLite lets one turn the WAL on, and does not let the others wait: each
 * holds a lock that the other needs (https://www.sqlite.org/c3ref/busy_handler.html).
 */
const OPENING: Options = {
  retries: 8,
  minTimeout: 10,
  maxTimeout: 500,
  maxRetryTime: BUSY_TIMEOUT_MS,
  randomize: true,
  shouldRetry: ({ error }) => isPassing(error),
}

/**
 * After so many pages of 4 KiB the log is written into the database file, and some commit waits for it. Four times SQLite's
 * default, since a page that many commits have changed is then written once.
 */
const CHECKPOINT_PAGES = 4000

/**
 * A reader that takes long, such as a backup, keeps the log from beginning anew, so that it grows meanwhile. After that it
 * is cut down to twice what it has between two checkpoints (https://www.sqlite.org/pragma.html#pragma_journal_size_limit).
 */
const LONGEST_KEPT_LOG_BYTES = 32 * 1024 * 1024

const PRAGMAS = [`busy_timeout = ${BUSY_TIMEOUT_MS}`, 'foreign_keys = ON']
// FULL: each commit reaches the disk before it is acknowledged. With NORMAL a power cut loses the newest ones.
const WRITER_PRAGMAS = [
  'journal_mode = WAL',
  'synchronous = FULL',
  // On macOS, only this waits until the disk has written (https://www.sqlite.org/pragma.html#pragma_fullfsync).
  'fullfsync = ON',
  'checkpoint_fullfsync = ON',
  `wal_autocheckpoint = ${CHECKPOINT_PAGES}`,
  `journal_size_limit = ${LONGEST_KEPT_LOG_BYTES}`,
]
const READER_PRAGMAS = ['query_only = ON']

class KeepingClient extends SqliteClient {
  override async acquireRawConnection(): Promise<SqliteConnection> {
    return keepStatements(await super.acquireRawConnection())
  }
}

/** Opens the file when it is first needed, and makes it then, with its folder, if it is not there. */
export function openSqlite(path: string, shared: Knex.Config): Dialect {
  const file = resolve(path)
  let own: OwnConnection | null = null
  const writer = connect({ min: 1, max: 1 }, WRITER_PRAGMAS, (connection) => {
    own = { connection, trx: trxOn(connection, writer) }
  })

  function connect(
    size: { min: number; max: number },
    pragmas: readonly string[],
    opened: (connection: SqliteConnection) => void = () => {},
    connection: { filename: string; flags?: string[] } = { filename: file },
  ): Knex {
    return knexOf(KeepingClient, {
      ...shared,
      useNullAsDefault: true,
      connection,
      pool: {
        ...size,
        // Pragmas belong to a connection, so each new one gets them.
        afterCreate(connection: SqliteConnection, done: (error: Error | null) => void) {
          connection.exec([...PRAGMAS, ...pragmas].map((pragma) => `PRAGMA ${pragma};`).join(''), (error) => {
            // knex forgets a connection that failed here, and as long as it is open nobody is the last one.
            if (error !== null) return void connection.close(() => done(error))
            opened(connection)
            done(null)
          })
        },
      },
    })
  }

  /** Only the committer uses the writer's connection, so hot statements bypass knex, which takes longer than they do. */
  async function ownConnection(): Promise<OwnConnection> {
    if (own === null) {
      refuseLogOfOther(file)
      makePrivately(file)
      // Reads, since SQLite makes the -wal and -shm files, which are examined, only then.
      await pRetry(() => writer.raw('select 1 from sqlite_schema limit 1'), OPENING)
    }
    if (own === null) throw new Error('knex has opened no connection')
    return own
  }

  const guard = createFileGuard(file, {
    async save() {
      const { connection } = await ownConnection()
      // https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
      const [counts] = await statement<Checkpoint>(connection, 'PRAGMA wal_checkpoint(PASSIVE)')
      if (counts === undefined || counts.log !== counts.checkpointed)
        throw new Error('another connection reads the database')
    },
    async copyTo(copy) {
      if (existsSync(copy)) throw new Error(`${copy} is there already`)
      const { connection } = await ownConnection()
      // A copy that is broken off must not look like one.
      const unfinished = `${copy}.part`
      rmSync(unfinished, { force: true })
      // SQLite would let others read it.
      makePrivately(unfinished)
      await statement(connection, 'VACUUM INTO ?', [unfinished])
      syncFile(unfinished)
      renameSync(unfinished, copy)
    },
    async restoreFrom(copy) {
      const { connection } = await ownConnection()
      await new Promise<void>((resolve, reject) => {
        connection.restore(copy, (error) => (error === null ? resolve() : reject(error)))
      })
    },
  })

  const reader = connect({ min: 0, max: 2 }, READER_PRAGMAS, undefined, existing(file))

  return {
    writer,
    reader,
    async examine() {
      await ownConnection()
      await guard.examine()
    },
    examination: createExamination(file, reader),
    async fileSizes() {
      return { database: bytesOf(file), wal: bytesOf(`${file}-wal`) }
    },
    migrating: (work) => work(writer),
    findings: async () => [],
    async transaction(work) {
      await guard.examine()
      const { connection, trx } = await ownConnection()
      const result = await inTransaction(connection, () => work(trx))
      await guard.examine()
      return result
    },
    toldBy: (_now, sql, as) => reader.raw(`${sql} as ??`, [as]),
    read: <R>(about: Statement, rows: readonly Row[]) =>
      withConnection(reader, (connection: SqliteConnection) =>
        statement<R>(connection, textOf(about), [JSON.stringify(rows)]),
      ),
    // One writes at a time, so ids are committed in their order.
    horizon: async () => ({ ended: 0, begun: 0 }),
    wire: NO_WIRE,
    close: guard.close,
  }
}

function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** In frames. */
interface Checkpoint {
  readonly log: number
  readonly checkpointed: number
}

interface OwnConnection {
  readonly connection: SqliteConnection
  readonly trx: Trx
}

/**
 * IMMEDIATE, since a transaction that reads before it writes fails at once, without waiting, if another process has
 * written meanwhile (https://www.sqlite.org/rescode.html#busy_snapshot). knex's own transaction cannot do that, and leaves
 * the connection in the transaction if COMMIT fails.
 */
async function inTransaction<T>(connection: SqliteConnection, work: () => Promise<T>): Promise<T> {
  await statement(connection, 'BEGIN IMMEDIATE')
  try {
    const result = await work()
    await statement(connection, 'COMMIT')
    return result
  } catch (error) {
    // This fails if SQLite has rolled back by itself, because the disk is full or broken.
    await statement(connection, 'ROLLBACK').catch(() => {})
    throw error
  }
}

/** SQLite has one writer at a time, so transactions need no locks. */
function trxOn(connection: SqliteConnection, knex: Knex): Trx {
  return {
    knex,
    slot: 0,
    stored: (at) => at,
    clock: 'caller',
    async hold() {},
    async lockTable() {},
    async insert<R>(into: Insertion, rows: readonly Row[]) {
      const sql = textOf(into)
      const inserted: R[] = []
      for (const some of inPieces(rows))
        inserted.push(...(await statement<R>(connection, sql, asParameters(into, some))))
      return inserted
    },
    async apply<R>(about: Statement, rows: readonly Row[], values: readonly Value[] = []) {
      return await statement<R>(connection, textOf(about), [JSON.stringify(rows), ...values])
    },
    async take({ statement: finding, rows, values }: Finding, lease: LeaseStart) {
      const given = rows === undefined ? [] : [JSON.stringify(rows)]
      const before = await statement<Before>(connection, textOf(finding), [...given, ...values])
      if (before.length === 0) return []
      const ids = JSON.stringify(before.map(({ id }) => id))
      const taken = await statement<{ values: string; raw: Buffer | null }>(connection, TAKE, [
        ids,
        ...leaseValues(lease),
      ])
      const found = new Map(before.map((each) => [each.id, each]))
      return taken.map(({ values, raw }) => {
        const row: TakenRow = JSON.parse(values)
        const { state = row.state, due_at: due = null } = found.get(row.id) ?? {}
        return Object.assign(row, { raw, before: state, before_due: due })
      })
    },
    async occupied(lanes) {
      const [found] = await statement<{ places: string }>(connection, OCCUPIED, [
        JSON.stringify(lanes.map(({ integration, lane }) => [integration, lane])),
      ])
      const places: readonly number[] = JSON.parse(found?.places ?? '[]')
      return places.flatMap((place) => lanes[place] ?? [])
    },
    forUpdate() {},
    forUpdateSkipLocked() {},
  }
}

interface Before {
  readonly id: number
  readonly state: DeliveryState
  readonly due_at: number | null
}

/** The driver takes twice as long for thirty columns as for one with their JSON. */
const TAKE = numbered(`${leaseStart(1)} where id in (select value from jsonb_each($1))
  returning json_object(${TAKEN_VALUES.map(([name, value]) => `'${name}', ${value}`).join(', ')}) as "values",
    ${TAKEN_BODY} as raw`)

const texts = new Map<Insertion | Statement | Finding['statement'], string>()

/** Making a text takes about 20 µs, and the connection finds the statement of the same string faster. */
function textOf(of: Insertion | Statement | Finding['statement']): string {
  const known = texts.get(of)
  if (known !== undefined) return known
  const text = 'table' in of ? insertText(of) : statementText(of)
  texts.set(of, text)
  return text
}

const WORDS: Words = {
  among: (column, query) => `${column} in (${query})`,
  onlyGiven: 'true',
  locked: '',
  place: 'rowid',
}

function statementText({ given, sql }: Statement | Finding['statement']): string {
  const text = typeof sql === 'string' ? sql : sql(WORDS)
  if (given === undefined) return numbered(text)
  const picked = given.columns.map((_, at) => `value->>${at}`).join(', ')
  return numbered(`with given (${given.columns.join(', ')}) as (select ${picked} from jsonb_each($1)) ${text}`)
}

/** SQLite's parameters that have a number, not a name. */
function numbered(text: string): string {
  return text.replaceAll(/\$(?=\d)/g, '?')
}

/** One value, since the driver takes longer for each row than SQLite. */
const OCCUPIED = `with given (place, integration, lane) as (select key, value->>0, value->>1 from jsonb_each(?))
  select json_group_array(place) as places from given where exists (
    select 1 from lane_entries where lane_entries.integration = given.integration and lane_entries.lane = given.lane)`

/** All rows are one JSON parameter: knex's compound select of 64 rows took longer to compile than to run. */
function insertText({ table, columns, binary = [], long = [], tail = '' }: Insertion): string {
  const names = columns.map((column) => `"${column}"`).join(', ')
  // Bytes are cut out of one long value beside the JSON, in which they, and quotation marks, would take twice the space.
  const cut = (at: number): string => `substr(given.bytes, value->>'$[${at}][0]', value->>'$[${at}][1]')`
  const picked = columns.map((column, at) => {
    if (binary.includes(column)) return cut(at)
    return long.includes(column) ? `cast(${cut(at)} as text)` : `value->>${at}`
  })
  const insert = `insert into ${table} (${names}) select ${picked.join(', ')} from jsonb_each(?)`
  // Without "where true", SQLite would read "on conflict" as a join's condition.
  return binary.length + long.length === 0
    ? `${insert} where true ${tail}`
    : `with given (bytes) as (select ?) ${insert}, given where true ${tail}`
}

/**
 * The rows as JSON. If there are columns of bytes or long texts, these come first, in one value, and each row has the
 * position of its own, from 1, and their length.
 */
function asParameters(
  { columns, binary = [], long = [] }: Insertion,
  rows: readonly Row[],
): readonly (string | Buffer)[] {
  const beside = [...binary, ...long].map((column) => columns.indexOf(column))
  if (beside.length === 0) return [JSON.stringify(rows)]
  const all: Buffer[] = []
  let next = 1
  const json = JSON.stringify(
    rows.map((row) => {
      const small: unknown[] = [...row]
      for (const at of beside) {
        const value = row[at]
        if (value === null || value === undefined) continue
        const bytes = Buffer.isBuffer(value) ? value : Buffer.from(String(value))
        small[at] = [next, bytes.length]
        next += bytes.length
        all.push(bytes)
      }
      return small
    }),
  )
  return [Buffer.concat(all), json]
}

function statement<R>(connection: SqliteConnection, sql: string, bindings: readonly Value[] = []): Promise<R[]> {
  return new Promise((resolve, reject) => {
    connection.all<R>(sql, bindings, (error, rows = []) => {
      if (error === null) resolve(rows)
      else reject(error)
    })
  })
}
