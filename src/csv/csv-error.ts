/** The text is not CSV. The message names the place. */
export class CsvError extends Error {
  /** The line that the row begins on, from 1. */
  readonly line: number
  /** From 1; null if the whole row is wrong. */
  readonly column: number | null
  readonly problem: string

  constructor(line: number, column: number | null, problem: string, cause?: unknown) {
    const place = column === null ? `line ${line}` : `line ${line}, column ${column}`
    super(`${place}: ${problem}`, cause === undefined ? undefined : { cause })
    this.name = 'CsvError'
    this.line = line
    this.column = column
    this.problem = problem
  }
}
