import type { Mistake, Written } from './document.ts'
import { pathText } from './path.ts'
import type { Problem } from './problem.ts'
import type { Remark } from './remark.ts'
import { isSecret, mapSecrets, type Schema } from './schema-walk.ts'
import type { Breach } from './validate.ts'
import { found as foundWords } from './words.ts'

/** A breach of the schema in people's words. @param secrets what the words may not show, wherever it stands */
export function inWords(breach: Breach, schema: Schema, written: Written, secrets: readonly string[]): Remark {
  const { path } = breach
  if (breach.kind === 'unknown') {
    const known = [...breach.known].sort().join(', ')
    const message = breach.suggestion === null ? `unknown setting; known here: ${known}` : 'unknown setting'
    return {
      path,
      atKey: true,
      found: 'unknown setting',
      expected: `one of ${known}`,
      suggestion: breach.suggestion,
      message,
    }
  }
  if (breach.kind === 'missing') {
    const { expected } = breach
    return { path, atKey: true, found: null, expected, message: `missing; expected ${expected}` }
  }
  if (breach.kind === 'twice') return { path, found: 'the same entry again', expected: 'each entry only once' }
  const variables = written.substituted(path)?.variables ?? []
  const words = foundWords(breach.value, isSecret(schema, path))
  const found =
    variables.length > 0
      ? `what ${variables.join(', ')} came out as`
      : secrets.some((secret) => words.includes(secret))
        ? 'text that is not shown'
        : words
  const hint = breach.needsQuotes ? ', which is text only in quotes' : ''
  return { path, found: `${found}${hint}`, expected: breach.expected, suggestion: breach.suggestion }
}

/** All secrets among the values, as they came out. */
export function secretValues(schema: Schema, root: unknown): readonly string[] {
  const secrets: string[] = []
  mapSecrets(root, [schema], (secret) => {
    if (typeof secret === 'string' && secret.length >= 4) secrets.push(secret)
    return secret
  })
  return secrets
}

export function problemAt(file: string, written: Written, mistake: Mistake): Problem {
  const { path, expected, found, message } = mistake
  return { file, ...written.place(mistake.offset), path: pathText(path), expected, found, message, suggestion: null }
}

export function remarkProblem(file: string, written: Written, remark: Remark): Problem {
  const { path, expected, found } = remark
  const offset = remark.atKey === true ? written.keyAt(path) : written.valueAt(path)
  const message = remark.message ?? `expected ${expected}, found ${found}`
  return {
    file,
    ...written.place(offset),
    path: pathText(path),
    expected,
    found,
    message,
    suggestion: remark.suggestion ?? null,
  }
}

/** As they stand in the file. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  return [...problems].sort(
    (left, right) =>
      (left.line ?? 0) - (right.line ?? 0) ||
      (left.column ?? 0) - (right.column ?? 0) ||
      (left.path < right.path ? -1 : 1),
  )
}
