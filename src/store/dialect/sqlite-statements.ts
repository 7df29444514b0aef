import type { Finding, Insertion, Row, Statement, Value, Words } from './dialect.ts'
import type { SqliteConnection } from './prepared.ts'

const texts = new Map<Insertion | Statement | Finding['statement'], string>()

/** Making a text takes about 20 µs, and the connection finds the statement of the same string faster. */
export function textOf(of: Insertion | Statement | Finding['statement']): string {
  const known = texts.get(of)
  if (known !== undefined) return known
  const text = 'table' in of ? insertText(of) : statementText(of)
  texts.set(of, text)
  return text
}

const WORDS: Words = {
  among: (column, query) => `${column} in (${query})`,
  onlyGiven: 'true',
  locked: '',
  place: 'rowid',
}

function statementText({ given, sql }: Statement | Finding['statement']): string {
  const text = typeof sql === 'string' ? sql : sql(WORDS)
  if (given === undefined) return numbered(text)
  const picked = given.columns.map((_, at) => `value->>${at}`).join(', ')
  return numbered(`with given (${given.columns.join(', ')}) as (select ${picked} from jsonb_each($1)) ${text}`)
}

/** SQLite's parameters that have a number, not a name. */
export function numbered(text: string): string {
  return text.replaceAll(/\$(?=\d)/g, '?')
}

/** All rows are one JSON parameter: knex's compound select of 64 rows took longer to compile than to run. */
function insertText({ table, columns, binary = [], long = [], tail = '' }: Insertion): string {
  const names = columns.map((column) => `"${column}"`).join(', ')
  // Bytes are cut out of one long value beside the JSON, in which they, and quotation marks, would take twice the space.
  const cut = (at: number): string => `substr(given.bytes, value->>'$[${at}][0]', value->>'$[${at}][1]')`
  const picked = columns.map((column, at) => {
    if (binary.includes(column)) return cut(at)
    return long.includes(column) ? `cast(${cut(at)} as text)` : `value->>${at}`
  })
  const insert = `insert into ${table} (${names}) select ${picked.join(', ')} from jsonb_each(?)`
  // Without "where true", SQLite would read "on conflict" as a join's condition.
  return binary.length + long.length === 0
    ? `${insert} where true ${tail}`
    : `with given (bytes) as (select ?) ${insert}, given where true ${tail}`
}

/**
 * The rows as JSON. If there are columns of bytes or long texts, these come first, in one value, and each row has the
 * position of its own, from 1, and their length.
 */
export function asParameters(
  { columns, binary = [], long = [] }: Insertion,
  rows: readonly Row[],
): readonly (string | Buffer)[] {
  const beside = [...binary, ...long].map((column) => columns.indexOf(column))
  if (beside.length === 0) return [JSON.stringify(rows)]
  const all: Buffer[] = []
  let next = 1
  const json = JSON.stringify(
    rows.map((row) => {
      const small: unknown[] = [...row]
      for (const at of beside) {
        const value = row[at]
        if (value === null || value === undefined) continue
        const bytes = Buffer.isBuffer(value) ? value : Buffer.from(String(value))
        small[at] = [next, bytes.length]
        next += bytes.length
        all.push(bytes)
      }
      return small
    }),
  )
  return [Buffer.concat(all), json]
}

export function statement<R>(connection: SqliteConnection, sql: string, bindings: readonly Value[] = []): Promise<R[]> {
  return new Promise((resolve, reject) => {
    connection.all<R>(sql, bindings, (error, rows = []) => {
      if (error === null) resolve(rows)
      else reject(error)
    })
  })
}
