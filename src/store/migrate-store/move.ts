import type { Knex } from 'knex'
import { StoreError } from '../store-error.ts'

/** A store that goes from a file of SQLite to PostgreSQL, as one of the two databases has it noted. */
export interface Move {
  /** Of the file ('from') or of the copy ('to'). */
  readonly side: 'from' | 'to'
  /** Each copy has another one, so that a copy that was begun earlier is not taken for this one. */
  readonly id: string
  /** Where the other database is, without a password. */
  readonly place: string
  readonly begunAt: number
  /** When the copy was found to be whole; null: it is not. */
  readonly endedAt: number | null
}

export const MOVES = 'store_moves'

export interface MoveRow {
  readonly side: Move['side']
  readonly id: string
  readonly place: string
  readonly begun_at: number
  readonly ended_at: number | null
}

export function moveOf({ side, id, place, begun_at, ended_at }: MoveRow): Move {
  return { side, id, place, begunAt: Number(begun_at), endedAt: ended_at === null ? null : Number(ended_at) }
}

/** @throws {StoreError} if no relay and no command may work on the database, since another one is in its place, or it is half a copy */
export async function refuseMoved(database: Knex): Promise<void> {
  // An earlier version made the tables.
  if (!(await database.schema.hasTable(MOVES))) return
  for (const row of (await database(MOVES).select('*')) as MoveRow[]) {
    const why = whyNot(moveOf(row))
    if (why !== null) throw new StoreError('unavailable', why)
  }
}

function whyNot({ side, place, begunAt, endedAt }: Move): string | null {
  const at = (ms: number): string => new Date(ms).toISOString()
  if (side === 'to')
    return endedAt === null
      ? `the copy of ${place} that was begun at ${at(begunAt)} is not finished: run "tracker-relay migrate-store" again with the config of that file, or empty this database`
      : null
  return endedAt === null
    ? `the store is being moved to ${place} since ${at(begunAt)}: run the same "tracker-relay migrate-store" again, which goes on with it, or "tracker-relay migrate-store --undo" to stay with this file`
    : `the store was moved to ${place} at ${at(endedAt)}, and two relays with a store each would carry out everything twice: name that one in the config (database.client and database.url), or come back to this file with "tracker-relay migrate-store --undo"`
}
