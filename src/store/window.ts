import type { Knex } from 'knex'

/** So many rows are looked at for one page of a list at most: it takes a bounded time, however few of them match. */
export const MOST_EXAMINED = 5000

/** Ids within which a list looks, both included. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** @returns the id of the row that is so many rows below; null if there are fewer */
export async function idBelow(reader: Knex, table: string, { from, to }: Range, rows: number): Promise<number | null> {
  const row: { id: number } | undefined = await reader(table)
    .where('id', '<=', to)
    .where('id', '>=', from)
    .orderBy('id', 'desc')
    .offset(rows - 1)
    .first('id')
  return row === undefined ? null : Number(row.id)
}

/** Clocks of several instances differ, and a clock may be set back: rows of a time are looked for around it. */
const SLACK_MS = 3_600_000

/**
 * The ids between which the rows of a time are, without an index on the time: ids rise with it, so a few looks by id find
 * where it begins and ends.
 */
export async function rangeOfTime(
  reader: Knex,
  table: string,
  column: string,
  { from, to }: { readonly from?: number | undefined; readonly to?: number | undefined },
): Promise<Range> {
  return {
    from: from === undefined ? 1 : await firstSince(reader, table, column, from - SLACK_MS),
    to: to === undefined ? Number.MAX_SAFE_INTEGER : (await firstSince(reader, table, column, to + SLACK_MS)) - 1,
  }
}

/** @returns the first id at or after the time; one beyond the last if there is none */
async function firstSince(reader: Knex, table: string, column: string, at: number): Promise<number> {
  const last: { id: number } | undefined = await reader(table).orderBy('id', 'desc').first('id')
  let low = 1
  let high = Number(last?.id ?? 0) + 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const row: { id: number; at: number } | undefined = await reader(table)
      .where('id', '>=', middle)
      .orderBy('id')
      .first('id', { at: column })
    if (row === undefined || Number(row.at) >= at) high = middle
    else low = Number(row.id) + 1
  }
  return low
}
