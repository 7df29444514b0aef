import { CsvError as ParserError, parse } from 'csv-parse'
import { CsvError } from './csv-error.ts'
import { delimiterIn } from './delimiter.ts'
import { PIECE_LENGTH, piecesOf } from './pieces.ts'

export interface CsvRow {
  /** The line that it begins on, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

export interface CsvShape {
  /** The names that are looked for in the first row; the delimiter is found by them. */
  readonly columns: readonly string[]
  /** Null: comma, semicolon or tab, whichever the first row has. */
  readonly delimiter: string | null
  /** In bytes. A quotation mark that is never closed must not swallow the rest of a long file. */
  readonly longestRow: number
  /** Whether white space around a value, or around its quotation marks, is left out; it is kept by default. */
  readonly trim?: boolean
}

/**
 * The rows of a CSV text (RFC 4180), the first of which names the columns. They are read piece by piece, so that the
 * length of the text does not matter. Lines end with LF, CR LF or CR; empty ones and a byte order mark are skipped.
 * @throws {CsvError} where the text is not CSV, after the rows before that place
 */
export async function* csvRows(
  source: AsyncIterable<string> | Iterable<string>,
  shape: CsvShape,
): AsyncGenerator<CsvRow> {
  let reader: RowReader | null = null
  try {
    for await (const piece of piecesOf(source)) {
      reader ??= openReader(shape.delimiter ?? delimiterIn(piece, shape.columns), shape)
      yield* soundRows(await reader.read(piece))
    }
    if (reader !== null) yield* soundRows(await reader.end())
  } finally {
    reader?.close()
  }
}

function* soundRows({ rows, error }: Found): Generator<CsvRow> {
  yield* rows
  if (error !== null) throw error
}

/** The rows that ended in a piece, and what is wrong behind them. */
interface Found {
  readonly rows: readonly CsvRow[]
  readonly error: Error | null
}

interface RowReader {
  read(piece: string): Promise<Found>
  end(): Promise<Found>
  close(): void
}

function openReader(delimiter: string, { longestRow, trim = false }: CsvShape): RowReader {
  let rows: CsvRow[] = []
  /** The line that the last row ended on. */
  let ended = 0
  let emptyLines = 0
  /** How many characters have come since a line ended outside of quotation marks. */
  let sinceRow = 0

  const parser = parse({
    bom: true,
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    relax_column_count: true,
    trim,
    max_record_size: longestRow,
    // Taken here instead of from the stream, which drops the rows before an error.
    on_record(cells: readonly string[]) {
      const line = nextLine()
      rows.push({ line, cells })
      // The parser's own count takes a CR LF within quotation marks for two lines.
      ended = line + cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0)
      emptyLines = parser.info.empty_lines
      return null
    },
  })
  // Each error comes to who wrote, too.
  parser.on('error', () => {})

  const nextLine = (): number => ended + 1 + parser.info.empty_lines - emptyLines

  async function found(write: (done: (error?: Error | null) => void) => void): Promise<Found> {
    rows = []
    const error = await new Promise<Error | null>((resolve) => write((failure) => resolve(failure ?? null)))
    return { rows, error: error === null ? null : csvErrorOf(error, nextLine(), longestRow) }
  }

  return {
    async read(piece) {
      const before = parser.info.records + parser.info.empty_lines
      const read = await found((done) => parser.write(piece, done))
      sinceRow = parser.info.records + parser.info.empty_lines === before ? sinceRow + piece.length : 0
      // The parser counts what is in the values alone: a row of nothing but delimiters would go on for ever.
      if (read.error !== null || sinceRow <= longestRow + PIECE_LENGTH) return read
      return { ...read, error: new CsvError(nextLine(), null, tooLong(longestRow)) }
    },
    end: () => found((done) => parser.end(done)),
    close: () => void parser.destroy(),
  }
}

function csvErrorOf(error: Error, line: number, longestRow: number): Error {
  if (!(error instanceof ParserError)) return error
  const column = typeof error.column === 'number' ? error.column + 1 : null
  return new CsvError(line, column, problemOf(error, longestRow), error)
}

function problemOf({ code, message }: ParserError, longestRow: number): string {
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quotation mark is not closed'
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE':
      return 'there is text behind a quoted value; double the quotation marks that belong to it'
    case 'INVALID_OPENING_QUOTE':
      return 'a quotation mark in a value that is not quoted; quote it whole, and double the mark'
    case 'CSV_MAX_RECORD_SIZE':
      return tooLong(longestRow)
    default:
      return message
  }
}

const tooLong = (longestRow: number): string => `too long, over ${longestRow} bytes; is a quotation mark not closed?`
