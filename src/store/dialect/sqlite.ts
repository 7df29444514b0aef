import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Knex } from 'knex'
import SqliteClient from 'knex/lib/dialects/sqlite3/index.js'
import pRetry, { type Options } from 'p-retry'
import { isPassing } from '../store-error.ts'
import { refuseLogOfOther } from './damage-mark.ts'
import type { Dialect, Row, Statement, Trx } from './dialect.ts'
import { createExamination } from './examination.ts'
import { createFileGuard } from './file-guard.ts'
import { knexOf } from './knex-of.ts'
import { withConnection } from './own-connection.ts'
import { keepStatements, type SqliteConnection } from './prepared.ts'
import { existing, makePrivately, syncFile } from './sqlite-file.ts'
import { statement, textOf } from './sqlite-statements.ts'
import { inTransaction, trxOn } from './sqlite-transaction.ts'
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
