import { CsvError } from '../../csv/csv-error.ts'
import { columnName } from '../../csv/delimiter.ts'
import { type CsvRow, csvRows } from '../../csv/rows.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { oneLine } from '../kit/one-line.ts'
import { settingError } from '../kit/setting-error.ts'
import { namesOf } from './csv-columns.ts'
import { type FetchTools, fetchDocument } from './fetch.ts'
import { openFile } from './files.ts'
import type { Source } from './source.ts'
import { decoded, headOf, oddity, textOf } from './text.ts'
import { type Blame, PARTS, type Part, type ReadTicket, storyOf } from './ticket-parts.ts'
import { createTimeReader, type TimeReader } from './times.ts'

type CsvSource = Extract<Source, { kind: 'csv' }>

const SETTING = 'source.csv'
const PAGE_SIZE = 500
/** Enough to recognise something else, such as a web page. */
const HEAD_BYTES = 64 * 1024
const LONGEST_ROW = 10 * 1024 * 1024

/** The whole text, to be read as often as needed. */
interface CsvText {
  /** For messages: the path, or "the answer". */
  readonly what: string
  readonly head: string
  read(): AsyncIterable<string> | Iterable<string>
}

/** The rows of a CSV file (RFC 4180), in pages. @throws {DeliveryError} */
export async function* csvStories(source: CsvSource, tools: FetchTools) {
  if (typeof source.from !== 'string') {
    const { bytes, contentType } = await fetchDocument(source.from, SETTING, tools)
    const text = textOf(bytes, contentType, SETTING, source.encoding)
    yield* stories({ what: 'the answer', head: text.slice(0, HEAD_BYTES), read: () => [text] }, source)
    return
  }
  const file = await openFile(source.from, SETTING)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    const head = headOf(buffer.subarray(0, bytesRead), source.encoding)
    const read = () => decoded(file.createReadStream({ start: 0, autoClose: false }), source.encoding)
    yield* stories({ what: source.from, head, read }, source)
  } finally {
    await file.close()
  }
}

async function* stories(text: CsvText, source: CsvSource): AsyncGenerator<readonly ReadTicket[]> {
  const odd = oddity(text.head)
  if (odd !== null && odd !== 'plain text' && odd !== 'JSON')
    throw settingError(SETTING, `${text.what} is not CSV, but ${odd}: check ${SETTING}`)
  const times = createTimeReader(source.times)
  let positions: Positions | null = null
  let isColumnRead = false
  let page: ReadTicket[] = []
  let number = 0
  try {
    for await (const row of rowsOf(text, source)) {
      if (positions === null) {
        positions = positionsIn(row.cells, source.columns)
        continue
      }
      if (isTotal(row)) continue
      number += 1
      const time = row.cells[positions.get('created_at') ?? -1]
      if (!isColumnRead && times.read(time) === 'ambiguous') {
        await learnColumn(times, rowsOf(text, source), positions)
        isColumnRead = true
      }
      page.push(story(row, positions, number, times))
      if (page.length === PAGE_SIZE) {
        yield page
        page = []
      }
    }
  } catch (error) {
    throw failure(error, text.what)
  }
  if (positions === null) throw settingError(SETTING, `${text.what} is empty: its first line must name the columns`)
  if (page.length > 0) yield page
}

function rowsOf(text: CsvText, { columns, delimiter }: CsvSource): AsyncGenerator<CsvRow> {
  const named = PARTS.flatMap((part) => namesOf(part, columns))
  return csvRows(text.read(), { columns: named, delimiter, longestRow: LONGEST_ROW })
}

/** Only for a file that needs it: it is read once more. */
async function learnColumn(times: TimeReader, rows: AsyncIterable<CsvRow>, positions: Positions): Promise<void> {
  let isHeader = true
  for await (const { cells } of rows) {
    if (!isHeader) times.learn(cells[positions.get('created_at') ?? -1])
    isHeader = false
  }
}

/** Programs end a report with a line that counts its rows. */
function isTotal({ cells }: CsvRow): boolean {
  const [only = '', ...more] = cells.filter((cell) => cell.trim() !== '')
  return cells.length > 1 && more.length === 0 && /^\s*(totals?|summe|gesamt|somme|suma|totale)\b/i.test(only)
}

function failure(error: unknown, what: string): unknown {
  if (error instanceof DeliveryError || !(error instanceof Error)) return error
  const wrong = (why: string): DeliveryError => settingError(SETTING, `${what} cannot be read${why}`, { cause: error })
  if (error instanceof CsvError) return wrong(` as CSV: ${oneLine(error.message)}`)
  return 'code' in error ? wrong(` (${String(error.code)})`) : error
}

type Positions = ReadonlyMap<Part, number>

/** @throws {DeliveryError} if a column that the settings name, or the id, is missing */
function positionsIn(header: readonly string[], columns: CsvSource['columns']): Positions {
  const there = header.map(columnName)
  const found = new Map<Part, number>()
  for (const part of PARTS) {
    const names = namesOf(part, columns).map(columnName)
    const position = names.map((name) => there.indexOf(name)).find((each) => each !== -1)
    if (position !== undefined) found.set(part, position)
    else if (columns[part] !== undefined || part === 'external_id') throw missing(part, header, columns)
  }
  return found
}

function missing(part: Part, header: readonly string[], columns: CsvSource['columns']): DeliveryError {
  const setting = `source.columns.${part}`
  const there = header.slice(0, 30).map((each) => JSON.stringify(each.slice(0, 60)))
  const name = columns[part]
  const what = name === undefined ? `that is known to hold the ${part}` : JSON.stringify(name)
  return settingError(
    setting,
    `there is no column ${what} in the first line, which has ${there.join(', ')}: set ${setting}`,
  )
}

function story({ cells, line }: CsvRow, positions: Positions, number: number, times: TimeReader): ReadTicket {
  const parts = Object.fromEntries([...positions].map(([part, position]) => [part, cells[position]]))
  const blame: Blame = (part, problem) => {
    const setting = `source.columns.${part}`
    return settingError(setting, `${problem}: check ${setting} and line ${line}`)
  }
  return storyOf(parts, number, blame, times)
}
