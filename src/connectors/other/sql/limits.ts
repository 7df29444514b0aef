import type { DeliveryError } from '../../contract/delivery-error.ts'
import { settingError } from '../../kit/setting-error.ts'

/** In bytes; a database may hold texts of a gigabyte. */
export const LONGEST_ROW = 16 * 1024 * 1024
/** In bytes: what SQLite may hold of one text, also to take a part of it. */
export const LONGEST_IN_SQLITE = 64 * 1024 * 1024
/** In characters: rows beyond it wait in the database. */
export const LONGEST_BATCH = 4 * 1024 * 1024
export const MOST_ROWS = 1_000_000
/** In characters. */
const MOST_IN_ALL = 1024 * 1024 * 1024

export function rowTooLong(cause?: unknown): DeliveryError {
  const most = `${LONGEST_ROW / 1024 / 1024} MiB`
  const help = 'select less of it, such as substr(description, 1, 20000)'
  return settingError('source.sql', `a row is longer than ${most}, the maximum: ${help}`, { cause })
}

export function textTooLong(cause?: unknown): DeliveryError {
  const most = `${LONGEST_IN_SQLITE / 1024 / 1024} MiB`
  const help = 'leave out that row or that column'
  return settingError('source.sql', `the database holds a text longer than ${most}, the maximum: ${help}`, { cause })
}

/** In characters. */
export function lengthOf(row: Readonly<Record<string, unknown>>): number {
  let length = 0
  for (const value of Object.values(row))
    if (typeof value === 'string' || value instanceof Uint8Array) length += value.length
  return length
}

/** @throws {DeliveryError} if there is more than a person would choose stories from, or the query does not end */
export function examineTotal(rows: number, length: number, mostRows: number): void {
  if (rows > mostRows)
    throw settingError('source.sql', `the query has more than ${mostRows} rows, the maximum: add conditions`)
  if (length > MOST_IN_ALL)
    throw settingError('source.sql', 'the rows have more than 1 GiB in all, the maximum: select fewer, or less of each')
}
