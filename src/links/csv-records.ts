/** What is wrong with a CSV file; each problem names its line. */
export class CsvError extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'CsvError'
    this.problems = problems
  }
}

export interface CsvRecord {
  /** The line that it begins on, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/** In characters; a quotation mark that is never closed must not swallow the rest of a long file. */
const LONGEST_RECORD = 20_000

/**
 * The records of a CSV file (RFC 4180), read piece by piece, so that its length does not matter. White space around a
 * value is no part of it, lines may end in any way, and a byte order mark is skipped.
 * @throws {CsvError} for quotation marks that do not match
 */
export async function* recordsIn(source: AsyncIterable<string>): AsyncGenerator<CsvRecord> {
  let line = 1
  let begin = 1
  let length = 0
  let cells: string[] = []
  let cell = ''
  let state = 'plain' as 'plain' | 'quoted' | 'behind quote'
  let before = ''

  function endOfCell(): void {
    cells.push(cell.trim())
    cell = ''
    state = 'plain'
  }

  function take(character: string): void {
    if (state === 'quoted') {
      if (character === '"') state = 'behind quote'
      else cell += character
    } else if (state === 'behind quote') {
      if (character === '"') {
        cell += character
        state = 'quoted'
      } else if (character.trim() !== '') throw new CsvError([`line ${line}: there is text behind a quoted value`])
    } else if (character === '"') {
      if (cell.trim() !== '')
        throw new CsvError([`line ${line}: a quotation mark in a value; quote it whole, and double it`])
      cell = ''
      state = 'quoted'
    } else cell += character
  }

  for await (const piece of source)
    for (const character of piece) {
      const isMark = before === '' && character === '\ufeff'
      const isSecondHalf = character === '\n' && before === '\r'
      before = character
      if (isMark || isSecondHalf) continue
      length += 1
      if (length > LONGEST_RECORD) throw new CsvError([`line ${begin}: too long; is a quotation mark not closed?`])
      const isEnd = character === '\n' || character === '\r'
      if (isEnd) line += 1
      if (state !== 'quoted' && isEnd) {
        endOfCell()
        yield { line: begin, cells }
        cells = []
        begin = line
        length = 0
      } else if (state !== 'quoted' && character === ',') endOfCell()
      else take(isEnd ? '\n' : character)
    }
  if (state === 'quoted') throw new CsvError([`line ${begin}: a quotation mark is not closed`])
  if (cell !== '' || cells.length > 0 || state === 'behind quote') {
    endOfCell()
    yield { line: begin, cells }
  }
}
