import { createHash } from 'node:crypto'

/** Who did what when, in the simulated world. */
export interface Story {
  tell(who: string, what: string): void
  lines(): readonly string[]
  /** Equal if and only if two runs went the same way. */
  hash(): string
}

export function createStory(now: () => number): Story {
  const lines: string[] = []
  return {
    tell(who, what) {
      lines.push(`${timeText(now())} ${who.padEnd(9)} ${what}`)
    },
    lines: () => lines,
    hash: () => createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16),
  }
}

function timeText(at: number): string {
  return new Date(at).toISOString().slice(5, 23).replace('T', ' ')
}
