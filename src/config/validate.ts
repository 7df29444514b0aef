import type { ErrorObject } from 'ajv'
import { isMistakable } from '../http/redact.ts'
import { MERGE_KEY, type Written } from './document.ts'
import { nearest } from './nearest.ts'
import { type Path, pathOf, pointer } from './path.ts'
import { type ConfigProblem, concerns, type Details } from './problem.ts'
import { asSchema, isRecord, isSecret, type Schema, secretsIn } from './schema-walk.ts'
import { typed } from './substitute.ts'
import { expected, found } from './words.ts'

/**
 * Checks the value and fills in defaults, in place. A value that is one variable and nothing else is text unless the
 * schemas want something else.
 * @param check what is wrong with the value
 * @param known what is already known to be wrong; a value with such a problem is not reported again
 */
export function validate(
  check: (root: unknown) => readonly ErrorObject[],
  schemas: readonly Schema[],
  root: unknown,
  written: Written,
  known: readonly ConfigProblem[],
): ConfigProblem[] {
  const first = check(root)
  const errors = first.filter((error) => retype(root, settingOf(error, root), written)).length > 0 ? check(root) : first
  const secrets = secretsIn(root, schemas)
    .map(({ value }) => value)
    .filter((one) => typeof one === 'string')
  const holdsSecret = (words: string): boolean =>
    secrets.some((secret) => (isMistakable(secret) ? words === JSON.stringify(secret) : words.includes(secret)))
  const told = new Map<string, { keyword: string; problem: ConfigProblem }>()
  for (const error of errors) {
    const { keyword } = error
    const path = settingOf(error, root)
    const isAboutKey = keyword === 'additionalProperties' || keyword === 'required'
    const id = `${isAboutKey ? keyword : ''} ${pointer(path)}`
    const details = detailsOf(error) ?? ofValue(error, path)
    if (!told.has(id)) told.set(id, { keyword, problem: written.tell(path, details, isAboutKey ? 'key' : undefined) })
  }
  const misspelt = [...told.values()].filter(({ keyword }) => keyword === 'additionalProperties')
  return [...told.values()].flatMap(({ keyword, problem }) => {
    const { path } = problem
    // A misspelt name makes two errors, one for what is there and one for what is not; they are one problem.
    const isTold =
      keyword === 'required'
        ? misspelt.some((one) => concerns(one.problem, path)) || known.some((one) => isMergedInto(one, path))
        : keyword !== 'additionalProperties' && known.some((one) => concerns(one, path))
    return isTold ? [] : [problem]
  })

  function ofValue(error: ErrorObject, path: Path): Details {
    const schemaOfValue = asSchema(error.parentSchema ?? {})
    const value: unknown = error.data
    const variables = written.substituted(path)?.variables ?? []
    const words = found(value, isSecret(schemas, path))
    const shown =
      variables.length > 0
        ? `the value of ${variables.join(', ')}`
        : holdsSecret(words)
          ? 'text that is not shown'
          : words
    const needsQuotes = ['number', 'boolean'].includes(typeof value) && wantsText(schemaOfValue)
    return {
      expected: expected(schemaOfValue),
      found: needsQuotes
        ? `${shown}, which is text only in quotes`
        : isQuoted(value, schemaOfValue) && variables.length === 0
          ? `${shown}, which is text: write it without quotes`
          : shown,
      suggestion: typeof value === 'string' ? nearest(value, allowedWords(schemaOfValue)) : null,
    }
  }
}

/** What a merge key would bring is not missing. */
function isMergedInto({ path: merged }: ConfigProblem, path: Path): boolean {
  return merged.at(-1) === MERGE_KEY && pointer(merged.slice(0, -1)) === pointer(path.slice(0, -1))
}

function settingOf({ keyword, instancePath, params }: ErrorObject, root: unknown): Path {
  const path = pathOf(instancePath, root)
  if (keyword === 'additionalProperties') return [...path, String(params.additionalProperty)]
  if (keyword === 'required') return [...path, String(params.missingProperty)]
  return keyword === 'uniqueItems' ? [...path, Math.max(params.i, params.j)] : path
}

/** Null when the error is about the value itself. */
function detailsOf({ keyword, params, parentSchema }: ErrorObject): Details | null {
  if (keyword === 'uniqueItems') return { expected: 'different from the other entries', found: 'the same entry again' }
  const properties = isRecord(parentSchema?.properties) ? parentSchema.properties : {}
  if (keyword === 'required') {
    const wanted = properties[params.missingProperty]
    return { expected: isRecord(wanted) ? expected(wanted) : 'a value' }
  }
  if (keyword !== 'additionalProperties') return null
  const names = Object.keys(properties)
  const list = names.toSorted().join(', ')
  const suggestion = nearest(params.additionalProperty, names)
  const says = `is not a known setting${suggestion === null ? `; the settings here are: ${list}` : ''}`
  return { expected: `one of ${list}`, found: 'an unknown setting', suggestion, says }
}

function allowedWords(schema: Schema): readonly string[] {
  const parts = [schema, schema.anyOf, schema.oneOf].flat().filter(isRecord)
  return parts
    .flatMap((part) => [part.const, part.enum])
    .flat()
    .filter((one) => typeof one === 'string')
}

/** Whether the value is what the schema wants, only in quotes. */
function isQuoted(value: unknown, { type }: Schema): boolean {
  if (typeof value !== 'string') return false
  const bare = typed(value)
  return type === 'boolean'
    ? typeof bare === 'boolean'
    : ['integer', 'number'].includes(String(type)) && typeof bare === 'number'
}

function wantsText(schema: Schema): boolean {
  return schema.type === 'string' || (schema.type === undefined && Array.isArray(schema.enum))
}

/** Turns a text that is one variable and nothing else into a number, true or false. @returns whether it did */
function retype(root: unknown, path: Path, written: Written): boolean {
  const text = written.substituted(path)?.whole === true ? valueAt(root, path) : undefined
  if (typeof text !== 'string' || typed(text) === text) return false
  const parent = valueAt(root, path.slice(0, -1))
  return typeof parent === 'object' && parent !== null && Reflect.set(parent, path.at(-1) ?? '', typed(text))
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    root,
  )
}
