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
 * @param answers those that can be told of, each for all writes or for those of one kind ("409 to a state")
 * @throws {Error} when the page does not say it, or tells of other answers
 */
export function promisesOf(
  connector: string,
  column: string,
  answers: readonly string[],
): ReadonlyMap<string, Outcome> {
  const path = `src/connectors/${connector}/README.md`
  const section = readFileSync(path, 'utf8').split(`\n${HEADING}\n`)[1]
  if (section === undefined) throw new Error(`${path} has no part "${HEADING}"`)
  const [head = [], , ...rows] = tableIn(section)
  const at = head.indexOf(column)
  if (at < 1) throw new Error(`${path}: the table under "${HEADING}" has no column "${column}"`)
  const promises = new Map<string, Outcome>()
  for (const cells of rows) {
    const outcome = cells[at] ?? ''
    if (!isOutcome(outcome)) throw new Error(`${path}: "${outcome}" is none of ${Object.keys(OUTCOMES).join(', ')}`)
    for (const answer of (cells[0] ?? '').split(', ')) {
      const isKnown = answers.includes(answer.replace(/ to a (comment|state)$/, ''))
      if (!isKnown || promises.has(answer))
        throw new Error(`${path}: "${answer}" is not an answer, or stands there twice`)
      promises.set(answer, outcome)
    }
  }
  return promises
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
