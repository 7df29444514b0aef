import { statSync } from 'node:fs'
import { claimFile } from '../claim.ts'
import { markInDoubt } from '../doubt-since.ts'
import { StoreError } from '../store-error.ts'
import { MOVES, type Move, type MoveRow, moveOf } from './move.ts'

export interface Undone {
  readonly move: Move
  /** How many open deliveries a relay on the copy may have carried out. */
  readonly inDoubt: number
}

/**
 * Lets relays start on a file again whose store was moved, or was being moved. What is open in it is in doubt since the
 * copy was finished, as in a backup: a relay may have carried it out from there.
 * @throws {StoreError} if it is in use, or was not moved
 */
export async function undoMove(file: string): Promise<Undone> {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile())
    throw new StoreError('unavailable', `there is no database at ${file}`)
  const database = await claimFile(file, 'come back to it')
  try {
    const isMade = await database.schema.hasTable(MOVES)
    const row: MoveRow | undefined = isMade ? await database(MOVES).where({ side: 'from' }).first() : undefined
    if (row === undefined) throw new StoreError('unavailable', `the store in ${file} was not moved`)
    const move = moveOf(row)
    return await database.transaction(async (trx) => {
      if (move.endedAt !== null) await markInDoubt(trx, move.endedAt)
      await trx(MOVES).where({ side: 'from' }).delete()
      const counted: { n?: string | number } | undefined =
        move.endedAt === null ? undefined : await trx('deliveries').whereNull('settled_at').count({ n: '*' }).first()
      return { move, inDoubt: Number(counted?.n ?? 0) }
    })
  } finally {
    await database.destroy()
  }
}
