/** What a column holds, on both sides. */
export type Kind = 'integer' | 'text' | 'bytes'

export type Value = string | number | Buffer | null

export interface Column {
  readonly name: string
  readonly kind: Kind
}

/** A table of a store, as the file describes it. */
export interface Table {
  readonly name: string
  /** In the order of the file. */
  readonly columns: readonly Column[]
  /** Those of the primary key. */
  readonly key: readonly Column[]
  /** Whether the database gives out the key. */
  readonly isNumbered: boolean
  /** The tables that its rows refer to. */
  readonly parents: readonly string[]
}

/** Rows that follow each other by the key. */
export interface Batch {
  /** With a value for each column of the table. */
  readonly rows: readonly (readonly Value[])[]
  /** The key of the last one. */
  readonly last: readonly Value[]
}

/** Those that others refer to come first. */
export function inOrder(tables: readonly Table[]): Table[] {
  const ordered: Table[] = []
  const add = (table: Table): void => {
    if (ordered.includes(table)) return
    for (const parent of tables) if (table.parents.includes(parent.name) && parent !== table) add(parent)
    ordered.push(table)
  }
  for (const table of tables) add(table)
  return ordered
}

/** The values of the key in a row. */
export function keyOf({ columns, key }: Table, row: readonly Value[]): Value[] {
  return key.map(({ name }) => row[columns.findIndex((column) => column.name === name)] ?? null)
}

/** `(project_id, id)`, also for one column. */
export function namesOf(columns: readonly Column[]): string {
  return columns.map(({ name }) => `"${name}"`).join(', ')
}
