import type { Knex } from 'knex'
import { inPieces } from './pieces.ts'

/** What a column takes. */
export type Value = string | number | Buffer | null

/**
 * Inserts many rows by one short statement. SQLite gets all rows as one JSON parameter: the builder's compound select
 * of 64 rows took it longer to compile than to carry out.
 * @param columns in the order of each row's values; those in `binary` hold Buffers
 * @param tail what follows the rows: `on conflict ...`, `returning ...`
 */
export function bulkInsert<R = never>(
  table: string,
  columns: readonly string[],
  tail = '',
  binary: readonly string[] = [],
): (trx: Knex, rows: readonly (readonly Value[])[]) => Promise<R[]> {
  const names = columns.map((column) => `"${column}"`).join(', ')
  const picked = columns.map((column, at) => {
    const value = `json_extract(value, '$[${at}]')`
    return binary.includes(column) ? `unhex(${value})` : value
  })
  // "where true" keeps "on conflict" from being read as a join's condition.
  const sqlite = `insert into ${table} (${names}) select ${picked.join(', ')} from json_each(?) where true ${tail}`
  const blanks = `(${columns.map(() => '?').join(', ')})`
  return async (trx, rows) => {
    const results: R[] = []
    const postgres = trx.client.config.client === 'pg'
    for (const some of inPieces(rows)) {
      const answer: unknown = postgres
        ? await trx.raw(
            `insert into ${table} (${names}) values ${some.map(() => blanks).join(', ')} ${tail}`,
            some.flat(),
          )
        : await trx.raw(sqlite, [JSON.stringify(some.map(asJson))])
      results.push(...(postgres ? (answer as { rows: R[] }).rows : (answer as R[])))
    }
    return results
  }
}

function asJson(row: readonly Value[]): readonly unknown[] {
  return row.map((value) => (Buffer.isBuffer(value) ? value.toString('hex') : value))
}
