import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Knex } from 'knex'
import SqliteClient from 'knex/lib/dialects/sqlite3/index.js'
import { StoreError } from '../store-error.ts'
import { knexOf } from './knex-of.ts'

/** Enough to see whether it is more than one index. */
const MOST_DAMAGES = 3

const SILENCE: Knex.Logger = { debug() {}, warn() {}, error() {}, deprecate() {} }

/** Opens a database that is there, on a single connection, as it is: in its own journal mode. */
export function openSqliteFile(file: string): Knex {
  return knexOf(SqliteClient, {
    log: SILENCE,
    useNullAsDefault: true,
    connection: existing(file),
    pool: { min: 1, max: 1 },
  })
}

/**
 * A reader does not make the file: if it was moved away, SQLite would take a new one, which is empty, for the database and
 * delete the log that belongs to the old one. knex itself always lets SQLite make it.
 */
export function existing(file: string): { filename: string; flags: string[] } {
  return { filename: `${pathToFileURL(file).href}?mode=rw`, flags: ['OPEN_URI'] }
}

/** Reads everything: https://www.sqlite.org/pragma.html#pragma_integrity_check */
export const EXAMINE = `pragma integrity_check(${MOST_DAMAGES})`

/** What it says about what does not fit together; empty if nothing is wrong. */
export function damageOf(rows: readonly { readonly integrity_check: string }[]): string[] {
  return rows.map(({ integrity_check }) => integrity_check).filter((line) => line !== 'ok')
}

/** Reads everything, and says what does not fit together; empty if nothing is wrong. */
export async function damageIn(reader: Knex): Promise<string[]> {
  return damageOf(await reader.raw<{ integrity_check: string }[]>(EXAMINE))
}

/**
 * SQLite itself makes files that everybody on the machine may read. Its -wal and -shm files get the mode of the database.
 * @throws {StoreError}
 */
export function makePrivately(file: string): void {
  if (existsSync(file)) {
    if (statSync(file).isFile()) return
    throw new StoreError('unavailable', `the database ${file} is not a regular file`)
  }
  try {
    makeFolder(dirname(file))
    closeSync(openSync(file, 'a', 0o600))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new StoreError('unavailable', `the database ${file} cannot be made: ${why}`, error)
  }
}

/**
 * One by one: Node's own `recursive` never ends in a file system that answers ENOENT in a folder that is there, as /proc
 * and folders of an automounter do.
 */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Another relay was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

export function syncFile(path: string): void {
  const descriptor = openSync(path, 'r+')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
