import type { Knex } from 'knex'
import { inPieces } from './pieces.ts'
import { statement } from './statement.ts'

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
  // Bytes are cut out of one long value beside the JSON, which would hold them in twice their length.
  const picked = columns.map((column, at) =>
    binary.includes(column) ? `substr(given.bytes, value->>'$[${at}][0]', value->>'$[${at}][1]')` : `value->>${at}`,
  )
  // "where true" keeps "on conflict" from being read as a join's condition.
  const insert = `insert into ${table} (${names}) select ${picked.join(', ')} from jsonb_each(?)`
  const sqlite =
    binary.length === 0
      ? `${insert} where true ${tail}`
      : `with given (bytes) as (select ?) ${insert}, given where true ${tail}`
  const blanks = `(${columns.map(() => '?').join(', ')})`
  return async (trx, rows) => {
    const results: R[] = []
    const postgres = trx.client.config.client === 'pg'
    for (const some of inPieces(rows)) {
      const found: R[] = postgres
        ? await statement(
            trx,
            `insert into ${table} (${names}) values ${some.map(() => blanks).join(', ')} ${tail}`,
            some.flat(),
          )
        : await statement(trx, sqlite, asParameters(some, binary.length > 0))
      results.push(...found)
    }
    return results
  }
}

/** The rows as JSON; before it all their bytes, one after the other: the row has where its own begin, from 1, and how many they are. */
function asParameters(rows: readonly (readonly Value[])[], hasBytes: boolean): readonly (string | Buffer)[] {
  if (!hasBytes) return [JSON.stringify(rows)]
  const bytes: Buffer[] = []
  let next = 1
  const json = JSON.stringify(
    rows.map((row) =>
      row.map((value) => {
        if (!Buffer.isBuffer(value)) return value
        const start = next
        next += value.length
        bytes.push(value)
        return [start, value.length]
      }),
    ),
  )
  return [Buffer.concat(bytes), json]
}
