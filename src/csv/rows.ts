import { CsvError as ParserError, parse } from 'csv-parse'
import { CsvError } from './csv-error.ts'
import { DELIMITER_LINE, delimiterIn } from './delimiter.ts'
import { PIECE_LENGTH, piecesOf } from './pieces.ts'

export interface CsvRow {
  /** That the row begins on, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

export interface CsvShape {
  /** Expected in the first row; they tell which delimiter it has. */
  readonly columns: readonly string[]
  /** Null: what a first line `sep=;` says, as Excel writes it, or comma, semicolon or tab, whichever the first row has. */
  readonly delimiter: string | null
  /** In bytes. A quotation mark that is never closed must not swallow the rest of a long file. */
  readonly longestRow: number
  /** Removes white space around values and their quotation marks; off by default. */
  readonly trim?: boolean
}

/**
 * Reads the rows of a CSV text (RFC 4180), including the first, which names the columns, piece by piece: the text may
 * have any length. Lines end with LF, CR LF or CR. Empty ones, rows without any value, a byte order mark and a first line
 * that names the delimiter are skipped.
 * @throws {CsvError} after the rows before the place that is not CSV
 */
export async function* csvRows(
  source: AsyncIterable<string> | Iterable<string>,
  shape: CsvShape,
): AsyncGenerator<CsvRow> {
  let reader: RowReader | null = null
  try {
    for await (const piece of piecesOf(source)) {
      // What remains of the line is empty, and so is skipped and counted.
      const text = reader === null ? piece.replace(DELIMITER_LINE, '$1') : piece
      reader ??= openReader(shape.delimiter ?? delimiterIn(piece, shape.columns), shape)
      yield* soundRows(await reader.read(text))
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

/** The rows that ended in a piece, and the error behind them. */
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
  let ended = 0
  let emptyLines = 0
  /** Characters since a line last ended outside of quotation marks. */
  let sinceRow = 0

  const parser = parse({
    bom: true,
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    relax_column_count: true,
    trim,
    max_record_size: longestRow,
    // The stream would drop the rows before an error.
    on_record(cells: readonly string[]) {
      const line = nextLine()
      if (cells.some((cell) => cell.trim() !== '')) rows.push({ line, cells })
      // The parser's own count takes a CR LF within quotation marks for two lines.
      ended = line + cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0)
      emptyLines = parser.info.empty_lines
      return null
    },
  })
  // The write that caused an error gets it too.
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
      // The parser counts only what is in the values: a row of nothing but delimiters would never be too long.
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
      return 'there is text after a quoted value; double the quotation marks inside the value'
    case 'INVALID_OPENING_QUOTE':
      return 'there is a quotation mark in a value that is not quoted; quote the whole value, and double the mark'
    case 'CSV_MAX_RECORD_SIZE':
      return tooLong(longestRow)
    default:
      return message
  }
}

const tooLong = (longestRow: number): string =>
  `the row is longer than ${longestRow} bytes; check that every quotation mark is closed`
