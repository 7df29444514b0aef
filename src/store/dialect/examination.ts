import { statSync } from 'node:fs'
import type { Knex } from 'knex'
import { StoreError } from '../store-error.ts'
import { isMarked, mark, unmark } from './damage-mark.ts'
import type { Examination } from './dialect.ts'
import { type Examiner, startExaminer } from './examiner.ts'
import { firstDamageIn } from './first-look.ts'
import { withConnection } from './own-connection.ts'
import type { SqliteConnection } from './prepared.ts'
import { damageOf, EXAMINE } from './sqlite-file.ts'

/** More takes longer than a moment: a fifth of a second from memory, seconds from a disk. */
const LARGE_BYTES = 64 * 1024 * 1024

/**
 * Examines a database file. One that is large is examined by a process beside the relay, which sees the database as it was
 * before this relay wrote anything. As long as it does, everything new is in the log, and the file itself does not change:
 * if it turns out to be damaged, nothing was written into what the damage has made of it
 * (docs/decisions/015-examined-beside-the-work.md).
 */
export function createExamination(file: string, reader: Knex): Examination {
  let examiner: Examiner | null = null
  let damage: readonly string[] = []
  let reading: SqliteConnection | null = null
  let isEnding = false

  function readAll(): Promise<string[]> {
    return withConnection(reader, async (connection: SqliteConnection) => {
      reading = connection
      try {
        return await new Promise<string[]>((resolve, reject) => {
          connection.all<{ integrity_check: string }>(EXAMINE, [], (error, rows = []) =>
            error === null ? resolve(damageOf(rows)) : reject(error),
          )
        })
      } finally {
        reading = null
      }
    })
  }

  return {
    async first() {
      if (bytesOf(file) + bytesOf(`${file}-wal`) <= LARGE_BYTES) return null
      examiner = startExaminer(file)
      if (isMarked(file)) return null
      const [found] = await Promise.all([firstDamageIn(reader), examiner.begun])
      return found
    },
    async whole() {
      try {
        damage = (await examiner?.found) ?? (isEnding ? [] : await readAll())
      } catch (error) {
        if (!isEnding) throw error
      }
      if (isEnding) throw new StoreError('stopping', 'the database was closed before all of it was examined')
      if (damage.length === 0) {
        await examiner?.end()
        unmark(file)
      } else if (examiner !== null) mark(file, damage)
      return damage
    },
    async end() {
      isEnding = true
      reading?.interrupt()
      // The log has grown since then.
      if (examiner !== null && damage.length > 0) mark(file, damage)
      await examiner?.end()
    },
  }
}

function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
