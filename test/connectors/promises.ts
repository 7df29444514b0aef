import { readFileSync } from 'node:fs'

/** What becomes of a delivery, in the words of the pages. */
export const OUTCOMES = {
  delivered: 'delivered',
  waits: 'hold',
  pauses: 'pause',
  'tried again': 'retry',
  'looked up': 'in doubt',
  'sent again': 'in doubt',
  ends: 'dead',
} as const
export type Outcome = keyof typeof OUTCOMES

const HEADING = '## What each answer means'

/**
 * The table of a connector's page that says what becomes of a delivery after each answer to its write.
 * @param column the heading of the column, where the page has one for each protocol
 * @throws {Error} when the page does not say it
 */
export function promisesOf(connector: string, column: string): ReadonlyMap<string, Outcome> {
  const path = `src/connectors/${connector}/README.md`
  const section = readFileSync(path, 'utf8').split(`\n${HEADING}\n`)[1]
  if (section === undefined) throw new Error(`${path} has no part "${HEADING}"`)
  const [head = [], , ...rows] = tableIn(section)
  const at = head.indexOf(column)
  if (at < 1) throw new Error(`${path}: the table under "${HEADING}" has no column "${column}"`)
  return new Map(
    rows.flatMap((cells) => {
      const outcome = cells[at] ?? ''
      if (!isOutcome(outcome)) throw new Error(`${path}: "${outcome}" is none of ${Object.keys(OUTCOMES).join(', ')}`)
      return (cells[0] ?? '').split(', ').map((answer) => [answer, outcome] as const)
    }),
  )
}

function tableIn(section: string): string[][] {
  const lines = section.split('\n')
  const start = lines.findIndex((line) => line.startsWith('|'))
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'))
  return lines.slice(start, end === -1 ? undefined : end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

function isOutcome(word: string): word is Outcome {
  return Object.hasOwn(OUTCOMES, word)
}
