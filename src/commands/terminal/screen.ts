import { styleText } from 'node:util'

export type Colour = 'green' | 'yellow' | 'red' | 'gray'

/** What a command's output is shown on, and when. */
export interface Screen {
  /** The width of the terminal. Null: a pipe or file, for which nothing is cut and times are exact. */
  readonly columns: number | null
  /** Milliseconds since 1970. */
  readonly now: number
  /** Colours a text if the terminal can show it, as NO_COLOR and FORCE_COLOR say. */
  paint(colour: Colour, text: string): string
}

/** What most terminals have, for one that does not tell. */
const USUAL_COLUMNS = 80

export function screenOf(stream: NodeJS.WritableStream, now: number): Screen {
  const { isTTY, columns } = stream as Partial<NodeJS.WriteStream>
  return {
    columns: isTTY === true ? columns || USUAL_COLUMNS : null,
    now,
    paint: (colour, text) => (text === '' ? '' : styleText(colour, text, { stream })),
  }
}

/** Where a command prints what it found. Null: to a program, as JSON. */
export function screenFor({ json }: { readonly json?: boolean }): Screen | null {
  return json === true ? null : screenOf(process.stdout, Date.now())
}
