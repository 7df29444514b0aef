import { isAbsolute, join } from 'node:path'
import { EXPRESSION_FILE } from '../sources/contract/expression-file.ts'
import { PEM_FILE } from './connection-settings.ts'
import type { Written } from './document.ts'
import type { Path } from './path.ts'
import type { ConfigProblem } from './problem.ts'
import { NotRegularFile } from './regular-file.ts'
import { alternatives, below, isRecord, marked, type Schema } from './schema-walk.ts'

/** Reads a file as text. @throws {NodeJS.ErrnoException} when it cannot be read */
export type ReadFile = (path: string) => string

/**
 * Turns values as YAML reads them into what their schemas expect: `file:` secrets are read, a map that contains only
 * comments becomes an empty map, and an id keeps its digits as they are written.
 * @param folder secret files are relative to it
 */
export function resolve(
  written: Written,
  schemas: readonly Schema[],
  folder: string,
  readFile: ReadFile,
): { value: unknown; problems: readonly ConfigProblem[] } {
  const problems: ConfigProblem[] = []
  return { value: walk(written.value, schemas, [], false), problems }

  function walk(value: unknown, schemas: readonly Schema[], path: Path, inSecret: boolean): unknown {
    const secret = inSecret || marked(schemas)
    const kinds = schemas.flatMap(alternatives).flatMap(({ type }) => (Array.isArray(type) ? type : [type]))
    if (value === null && kinds.includes('object') && !kinds.includes('null')) return {}
    if (typeof value === 'number' && kinds.includes('string') && kinds.includes('integer'))
      return written.source(path) ?? String(value)
    if (typeof value === 'string' && secret) return secretOf(value, path)
    const expected = schemas.map(({ contentMediaType }) => FILES[String(contentMediaType)]).find(Boolean)
    if (typeof value === 'string' && expected !== undefined) return contentOf(value, path, expected) ?? value
    if (Array.isArray(value))
      return value.map((item, index) => walk(item, below(schemas, index), [...path, index], secret))
    if (!isRecord(value)) return value
    for (const [key, item] of Object.entries(value)) {
      const next = walk(item, below(schemas, key), [...path, key], secret)
      Object.defineProperty(value, key, { value: next, enumerable: true, writable: true, configurable: true })
    }
    return value
  }

  function secretOf(value: string, path: Path): string {
    const text = written.substituted(path)?.written ?? value
    // Only the file itself can name a secret file: a secret from the environment may begin with anything.
    if (!text.startsWith('file:')) return value
    return contentOf(value.slice('file:'.length), path, 'a file that holds the secret') ?? value
  }

  function contentOf(name: string, path: Path, expected: string): string | null {
    const add = (cause: string): null => {
      problems.push(written.tell(path, { expected, found: `${JSON.stringify(name)}, which ${cause}` }))
      return null
    }
    try {
      const content = readFile(isAbsolute(name) ? name : join(folder, name)).replace(/\r?\n$/, '')
      return content === '' ? add('is empty') : content
    } catch (error) {
      return add(whyUnreadable(error))
    }
  }
}

/** What is expected of files whose content takes the place of their path. */
const FILES: Readonly<Record<string, string>> = {
  [PEM_FILE]: 'a PEM file',
  [EXPRESSION_FILE]: 'a file with a JSONata expression',
}

export function whyUnreadable(error: unknown): string {
  if (error instanceof NotRegularFile) return `is ${error.kind}, not a regular file`
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return CAUSES[code] ?? `cannot be read (${code})`
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8 text',
  EACCES: 'cannot be read by this user',
  EISDIR: 'is a folder',
  ENXIO: 'is a socket or a device, not a regular file',
  ENOTDIR: 'is within something that is not a folder',
}
