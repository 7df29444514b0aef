import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { StoreError } from '../store-error.ts'

/** Ends the name of a file beside a database in which a relay has found damage while it ran. */
export const MARK = '.damaged'

interface Mark {
  readonly damage: readonly string[]
  /** What the database and its log were then. */
  readonly database: string
  readonly wal: string
}

/** Whether all of the database has to be examined before anything else is done with it. */
export function isMarked(file: string): boolean {
  return existsSync(file + MARK)
}

export function mark(file: string, damage: readonly string[]): void {
  const marked: Mark = { damage, database: stateOf(file), wal: stateOf(`${file}-wal`) }
  try {
    writeFileSync(file + MARK, `${JSON.stringify(marked, null, 2)}\n`, { mode: 0o600 })
  } catch {
    // The disk may be full. The next start examines the database too, if only beside its work.
  }
}

export function unmark(file: string): void {
  rmSync(file + MARK, { force: true })
}

/**
 * Comes before the database is opened: SQLite would write a log into whatever database it finds beside it.
 * @throws {StoreError} if the database was replaced, but not the log of the damaged one
 */
export function refuseLogOfOther(file: string): void {
  const marked = markOf(file)
  if (
    marked === null ||
    marked.wal === '' ||
    stateOf(`${file}-wal`) !== marked.wal ||
    stateOf(file) === marked.database
  )
    return
  const name = basename(file)
  throw new StoreError(
    'unavailable',
    `${file} was replaced or changed, but ${name}-wal beside it still belongs to the damaged database: if ${name} is a backup or a repaired copy, move ${name}-wal and ${name}-shm away and start again (tracker-relay restore does that by itself); else remove ${name}${MARK}`,
  )
}

function markOf(file: string): Mark | null {
  try {
    return JSON.parse(readFileSync(file + MARK, 'utf8')) as Mark
  } catch {
    return null
  }
}

/** Empty if there is nothing in it. */
function stateOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined || stats.size === 0 ? '' : `${stats.ino} ${stats.size} ${stats.mtimeMs}`
}
