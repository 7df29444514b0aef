import { CsvError } from '../../csv/csv-error.ts'
import { columnName } from '../../csv/delimiter.ts'
import { type CsvRow, csvRows } from '../../csv/rows.ts'
import type { ExternalStory } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { oneLine } from '../kit/one-line.ts'
import { settingError } from '../kit/setting-error.ts'
import { type FetchTools, fetchDocument } from './fetch.ts'
import { openFile } from './files.ts'
import type { Source } from './source.ts'
import { decoded, oddity, textOf } from './text.ts'
import { PARTS, type Part, storyOf } from './ticket-parts.ts'

type CsvSource = Extract<Source, { kind: 'csv' }>

const SETTING = 'source.csv'
const PAGE_SIZE = 500
/** Enough to recognise something else, such as a web page. */
const HEAD_BYTES = 64 * 1024
const LONGEST_ROW = 10 * 1024 * 1024

/** The rows of a CSV file (RFC 4180), in pages. @throws {DeliveryError} */
export async function* csvStories(source: CsvSource, tools: FetchTools) {
  if (typeof source.from !== 'string') {
    const { bytes, contentType } = await fetchDocument(source.from, SETTING, tools)
    const text = textOf(bytes, contentType, SETTING)
    yield* stories([text], text.slice(0, HEAD_BYTES), source, 'the answer')
    return
  }
  const file = await openFile(source.from, SETTING)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    const head = textOf(buffer.subarray(0, bytesRead), '', SETTING)
    const text = decoded(file.createReadStream({ start: 0, autoClose: false }), SETTING)
    yield* stories(text, head, source, source.from)
  } finally {
    await file.close()
  }
}

async function* stories(text: AsyncIterable<string> | Iterable<string>, head: string, source: CsvSource, what: string) {
  const odd = oddity(head)
  if (odd !== null && odd !== 'plain text' && odd !== 'JSON')
    throw settingError(SETTING, `${what} is not CSV, but ${odd}: check ${SETTING}`)
  const columns = PARTS.map((part) => source.columns[part] ?? part)
  let positions: Positions | null = null
  let page: ExternalStory[] = []
  let number = 0
  try {
    for await (const row of csvRows(text, { columns, delimiter: source.delimiter, longestRow: LONGEST_ROW })) {
      if (positions === null) {
        positions = positionsIn(row.cells, source.columns)
        continue
      }
      number += 1
      page.push(story(row, positions, number))
      if (page.length === PAGE_SIZE) {
        yield page
        page = []
      }
    }
  } catch (error) {
    throw failure(error, what)
  }
  if (positions === null) throw settingError(SETTING, `${what} is empty: its first line must name the columns`)
  if (page.length > 0) yield page
}

function failure(error: unknown, what: string): unknown {
  if (error instanceof DeliveryError || !(error instanceof Error)) return error
  const wrong = (why: string): DeliveryError => settingError(SETTING, `${what} cannot be read${why}`, { cause: error })
  if (error instanceof CsvError) return wrong(` as CSV: ${oneLine(error.message)}`)
  return 'code' in error ? wrong(` (${String(error.code)})`) : error
}

type Positions = readonly (readonly [part: Part, position: number])[]

/** @throws {DeliveryError} if a column that the settings name, or the id, is missing */
function positionsIn(header: readonly string[], columns: CsvSource['columns']): Positions {
  const names = header.map(columnName)
  return PARTS.flatMap((part) => {
    const name = columns[part] ?? part
    const position = names.indexOf(columnName(name))
    if (position !== -1) return [[part, position] as const]
    if (columns[part] === undefined && part !== 'external_id') return []
    const setting = `source.columns.${part}`
    const there = header.slice(0, 30).map((each) => JSON.stringify(each.slice(0, 60)))
    const what = `there is no column ${JSON.stringify(name)} in the first line, which has ${there.join(', ')}`
    throw settingError(setting, `${what}: set ${setting}`)
  })
}

function story({ cells, line }: CsvRow, positions: Positions, number: number): ExternalStory {
  const parts = Object.fromEntries(positions.map(([part, position]) => [part, cells[position]]))
  return storyOf(parts, number, (part, problem) => {
    const setting = `source.columns.${part}`
    return settingError(setting, `${problem}: check ${setting} and line ${line}`)
  })
}
