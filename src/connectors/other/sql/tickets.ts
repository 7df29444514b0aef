import { DeliveryError } from '../../contract/delivery-error.ts'
import { settingError } from '../../kit/setting-error.ts'
import { type Blame, PARTS, type Part, type ReadTicket, storyOf } from '../ticket-parts.ts'
import { createTimeReader, type TimeReader } from '../times.ts'
import { openCursor } from './connection.ts'
import type { Cursor, Row } from './cursor.ts'
import { sqlFailure } from './failure.ts'
import { examineTotal, LONGEST_ROW, lengthOf, MOST_ROWS, rowTooLong } from './limits.ts'
import type { Query } from './query.ts'

const ROWS_AT_ONCE = 500

/** Runs in a process of its own. @throws {DeliveryError} */
export async function* sqlTickets(
  { sql, database, times }: Query,
  mostRows: number = MOST_ROWS,
): AsyncGenerator<ReadTicket> {
  const reader = createTimeReader(times)
  const query = sql.trim().replace(/[;\s]+$/, '')
  let cursor: Cursor | null = null
  try {
    cursor = await openCursor(query, database)
    let columns: Columns | null = null
    let number = 0
    let total = 0
    for (;;) {
      const rows = await cursor.next(ROWS_AT_ONCE)
      if (rows[0] === undefined) return
      columns ??= columnsOf(rows[0])
      for (const row of rows) {
        const length = lengthOf(row)
        if (length > LONGEST_ROW) throw rowTooLong()
        number += 1
        total += length
        examineTotal(number, total, mostRows)
        yield story(row, columns, number, reader)
      }
    }
  } catch (error) {
    throw error instanceof DeliveryError ? error : sqlFailure(error, database)
  } finally {
    await cursor?.close().catch(() => {})
  }
}

type Columns = Readonly<Partial<Record<Part, string>>>

/** Names that columns often have in a table. */
const ALIASES: Columns = { external_id: 'id', name: 'title', type: 'story_type' }

function columnsOf(row: Row): Columns {
  const names = Object.keys(row)
  const named = (name: string | undefined): string | undefined => names.find((each) => each.toLowerCase() === name)
  const found = PARTS.map((part) => [part, named(part) ?? named(ALIASES[part])] as const)
  for (const part of ['external_id', 'name'] as const)
    if (found.every(([each, name]) => each !== part || name === undefined))
      throw settingError(
        'source.sql',
        `the query has no column ${part}, only ${names.slice(0, 30).join(', ')}: select ... as ${part}`,
      )
  return Object.fromEntries(found.filter(([, name]) => name !== undefined))
}

function story(row: Row, columns: Columns, number: number, times: TimeReader): ReadTicket {
  const parts = Object.fromEntries(Object.entries(columns).map(([part, name]) => [part, row[name]]))
  return storyOf(parts, number, blame, times)
}

const blame: Blame = (_, problem) => settingError('source.sql', `${problem}: check source.sql`)
