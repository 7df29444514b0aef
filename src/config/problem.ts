import { distance } from 'fastest-levenshtein'

/** One thing that is wrong with the configuration, or, as a warning, that is likely not meant. */
export interface Problem {
  readonly file: string
  /** From 1; null when it is the file as a whole. */
  readonly line: number | null
  readonly column: number | null
  /** The setting, as in `integrations.room.api_token` or `projects[0].id`; empty for the file as a whole. */
  readonly path: string
  /** What stands there, never the value of a secret; null where the message says it all. */
  readonly found: string | null
  readonly expected: string | null
  /** The word that was most likely meant. */
  readonly suggestion: string | null
  /** One sentence with what was found and what is expected, without the suggestion. */
  readonly message: string
}

/** The configuration cannot be used; carries everything that is wrong with it, in the order of the file. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(format(problems))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** One line for each problem: `config/relay.yaml:12:5 server.prot: unknown setting; did you mean "port"?` */
export function format(problems: readonly Problem[]): string {
  return problems
    .map((problem) => {
      const place = problem.line === null ? '' : `:${problem.line}:${problem.column}`
      const path = problem.path === '' ? '' : ` ${problem.path}`
      const suggestion = problem.suggestion === null ? '' : `; did you mean ${JSON.stringify(problem.suggestion)}?`
      const colon = place === '' || path !== '' ? ':' : ''
      return printable(`${problem.file}${place}${path}${colon} ${problem.message}${suggestion}`)
    })
    .join('\n')
}

/**
 * The known word that was most likely meant: one that the word begins, such as `timeout` for `timeout_seconds`, or
 * else the nearest by edits; null when none is near.
 */
export function nearest(word: string, known: readonly string[]): string | null {
  const plain = (text: string): string => text.toLowerCase().replaceAll('-', '_')
  const asked = plain(word)
  if (asked === '') return null
  const same = known.find((candidate) => plain(candidate) === asked)
  if (same !== undefined) return same
  // Two, since a swap of neighbours counts as two; in a word of three letters that would fit nearly everything.
  const limit = asked.length < 4 ? 1 : Math.max(2, Math.floor(asked.length / 3))
  let best: string | null = null
  let bestDistance = limit + 1
  for (const candidate of known) {
    // In so short a word two letters that were swapped are one slip.
    const swapped = asked.length < 4 && letters(asked) === letters(plain(candidate))
    const edits = swapped ? 1 : distance(asked, plain(candidate))
    if (edits < bestDistance) {
      best = candidate
      bestDistance = edits
    }
  }
  if (best !== null && bestDistance === 1) return best
  const stem = asked.replace(/_(ms|milliseconds|seconds|minutes|hours|days|s|m|h|bytes|kb|mb)$/, '')
  const longer = known.find(
    (candidate) => plain(candidate).startsWith(`${asked}_`) || plain(candidate).startsWith(`${stem}_`),
  )
  return best ?? longer ?? null
}

function letters(word: string): string {
  return [...word].sort().join('')
}

/** Control characters would let a name in the file write to the terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `\\u${code.toString(16).padStart(4, '0')}`
  })
}
