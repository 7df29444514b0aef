import { Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import type { ExternalStory, Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { ReadAgainTools } from '../kit/read-again.ts'
import { settingError } from '../kit/setting-error.ts'
import { fetchDocument } from './document.ts'
import { openFile } from './files.ts'
import { PARTS, type Part, type Source } from './source.ts'
import { decoded, oddity, textOf } from './text.ts'
import { PartError, storyOf } from './ticket-parts.ts'

type CsvSource = Extract<Source, { kind: 'csv' }>

const SETTING = 'source.csv'
const PAGE_SIZE = 500
/** The first line must end within so many bytes, for the delimiter to be seen from it. */
const HEAD_BYTES = 64 * 1024
const LONGEST_ROW = 10 * 1024 * 1024
const DELIMITERS = [',', ';', '\t'] as const

/** The rows of a CSV file (RFC 4180) or of what is at an address, as they are read. @throws {DeliveryError} */
export async function* csvStories(source: CsvSource, tools: Pick<Tools, 'send' | 'now'> & ReadAgainTools) {
  if (typeof source.from !== 'string') {
    const { bytes, contentType } = await fetchDocument(source.from, SETTING, tools)
    const text = textOf(bytes, contentType, SETTING)
    yield* rows(Readable.from(slices(text)), text.slice(0, HEAD_BYTES), source, 'the answer')
    return
  }
  const file = await openFile(source.from, SETTING)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    const head = textOf(buffer.subarray(0, bytesRead), '', SETTING)
    const text = decoded(file.createReadStream({ start: 0, autoClose: false }), SETTING)
    yield* rows(Readable.from(text), head, source, source.from)
  } finally {
    await file.close()
  }
}

/** Short pieces, so that other work has its turn in between. */
function* slices(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += HEAD_BYTES) yield text.slice(at, at + HEAD_BYTES)
}

async function* rows(input: Readable, head: string, source: CsvSource, what: string) {
  const odd = oddity(head)
  if (odd !== null && odd !== 'plain text' && odd !== 'JSON')
    throw settingError(SETTING, `${what} is no CSV, but ${odd}: check ${SETTING}`)
  const parser = parse({
    bom: true,
    delimiter: source.delimiter ?? delimiterIn(head, source.columns),
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: LONGEST_ROW,
  })
  input.on('error', (error) => parser.destroy(error)).pipe(parser)
  let positions: Positions | null = null
  let page: ExternalStory[] = []
  let number = 0
  try {
    for await (const row of parser as AsyncIterable<readonly string[]>) {
      if (positions === null) {
        positions = positionsIn(row, source.columns)
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
  } finally {
    input.destroy()
    parser.destroy()
  }
  if (positions === null) throw settingError(SETTING, `${what} is empty: its first line must name the columns`)
  if (page.length > 0) yield page
}

function failure(error: unknown, what: string): unknown {
  if (error instanceof CsvError)
    return settingError(SETTING, `${what} is no CSV that can be read: ${error.message.slice(0, 200)}`, {
      cause: error,
    })
  if (error instanceof Error && 'code' in error && !(error instanceof DeliveryError))
    return settingError(SETTING, `${what} cannot be read (${String(error.code)})`, { cause: error })
  return error
}

/** The one that sets apart the most of the columns that are looked for, and of those the most columns. */
function delimiterIn(head: string, columns: CsvSource['columns']): string {
  const [line = ''] = head.replace(/^\ufeff/, '').split(/\r?\n|\r/, 1)
  const wanted = new Set(PARTS.map((part) => plainName(columns[part] ?? part)))
  const counted = DELIMITERS.map((delimiter) => {
    const names = line.split(delimiter).map((name) => plainName(name.replace(/^\s*"(.*)"\s*$/, '$1')))
    return { delimiter, found: names.filter((name) => wanted.has(name)).length, count: names.length }
  })
  const isBetter = (one: (typeof counted)[number], than: (typeof counted)[number]): boolean =>
    one.found === than.found ? one.count > than.count : one.found > than.found
  return counted.reduce((best, each) => (isBetter(each, best) ? each : best)).delimiter
}

function plainName(name: string): string {
  return name.trim().toLowerCase()
}

type Positions = readonly (readonly [part: Part, position: number])[]

/** A column that the settings name has to be there, and so has the id. */
function positionsIn(header: readonly string[], columns: CsvSource['columns']): Positions {
  const names = header.map(plainName)
  return PARTS.flatMap((part) => {
    const name = columns[part] ?? part
    const position = names.indexOf(plainName(name))
    if (position !== -1) return [[part, position] as const]
    if (columns[part] === undefined && part !== 'external_id') return []
    const setting = `source.columns.${part}`
    const there = header.slice(0, 30).map((each) => JSON.stringify(each.slice(0, 60)))
    throw settingError(
      setting,
      `there is no column ${JSON.stringify(name)} in the first line, which has ${there.join(', ')}: set ${setting}`,
    )
  })
}

function story(row: readonly string[], positions: Positions, number: number): ExternalStory {
  const parts = Object.fromEntries(positions.map(([part, position]) => [part, row[position]]))
  try {
    return storyOf(parts, number)
  } catch (error) {
    if (!(error instanceof PartError)) throw error
    const setting = `source.columns.${error.part}`
    throw settingError(setting, `${error.message}: check ${setting} and that row`, { cause: error })
  }
}
