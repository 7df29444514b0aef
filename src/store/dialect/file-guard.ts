import {
  closeSync,
  existsSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  truncateSync,
} from 'node:fs'
import { basename } from 'node:path'
import { StoreError } from '../store-error.ts'
import {
  DATABASE_HEADER_BYTES,
  holdsFrames,
  INDEX_HEADERS_BYTES,
  isDatabaseHeader,
  isLogHeader,
  LOG_HEADER_BYTES,
  type LogIndex,
  logIndexOf,
} from './wal-format.ts'

/** What the guard asks the open database. */
export interface GuardedLog {
  /** Copies the whole log into the database file and makes that durable. @throws if it is not complete */
  save(): Promise<void>
  /** Writes what the connection sees as a new database. @throws if it does not see everything any more */
  copyTo(file: string): Promise<void>
  /** Replaces the whole content by that of such a copy, in one transaction. */
  restoreFrom(file: string): Promise<void>
}

export interface FileGuard {
  /** @throws {StoreError} if what is written from now on, or was written since the last look, would be lost */
  examine(): Promise<void>
  close(): void
}

/** The log as it was at the last look. */
interface Known {
  readonly identity: string
  readonly descriptor: number
  header: Buffer
  bytes: number
}

/** Another process may write between two looks. */
const MOST_LOOKS = 100

/**
 * SQLite goes on writing into files that were deleted, moved or truncated, and all that is lost when the process ends. So
 * the database, its log (-wal) and the log's index (-shm) must stay the same files, and the log must stay whole.
 *
 * A change is no damage if SQLite makes it: a checkpoint by anybody begins the log anew, with a header that follows the
 * last one, or empties it, and then none of its frames counts. The files disappear only with the last connection.
 */
export function createFileGuard(file: string, log: GuardedLog): FileGuard {
  const walFile = `${file}-wal`
  const indexFile = `${file}-shm`
  let database: string | null = null
  let hadHeader = false
  let index: string | null = null
  let known: Known | null = null
  const copyFile = `${file}.saved`
  const restoredFile = `${file}.restoring`
  let isSaved = false
  let isCopied: boolean | null = null

  /** The first look; a database that is not in WAL mode has no log. */
  async function begin(wal: Stats | undefined): Promise<void> {
    if (wal === undefined) return
    const descriptor = openSync(walFile, 'r')
    const found: Known = { identity: identityOf(wal) ?? '', descriptor, header: headerOf(descriptor), bytes: wal.size }
    index = identityOf(look(indexFile))
    try {
      // Of a relay that still runs on it.
      if (!isWhole(found)) throw unavailable(TRUNCATED)
      await restore()
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
    known = { ...found, header: headerOf(descriptor), bytes: look(walFile)?.size ?? 0 }
  }

  /** The renaming decides between two relays that start together. */
  async function restore(): Promise<void> {
    if (existsSync(restoredFile)) throw unavailable(restoringMessage(basename(restoredFile), basename(copyFile)))
    if (!existsSync(copyFile)) return
    renameSync(copyFile, restoredFile)
    try {
      await log.restoreFrom(restoredFile)
    } catch (error) {
      renameSync(restoredFile, copyFile)
      throw error
    }
    rmSync(restoredFile)
  }

  async function examineLog(before: Known): Promise<void> {
    const header = headerOf(before.descriptor)
    const bytes = look(walFile)?.size ?? 0
    // It begins with another header and may become shorter only after a checkpoint, and then says in its index what counts.
    if (!header.equals(before.header) || bytes < before.bytes) {
      if (!isWhole(before)) await damaged(before)
      isCopied = null
    }
    before.header = header
    before.bytes = bytes
  }

  /** The index is the same before and after the look at the log, so that the two belong together. */
  function isWhole({ descriptor }: Known): boolean {
    let index = readIndex()
    for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
      const verdict = index !== null && holdsFrames(headerOf(descriptor), look(walFile)?.size ?? 0, index)
      const after = readIndex()
      if (index !== null && after !== null && index.frames === after.frames && index.salts.equals(after.salts))
        return verdict
      index = after
    }
    // Others write all the time; the next look may see more.
    return true
  }

  function readIndex(): LogIndex | null {
    return logIndexOf(beginningOf(keptOpen(indexFile), INDEX_HEADERS_BYTES))
  }

  async function damaged(before: Known): Promise<never> {
    const header = headerOf(before.descriptor)
    const bytes = look(walFile)?.size ?? 0
    // What was cut off cannot be read, and SQLite says so. Of what was overwritten, or has a hole, it has read anything.
    const isCut = bytes < before.bytes && header.equals(before.header.subarray(0, header.length))
    isCopied ??= isCut && (await copied())
    // Nobody can recover such a log, but a connection that closes would copy its holes into the database file.
    if (!isCut && !isLogHeader(header)) truncateSync(walFile)
    throw unavailable(isCopied === true ? copiedMessage(basename(copyFile)) : TRUNCATED)
  }

  /** What was written lately is in the connection's memory, and everything else in the database file. */
  async function copied(): Promise<boolean> {
    try {
      await log.copyTo(copyFile)
      return true
    } catch {
      return false
    }
  }

  /** SQLite may not look at the beginning of the file again for long; a new database has none yet. */
  function examineHeader(): void {
    const isThere = isDatabaseHeader(beginningOf(keptOpen(file), DATABASE_HEADER_BYTES))
    if (hadHeader && !isThere) throw unavailable(OVERWRITTEN)
    hadHeader = isThere
  }

  /** Nobody else can have written into a log that is not there or empty, and so this one holds all that counts. */
  async function save(): Promise<void> {
    if (isSaved) return
    try {
      await log.save()
    } catch (error) {
      throw unavailable(`${UNSAVED} (${error instanceof Error ? error.message : String(error)})`, error)
    }
    isSaved = true
  }

  async function examine(): Promise<void> {
    const foundDatabase = identityOf(look(file))
    database ??= foundDatabase
    if (foundDatabase !== database) throw unavailable(DATABASE_GONE)
    examineHeader()
    const wal = look(walFile)
    if (known === null) {
      await begin(wal)
      return
    }
    const foundIndex = identityOf(look(indexFile))
    if (identityOf(wal) !== known.identity) {
      const isMine = foundIndex === null || foundIndex === index
      if (!isMine || (wal !== undefined && wal.size > 0)) throw unavailable(REPLACED)
      await save()
      throw unavailable(SAVED)
    }
    if (foundIndex !== index) throw unavailable(INDEX_GONE)
    await examineLog(known)
    isSaved = false
  }

  return {
    async examine() {
      try {
        await examine()
      } catch (error) {
        if (error instanceof StoreError) throw error
        throw unavailable(`the database's files cannot be examined: ${(error as Error).message}`, error)
      }
    },
    close() {
      // Unlike the index, it has no locks.
      if (known !== null) closeSync(known.descriptor)
      known = null
    },
  }
}

