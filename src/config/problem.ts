import { type Path, pathText } from './path.ts'

/** One thing that is wrong with the configuration, or, as a warning, probably not intended. */
export interface ConfigProblem {
  /** Of the setting; empty for the file as a whole. */
  readonly path: Path
  /** Line and column, from 1; null when the file could not be read. */
  readonly position: { readonly line: number; readonly column: number } | null
  /** Null when the message says it all. */
  readonly expected: string | null
  /** Never the value of a secret. Null when the setting is missing, or the message says it all. */
  readonly found: string | null
  /** The known word that was probably meant. */
  readonly suggestion: string | null
  /** A sentence that begins with the setting and ends with the suggestion. */
  readonly message: string
}

/** What is known about a problem besides its place; `says` replaces the words made from `expected` and `found`. */
export type Details = Partial<Pick<ConfigProblem, 'expected' | 'found' | 'suggestion'>> & { readonly says?: string }

/** Makes a problem with the setting at the path. Its position is that of the value unless the key is wrong. */
export type Tell = (path: Path, details: Details, at?: 'key') => ConfigProblem

export function problemWith(path: Path, position: ConfigProblem['position'], details: Details): ConfigProblem {
  const { expected = null, found = null, suggestion = null } = details
  const says =
    details.says ?? (found === null ? `is missing; it must be ${expected}` : `must be ${expected} (found ${found})`)
  const meant = suggestion === null ? '' : `; did you mean ${JSON.stringify(suggestion)}?`
  const message = `${path.length === 0 ? 'the file' : pathText(path)} ${says}${meant}`
  return { path, position, expected, found, suggestion, message }
}

/** The configuration cannot be used; carries everything that is wrong with it, in the order of the file. */
export class ConfigError extends Error {
  readonly file: string
  readonly problems: readonly ConfigProblem[]

  constructor(file: string, problems: readonly ConfigProblem[]) {
    const sorted = inOrder(problems)
    super(format(file, sorted))
    this.name = 'ConfigError'
    this.file = file
    this.problems = sorted
  }
}

/** One line for each problem: `config/relay.yaml:12:5 server.prot is not a known setting; did you mean "port"?` */
export function format(file: string, problems: readonly ConfigProblem[]): string {
  return problems
    .map(({ position, message }) =>
      printable(`${file}:${position === null ? '' : `${position.line}:${position.column}`} ${message}`),
    )
    .join('\n')
}

export function inOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return [...problems].sort(
    (left, right) =>
      (left.position?.line ?? 0) - (right.position?.line ?? 0) ||
      (left.position?.column ?? 0) - (right.position?.column ?? 0) ||
      (pathText(left.path) < pathText(right.path) ? -1 : 1),
  )
}

/** True when the problem is at the path or below it, or at a misspelt name of it. */
export function concerns(problem: ConfigProblem, path: Path): boolean {
  const { suggestion } = problem
  const meant = suggestion === null ? null : [...problem.path.slice(0, -1), suggestion]
  return [problem.path, meant].some((at) => at !== null && path.every((step, index) => at[index] === step))
}

/** Control characters would let a name in the file write to the terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `\\u${code.toString(16).padStart(4, '0')}`
  })
}
