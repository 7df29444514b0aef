import sqlite3 from 'sqlite3'

/** Rows in each table of a store, whatever tables there are: what a copy must not lose a byte of. */

export type Row = Readonly<Record<string, unknown>>

interface Column {
  readonly name: string
  readonly type: string
  readonly notnull: number
  readonly pk: number
}

const ROWS = 4

/** What an array or a copy of PostgreSQL, or a statement, might take for something else. */
const TEXTS = ['', 'NULL', 'a "quoted" {word}, \\N \\x41 \t\r\n', "Scotty's ✓ 舰 🖖 e\u0301 %s $1 ?", '   ']
const BYTES = [Buffer.alloc(0), Buffer.from(Array.from({ length: 256 }, (_, at) => at)), Buffer.from('\\x00{}')]

/** Opens the file for statements of any kind. */
export async function withSqlite<T>(
  file: string,
  work: (all: (sql: string, values?: readonly unknown[]) => Promise<Row[]>) => Promise<T>,
): Promise<T> {
  const database = new sqlite3.Database(file)
  const all = (sql: string, values: readonly unknown[] = []): Promise<Row[]> =>
    new Promise((resolve, reject) => {
      database.all<Row>(sql, [...values], (error, rows) => (error === null ? resolve(rows) : reject(error)))
    })
  try {
    return await work(all)
  } finally {
    await new Promise<void>((resolve, reject) => {
      database.close((error) => (error === null ? resolve() : reject(error)))
    })
  }
}

/**
 * All that a relay keeps; how far migrations are is told by the migrations, and what relays agree on for a moment (`rates`,
 * `duties`) is not kept.
 */
export async function tablesOf(file: string): Promise<string[]> {
  return await withSqlite(file, async (all) => {
    const found = await all(
      `select name from sqlite_schema where type = 'table' and name not like 'sqlite%' and name not like 'knex%'
         and name not in ('store_moves', 'rates', 'duties') order by name`,
    )
    return found.map(({ name }) => String(name))
  })
}

/** @param file of SQLite, with its tables and nothing in them */
export async function fillEveryTable(file: string): Promise<void> {
  const tables = await tablesOf(file)
  await withSqlite(file, async (all) => {
    await all('pragma foreign_keys = off')
    for (const table of tables) {
      const columns = (await all(`pragma table_info(${table})`)) as unknown as Column[]
      const names = columns.map(({ name }) => `"${name}"`).join(', ')
      for (let row = 1; row <= ROWS; row += 1)
        await all(
          `insert into ${table} (${names}) values (${columns.map(() => '?').join(', ')})`,
          columns.map((column, at) => valueFor(column, row, at)),
        )
    }
    // Numbers that were given out and are not there any more, which nothing may get again.
    await all('update sqlite_sequence set seq = seq + 1000')
  })
}

/** Each row refers to one that is there, and no two have the same key. */
function valueFor({ name, type, notnull, pk }: Column, row: number, at: number): unknown {
  const isId = name === 'id' || name.endsWith('_id')
  if (pk === 0 && notnull === 0 && (row + at) % 3 === 0) return null
  if (/blob/i.test(type)) return BYTES[row % BYTES.length]
  if (/bigint|integer/i.test(type)) {
    if (isId || pk > 0) return row
    const most = /bigint/i.test(type) ? Number.MAX_SAFE_INTEGER : 2 ** 31 - 1
    return [most, 0, -1, 1795000000000 % most][row % 4]
  }
  const most = Number(/\((\d+)\)/.exec(type)?.[1] ?? 5000)
  if (isId || pk > 0) return `${'é'.repeat(Math.min(most, 100) - 2)}-${row}`
  if (row === 1) return 'ü'.repeat(most)
  return Array.from(TEXTS[(row + at) % TEXTS.length] ?? '')
    .slice(0, most)
    .join('')
}
