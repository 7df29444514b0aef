import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Knex } from 'knex'
import { type BackupContent, contentOf } from './backup-content.ts'
import { type CopyStep, tellingSize } from './copying.ts'
import { withoutStatement } from './database.ts'
import { damageIn, makePrivately, openSqliteFile, syncFile } from './dialect/sqlite-file.ts'
import { markInDoubt } from './doubt-since.ts'
import { StoreError } from './store-error.ts'

/**
 * Copies a SQLite database, also while a relay writes it, to a file that is not there yet. Whoever puts the copy in the
 * database's place has a relay that asks the targets first: what is open in the copy is in doubt since `now`.
 * @param told how far it is
 * @throws {StoreError} if there is no whole copy then; nothing of it is left
 */
export async function backUp(
  file: string,
  copy: string,
  now: number,
  told: (step: CopyStep) => void,
): Promise<BackupContent> {
  if (existsSync(copy)) throw new StoreError('unavailable', `${copy} is there already, and is not overwritten`)
  // A copy that is broken off must not look like one.
  const unfinished = `${copy}.part`
  rmSync(unfinished, { force: true })
  makePrivately(unfinished)
  try {
    const copying = using(file, (database) => database.raw('vacuum into ?', [unfinished]))
    await tellingSize(unfinished, statSync(file).size, told, copying)
    const content = await using(unfinished, async (database) => {
      await markInDoubt(database, now)
      const damage = await damageIn(database)
      if (damage.length > 0) throw new StoreError('unavailable', `the copy is damaged: ${damage.join('; ')}`)
      return await contentOf(database)
    })
    syncFile(unfinished)
    putInPlace(unfinished, copy)
    return { bytes: statSync(copy).size, ...content }
  } catch (error) {
    rmSync(unfinished, { force: true })
    rmSync(`${unfinished}-journal`, { force: true })
    if (error instanceof StoreError) throw error
    const cause = withoutStatement(error)
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new StoreError('unavailable', `no backup was made, because ${file} could not be copied: ${why}`, cause)
  }
}

export async function using<T>(file: string, work: (database: Knex) => PromiseLike<T>): Promise<T> {
  const database = openSqliteFile(file)
  try {
    return await work(database)
  } finally {
    await database.destroy()
  }
}

/** Gives a finished file its name, without ever replacing another one. */
export function putInPlace(finished: string, file: string): void {
  try {
    linkSync(finished, file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' || existsSync(file))
      throw new StoreError('unavailable', `${file} is there already, and is not overwritten`, error)
    // Some file systems have no links.
    renameSync(finished, file)
  }
  rmSync(finished, { force: true })
  syncFolder(dirname(file))
}

/** Makes a name durable, where a system allows that. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
