import type { Knex } from 'knex'
import { inPieces } from './pieces.ts'
import type { StoredBody } from './read-stored.ts'

/** Bodies that are in memory at once, unless a single one is longer: each can have `server.body_limit_bytes`. */
const MOST_BYTES = 4 * 1024 * 1024

/** An activity, and how long its body is. */
export interface Sized {
  readonly id: number
  readonly bytes: number
}

/** Neither database reads a body to know its length. */
export async function sizesOf(reader: Knex, ids: readonly number[]): Promise<readonly Sized[]> {
  const sizes: Sized[] = []
  for (const some of inPieces(ids)) {
    const rows: { id: number; bytes: number }[] = await reader('activities')
      .whereIn('id', [...some])
      .select('id', reader.raw('length(raw) as bytes'))
    sizes.push(...rows.map(({ id, bytes }) => ({ id: Number(id), bytes: Number(bytes) })))
  }
  return sizes
}

/** Looks at the body of each activity, a few megabytes at a time; the look keeps none of them. */
export async function eachBody(
  reader: Knex,
  activities: readonly Sized[],
  look: (id: number, stored: StoredBody) => void,
): Promise<void> {
  for (const ids of inReach(activities))
    for (const some of inPieces(ids)) {
      const rows: ({ id: number } & StoredBody)[] = await reader('activities')
        .whereIn('id', [...some])
        .select('id', 'raw', 'normalised')
      for (const row of rows) look(Number(row.id), row)
    }
}

function* inReach(activities: readonly Sized[]): Generator<readonly number[]> {
  let ids: number[] = []
  let sum = 0
  for (const { id, bytes } of activities) {
    if (ids.length > 0 && sum + bytes > MOST_BYTES) {
      yield ids
      ids = []
      sum = 0
    }
    ids.push(id)
    sum += bytes
  }
  if (ids.length > 0) yield ids
}
