import { chmodSync, constants, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { Knex } from 'knex'
import { putInPlace, using } from './backup.ts'
import { type BackupContent, contentOf } from './backup-content.ts'
import { claimFile } from './claim.ts'
import { type CopyStep, tellingSize } from './copying.ts'
import { withoutStatement } from './database.ts'
import { MARK } from './dialect/damage-mark.ts'
import { damageIn, makePrivately, syncFile } from './dialect/sqlite-file.ts'
import { latestTimeIn, markInDoubt } from './doubt-since.ts'
import { migrationNames } from './migrate.ts'
import { StoreError } from './store-error.ts'

export interface RestoreRequest {
  readonly backup: string
  /** Where the relay looks for its database. */
  readonly file: string
  /** What is added to the name of a database that is there; null: it is left alone, and nothing is restored. */
  readonly asideSuffix: string | null
  /** How far the copy is. */
  told(step: CopyStep): void
}

export interface Restored extends BackupContent {
  /** Where the database is now that was there before. */
  readonly aside: string | null
}

/** Beside a database: SQLite's own files, and those of the guard, which the next start would take over. */
const TAKEN_OVER = ['-wal', '-shm', '-journal', '.saved', '.restoring'] as const
const COMPANIONS = [...TAKEN_OVER, MARK] as const

/**
 * Puts a checked copy of a backup in the database's place. What is open in it is in doubt afterwards, so that the targets
 * are asked before anything is sent. The backup itself stays as it is.
 * @throws {StoreError} if the database is in use, is not to be replaced, or the backup is not one; nothing has changed then
 */
export async function restore(request: RestoreRequest): Promise<Restored> {
  const { backup, file, asideSuffix } = request
  if (!statSync(backup, { throwIfNoEntry: false })?.isFile()) throw refused(`${backup} is not a file`)
  if (isSame(backup, file)) throw refused(`${backup} is the database itself`)
  await (await claimed(file)).release()
  if (asideSuffix === null && placeIsTaken(file))
    throw refused(
      `there is a database at ${file}; to move it aside and put the backup in its place, restore with --replace`,
    )
  const incoming = `${file}.incoming`
  const content = await checkedCopy(request, incoming)
  let aside: string | null = null
  try {
    aside = await moveAside(file, asideSuffix)
    putInPlace(incoming, file)
  } catch (error) {
    remove(incoming)
    // The name is free: nothing is there but what another process has made meanwhile.
    if (aside !== null && !placeIsTaken(file)) moveAll(aside, file)
    throw error
  }
  return { bytes: statSync(file).size, ...content, aside }
}

async function checkedCopy({ backup, told }: RestoreRequest, copy: string): Promise<Omit<BackupContent, 'bytes'>> {
  remove(copy)
  try {
    makePrivately(copy)
    // A copy of files has a log beside it, with what is not in the database yet.
    await tellingSize(copy, statSync(backup).size, told, copyFile(backup, copy, constants.COPYFILE_FICLONE))
    for (const suffix of ['-wal', '-journal'])
      if (existsSync(backup + suffix)) await copyFile(backup + suffix, copy + suffix, constants.COPYFILE_FICLONE)
    // It has the backup's mode by now.
    chmodSync(copy, 0o600)
    const content = await using(copy, async (database) => {
      await database.raw('pragma journal_mode = delete')
      const damage = await damageIn(database)
      if (damage.length > 0) throw refused(`${backup} is damaged: ${damage.join('; ')}`)
      await refuseForeign(database, backup)
      await markInDoubt(database, await latestTimeIn(database))
      return await contentOf(database)
    })
    syncFile(copy)
    return content
  } catch (error) {
    remove(copy)
    if (error instanceof StoreError) throw error
    const cause = withoutStatement(error)
    const why = cause instanceof Error ? cause.message : String(cause)
    throw refused(`${backup} cannot be restored: ${why}`, cause)
  }
}

async function refuseForeign(database: Knex, backup: string): Promise<void> {
  const isOurs = (await database.schema.hasTable('knex_migrations')) && (await database.schema.hasTable('deliveries'))
  if (!isOurs) throw refused(`${backup} is not a relay's database`)
  const known = new Set(migrationNames())
  const applied: string[] = await database('knex_migrations').pluck('name')
  const unknown = applied.filter((name) => !known.has(name))
  if (unknown.length > 0)
    throw refused(`${backup} is of a later version of the relay (${unknown.join(', ')}); restore it with that version`)
}

interface Claim {
  release(): Promise<void>
}

const UNCLAIMED: Claim = { async release() {} }

/** Keeps every other process from the database until it is released. @throws {StoreError} if it is in use */
async function claimed(file: string): Promise<Claim> {
  if (!existsSync(file)) return UNCLAIMED
  try {
    const database = await claimFile(file, 'restore')
    return { release: () => database.destroy() }
  } catch (error) {
    const { code } = (error as StoreError).cause as { code?: unknown }
    // A damaged one is no reason not to restore: SQLite takes the lock before it reads.
    if (code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT') return UNCLAIMED
    throw error
  }
}

/** @returns where it is now; null if there was none */
async function moveAside(file: string, suffix: string | null): Promise<string | null> {
  if (!placeIsTaken(file)) return null
  if (suffix === null) throw refused(`there is a database at ${file} now`)
  const aside = file + suffix
  if (placeIsTaken(aside)) throw refused(`${aside} is there already, and is not overwritten`)
  const claim = await claimed(file)
  // The lock belongs to the file, whatever its name.
  if (existsSync(file)) renameSync(file, aside)
  await claim.release()
  moveAll(file, aside)
  return aside
}

function moveAll(from: string, to: string): void {
  for (const suffix of ['', ...COMPANIONS]) if (existsSync(from + suffix)) renameSync(from + suffix, to + suffix)
}

function remove(file: string): void {
  for (const suffix of ['', ...COMPANIONS]) rmSync(file + suffix, { force: true })
}

/** Also by a log without its database, which would be taken for that of the restored one. */
function placeIsTaken(file: string): boolean {
  if (!existsSync(dirname(file))) return false
  const names = new Set(['', ...TAKEN_OVER].map((suffix) => basename(file) + suffix))
  return readdirSync(dirname(file)).some((name) => names.has(name))
}

function isSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }))
  return first !== undefined && first.dev === second?.dev && first.ino === second.ino
}

function refused(message: string, cause?: unknown): StoreError {
  return new StoreError('unavailable', message, cause)
}
