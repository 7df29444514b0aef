/**
 * SQLite takes at most 500 rows in one statement (SQLITE_MAX_COMPOUND_SELECT: knex writes an insert of several rows as a
 * compound select) and 32,766 parameters.
 */
export function* inPieces<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; at += 500) yield rows.slice(at, at + 500)
}
