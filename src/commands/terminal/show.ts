import { complain, print, printExactly } from '../print.ts'
import { type Field, record } from './record.ts'
import type { Screen } from './screen.ts'
import { type Column, table } from './table.ts'

/**
 * Prints things as a table for people, or each as a JSON object on a line of its own. That there is nothing is said on
 * standard error, so that a program which counts lines gets none.
 * @param screen null: for a program, as JSON
 */
export async function showList<T>(
  things: readonly T[],
  screen: Screen | null,
  columns: readonly Column<T>[],
): Promise<void> {
  if (screen === null) for (const one of things) print(JSON.stringify(one))
  else if (things.length === 0) complain('nothing found')
  else printPainted(await table(columns, things, screen))
}

/** Prints one thing field by field for people, or as a JSON object. @param screen null: for a program, as JSON */
export async function showOne<T>(one: T, screen: Screen | null, fieldsOf: (one: T) => readonly Field[]): Promise<void> {
  if (screen === null) print(JSON.stringify(one, null, 2))
  else printPainted(await record(fieldsOf(one), screen))
}

/** Lines whose texts from outside have been made visible, so that the only control characters in them are our colours. */
export function printPainted(lines: readonly string[]): void {
  if (lines.length > 0) printExactly(`${lines.join('\n')}\n`)
}