const DATABASE_GONE = 'the database file was moved, deleted or replaced; put it back or start the relay again'
const OVERWRITTEN =
  'the database file was overwritten while the relay was running; stop the relay and put a backup in its place'
const SAVED =
  "the database's -wal file was moved or deleted; everything acknowledged was saved into the database file; start the relay again"
const UNSAVED =
  "the database's -wal file was moved or deleted; do not end the relay before what was acknowledged is saved into the database file, which is tried again and again"
const REPLACED =
  "the database's -wal file was replaced while the relay was running; what was acknowledged since the last checkpoint may be lost; start the relay again"
const INDEX_GONE =
  "the database's -shm file was moved, deleted or replaced while the relay was running; nothing is lost; start the relay again"
const TRUNCATED =
  "the database's -wal file was truncated or overwritten while the relay was running; what was acknowledged since the last checkpoint may be lost; start the relay again"

const copiedMessage = (copy: string): string =>
  `the database's -wal file was truncated while the relay was running; everything acknowledged is in ${copy}, which the next start takes over; start the relay again`

const restoringMessage = (restored: string, copy: string): string =>
  `${restored} is there: another relay takes it over, or was killed while it did; if no other relay runs, rename it to ${copy} and start again`

function unavailable(message: string, cause?: unknown): StoreError {
  return new StoreError('unavailable', message, cause)
}

function look(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false })
}

function identityOf(stat: Stats | undefined): string | null {
  return stat === undefined ? null : `${stat.dev}:${stat.ino}`
}

function headerOf(log: number): Buffer {
  return beginningOf(log, LOG_HEADER_BYTES)
}

/** Shorter if the file is. */
function beginningOf(descriptor: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(descriptor, bytes, 0, length, 0))
}

const descriptors = new Map<string, number>()

/**
 * Never closed: to close any descriptor of a file takes away all locks that the process has on it, and so those of SQLite
 * (https://www.sqlite.org/howtocorrupt.html, section 2.2).
 */
function keptOpen(path: string): number {
  const key = `${path} ${identityOf(look(path))}`
  const descriptor = descriptors.get(key) ?? openSync(path, 'r')
  descriptors.set(key, descriptor)
  return descriptor
}
