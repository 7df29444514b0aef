import { randomUUID } from 'node:crypto'
import type { PostgresAddress } from '../dialect/postgres-connection.ts'
import { StoreError } from '../store-error.ts'
import { rowDigest, type TableDigest } from './digest.ts'
import type { Move } from './move.ts'
import { openSource, type Source } from './source.ts'
import { keyOf, type Table } from './table.ts'
import { nameOf, openTarget, type Target } from './target.ts'

export interface MoveRequest {
  /** The file of SQLite. */
  readonly file: string
  readonly to: PostgresAddress
  /** What `to` is called, without a password. */
  readonly place: string
  now(): number
  told(step: MoveStep): void
}

/** How far the copy is. */
export type MoveStep =
  | { readonly doing: 'copying' | 'checking'; readonly rows: number; readonly total: number }
  | { readonly doing: 'copied'; readonly table: string; readonly rows: number }

export interface Moved {
  readonly movedAt: number
  /** Null: that had been done by an earlier call. */
  readonly tables: readonly MovedTable[] | null
}

export interface MovedTable extends TableDigest {
  readonly table: string
}

/**
 * Copies a store from a file of SQLite into a PostgreSQL database that has none, and compares the two. It goes on where it
 * was when it was killed: the rows of each transaction are stored with how far the copy is then. From its beginning no
 * relay starts on the file, so that a copy that goes on later is still one of a store that nobody has changed; and none on
 * the copy before it is whole.
 * @throws {StoreError}
 */
export async function migrateStore({ file, to, place, now, told }: MoveRequest): Promise<Moved> {
  const source = await openSource(file)
  try {
    const target = await openTarget(to)
    try {
      const move = await begun(source, target, { place, now })
      // Relays may have changed the copy since.
      if (move.side === 'to') return { movedAt: move.endedAt ?? now(), tables: null }
      await copy(source, target, move, told)
      const tables = await compared(source, target, { place, told })
      await refuseSessions(target, place)
      const movedAt = move.endedAt ?? now()
      // In this order: there is no moment in which both could be used.
      await source.mark({ ...move, endedAt: movedAt })
      await target.end(move.id, movedAt)
      return { movedAt, tables }
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

async function refuseSessions(target: Target, place: string): Promise<void> {
  const sessions = await target.relaySessions()
  if (sessions.length > 0)
    throw refused(
      `a relay or one of its commands uses ${place}: stop it first (the server's processes ${sessions.join(', ')}, which "select pg_terminate_backend(...)" ends if a pooler keeps them)`,
    )
}

/**
 * Notes on both sides that the store is being moved, or finds that noted.
 * @returns what the file has noted; what the copy has, if it is whole
 */
async function begun(
  source: Source,
  target: Target,
  { place, now }: Pick<MoveRequest, 'place' | 'now'>,
): Promise<Move> {
  const here = await source.move()
  const there = await target.move()
  const isSame = here !== null && here.id === there?.id
  if (isSame && there.endedAt !== null) return there
  await refuseSessions(target, place)
  if (isSame) return here
  if (there !== null)
    throw refused(
      `${place} holds ${there.endedAt === null ? 'an unfinished copy' : 'a copy'} of ${there.place}${here === null ? '' : ' that was begun earlier'}: ${EMPTY}`,
    )
  const filled = await target.filled(source.tables)
  if (filled !== null) throw refused(`${place} holds another store already (the table ${filled} has rows): ${EMPTY}`)
  if (here !== null && here.endedAt !== null)
    throw refused(
      `the store was moved to ${here.place} already, at ${new Date(here.endedAt).toISOString()}; to move it to ${place} instead, come back to this file first, with "tracker-relay migrate-store --undo"`,
    )
  const move: Move = { side: 'from', id: randomUUID(), place, begunAt: now(), endedAt: null }
  await target.migrate()
  for (const table of source.tables) await target.refuseOthers(table)
  await source.mark(move)
  await target.begin({ ...move, side: 'to', place: source.file })
  return move
}

const EMPTY = 'name an empty database, or drop that one and create it again'

async function copy(source: Source, target: Target, { id }: Move, told: MoveRequest['told']): Promise<void> {
  let progress = await target.progress(id)
  const total = await rowsIn(source)
  let rows = Object.values(progress).reduce((sum, each) => sum + each.rows, 0)
  told({ doing: 'copying', rows, total })
  for (const table of source.tables) {
    const before = progress[table.name]
    for await (const batch of source.batches(table, before?.after ?? null)) {
      progress = await target.copy(id, table, batch, progress)
      rows += batch.rows.length
      told({ doing: 'copying', rows, total })
    }
    const copied = progress[table.name]
    if (copied !== before && copied !== undefined) told({ doing: 'copied', table: table.name, rows: copied.rows })
    if (table.isNumbered) await target.setLastNumber(table, await source.lastNumber(table))
  }
}

async function rowsIn(source: Source): Promise<number> {
  let rows = 0
  for (const table of source.tables) rows += await source.count(table)
  return rows
}

/** @throws {StoreError} if a table is not the same in both */
async function compared(
  source: Source,
  target: Target,
  { place, told }: Pick<MoveRequest, 'place' | 'told'>,
): Promise<MovedTable[]> {
  const total = await rowsIn(source)
  let rows = 0
  const tables: MovedTable[] = []
  for (const table of source.tables) {
    told({ doing: 'checking', rows, total })
    const [here, there] = await Promise.all([
      source.digest(table, (more) => {
        rows += more
        told({ doing: 'checking', rows, total })
      }),
      target.digest(table),
    ])
    if (here.rows !== there.rows || here.hash !== there.hash) {
      const differing = await differencesIn(source, target, table)
      const found = differing.length > 0 ? differing.join(', ') : 'some are there alone'
      throw refused(
        `the copy of the table ${table.name} in ${place} is not what the file has (${here.rows} rows in the file, ${there.rows} there): ${found}. Something else has changed it; drop that database, create it again, and begin anew`,
      )
    }
    tables.push({ table: table.name, ...here })
  }
  return tables
}

/** So many are named. */
const MOST_NAMED = 3

async function differencesIn(source: Source, target: Target, table: Table): Promise<string[]> {
  const found: string[] = []
  for await (const { rows } of source.batches(table, null)) {
    const keys = rows.map((row) => keyOf(table, row))
    const there = await target.digests(table, keys)
    rows.forEach((row, at) => {
      const key = keys[at] ?? []
      const digest = there.get(JSON.stringify(key))
      if (digest === rowDigest(table, row).toString('hex')) return
      found.push(`${nameOf(table, key)} ${digest === undefined ? 'is missing there' : 'differs'}`)
    })
    if (found.length >= MOST_NAMED) break
  }
  return found.slice(0, MOST_NAMED)
}

function refused(message: string): StoreError {
  return new StoreError('unavailable', message)
}
