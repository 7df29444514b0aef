import type { Details } from './problem.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Substituted {
  readonly written: string
  readonly text: string
  /** As written, such as `${PORT}`. */
  readonly variables: readonly string[]
  /** True when the text is one variable and nothing else: then it can be a number, true or false. */
  readonly whole: boolean
  /** True for a whole `${NAME:-}` that is empty: the setting is left out. */
  readonly leftOut: boolean
  readonly details: readonly Details[]
}

const VARIABLE = /\$\$\{|\$\{([^}]*)\}?/g
const CONTENT = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/

/**
 * Replaces `${NAME}` and `${NAME:-default}`; the default is used if the variable is not set or empty. `$${` is a plain
 * `${`. A `${` that comes from the environment is not replaced again.
 */
export function substitute(written: string, environment: Environment): Substituted {
  const variables: string[] = []
  const details: Details[] = []
  let leftOut = false
  const text = written.replace(VARIABLE, (match: string, content: string | undefined) => {
    if (content === undefined) return '${'
    const parts = match.endsWith('}') ? CONTENT.exec(content) : null
    const name = parts?.[1]
    if (parts === null || name === undefined) {
      const expected = `a variable such as \${NAME} or \${NAME:-default}`
      const says = `has a "\${" that does not begin ${expected}; write $\${ for a plain \${`
      details.push({ expected, found: 'a "${" that does not begin one', says })
      return match
    }
    variables.push(match)
    const value = environment[name]
    if (value !== undefined && value !== '') return value
    const standIn = parts[2]
    if (standIn === undefined) {
      const expected = `the environment variable ${name}, or a default as in \${${name}:-default}`
      const found = `${name} is ${value === undefined ? 'not set' : 'empty'}`
      details.push({ expected, found, says: `needs ${expected} (${found})` })
      return ''
    }
    leftOut = standIn === ''
    return standIn
  })
  const whole = variables.length === 1 && variables[0] === written
  return { written, text, variables, whole, leftOut: whole && leftOut, details }
}

/** The number, true or false that YAML would read here, or else the text itself. */
export function typed(text: string): string | number | boolean {
  const bare = text.trim()
  if (/^(true|True|TRUE)$/.test(bare)) return true
  if (/^(false|False|FALSE)$/.test(bare)) return false
  if (/^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(bare)) return Number(bare)
  return text
}
