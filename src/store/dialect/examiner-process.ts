import { readdirSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { pathToFileURL } from 'node:url'
import sqlite3 from 'sqlite3'
import { damageOf, EXAMINE } from './sqlite-file.ts'

// The process that `startExaminer` starts: `node examiner-process.js FILE`. It tells when it sees the database, and then what
// is damaged in it, and has it open until it is ended or its relay has ended, however that ended.

const BUSY_TIMEOUT_MS = 5000
const [, , file = ''] = process.argv

// A terminal sends ^C to everybody, and systemd its signal too, while the relay still decides when this ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
// An orderly exit waits for the thread that reads the database.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))

const database = new sqlite3.Database(
  `${pathToFileURL(file).href}?mode=ro`,
  sqlite3.OPEN_READONLY | sqlite3.OPEN_URI,
  (error) => (error === null ? examine() : process.exit(1)),
)

function examine(): void {
  database.configure('busyTimeout', BUSY_TIMEOUT_MS)
  // What is seen once stays so until the transaction ends, and until then SQLite writes nothing later into the file.
  ask('begin', () =>
    ask('select count(*) from sqlite_schema', () => {
      process.send?.('begun')
      giveWay()
      ask<{ integrity_check: string }>(EXAMINE, (rows) => process.send?.(damageOf(rows)))
    }),
  )
}

/** Only now: the relay waits until the reading begins. */
function giveWay(): void {
  try {
    // On Linux each thread has a priority of its own, and SQLite's is there by now.
    const threads = process.platform === 'linux' ? readdirSync('/proc/self/task').map(Number) : [process.pid]
    for (const thread of threads) setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // That is not allowed here; it reads at the priority of the relay.
  }
}

/** If it cannot be read, the relay itself finds out why. */
function ask<R>(sql: string, then: (rows: R[]) => void): void {
  database.all<R>(sql, (error, rows) => (error === null ? then(rows) : process.exit(1)))
}
