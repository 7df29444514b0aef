import type { Knex } from 'knex'
import { damageOf } from './sqlite-file.ts'

/** A b-tree of so many pages, of 4 KiB usually, is read within milliseconds. */
const SMALL_PAGES = 256

interface Tree {
  readonly name: string
  readonly table: string
}

/**
 * Looks where damage is found within moments, however large the database is: at the schema, at all of each small table with
 * its indexes, at the first pages of every other b-tree, and at the last row of each large table, behind which the next
 * ones are written. SQLite itself finds a file that is shorter than its header says.
 */
export async function firstDamageIn(reader: Knex): Promise<string[]> {
  const trees: Tree[] = await reader.raw('select name, tbl_name as "table" from sqlite_schema where rootpage > 0')
  // A SQLite that somebody compiled otherwise may not have it.
  const [walker] = await reader.raw<object[]>("select name from pragma_module_list where name = 'dbstat'")
  const found: string[] = []
  const large = new Set<string>()
  for (const { name, table } of trees) {
    if (walker === undefined) {
      large.add(table)
      continue
    }
    // https://www.sqlite.org/dbstat.html
    const [seen] = await reader.raw<{ pages: number; corrupted: number }[]>(
      `select count(*) as pages, total(pagetype = 'corrupted') as corrupted
       from (select pagetype from dbstat where name = ? limit ?)`,
      [name, SMALL_PAGES + 1],
    )
    if (seen === undefined) continue
    if (seen.corrupted > 0) found.push(`${name} has ${seen.corrupted} pages that are not its own`)
    if (seen.pages > SMALL_PAGES) large.add(table)
  }
  const tables: { name: string; wr: number }[] = await reader.raw(
    "select name, wr from pragma_table_list where schema = 'main' and type = 'table'",
  )
  for (const { name, wr: hasNoRowid } of tables) {
    if (!large.has(name)) found.push(...damageOf(await reader.raw('pragma integrity_check(??)', [name])))
    else if (hasNoRowid === 0) await reader.raw('select * from ?? order by rowid desc limit 1', [name])
  }
  return found
}
