import { Ajv, type ErrorObject } from 'ajv'
import addFormatsModule from 'ajv-formats'
import { type Path, pathOf } from './path.ts'
import { nearest } from './problem.ts'
import { asSchema, isRecord, type Schema } from './schema-walk.ts'
import { expected } from './words.ts'

/** A breach of the schema, at the setting that has to be changed. */
export type Breach =
  | {
      readonly kind: 'unknown'
      readonly path: Path
      readonly known: readonly string[]
      readonly suggestion: string | null
    }
  | { readonly kind: 'missing'; readonly path: Path; readonly expected: string }
  | { readonly kind: 'twice'; readonly path: Path }
  | {
      readonly kind: 'wrong'
      readonly path: Path
      readonly expected: string
      readonly value: unknown
      readonly suggestion: string | null
      /** True when text is wanted, but YAML reads the value as something else. */
      readonly needsQuotes: boolean
    }

/** Checks the value against the schema and fills in defaults, in place; returns everything that is wrong. */
export function validate(schema: Schema, value: unknown): Breach[] {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    useDefaults: true,
    unicodeRegExp: true,
  })
  // The package is CommonJS: what a default import gives differs between a bundler's eyes and Node's.
  const addFormats = 'default' in addFormatsModule ? addFormatsModule.default : addFormatsModule
  ;(addFormats as (ajv: Ajv) => Ajv)(ajv)
  ajv.addKeyword('patternErrorMessage')
  const check = ajv.compile(schema)
  return check(value) ? [] : breaches(check.errors ?? [], value)
}

function breaches(errors: readonly ErrorObject[], value: unknown): Breach[] {
  const result: Breach[] = []
  const seen = new Set<string>()
  for (const error of relevant(errors)) {
    const breach = breachOf(error, value)
    const key = `${breach.kind === 'unknown' || breach.kind === 'missing' ? breach.kind : ''} ${JSON.stringify(breach.path)}`
    if (seen.has(key)) continue
    seen.add(key)
    result.push(breach)
  }
  // A mistyped name makes two errors, one for what is there and one for what is not; they are one mistake.
  const meant = new Set(
    result.flatMap((one) => (one.kind === 'unknown' && one.suggestion !== null ? [sibling(one)] : [])),
  )
  return result.filter((one) => one.kind !== 'missing' || !meant.has(JSON.stringify(one.path)))
}

function sibling(breach: { path: Path; suggestion: string | null }): string {
  return JSON.stringify([...breach.path.slice(0, -1), breach.suggestion])
}

function breachOf(error: ErrorObject, value: unknown): Breach {
  const path = pathOf(error.instancePath, value)
  const schema = asSchema(error.parentSchema ?? {})
  if (error.keyword === 'additionalProperties') {
    const name: string = error.params.additionalProperty
    const known = Object.keys(isRecord(schema.properties) ? schema.properties : {})
    return { kind: 'unknown', path: [...path, name], known, suggestion: nearest(name, known) }
  }
  if (error.keyword === 'required') {
    const name: string = error.params.missingProperty
    const properties = isRecord(schema.properties) ? schema.properties : {}
    const wanted = properties[name]
    return { kind: 'missing', path: [...path, name], expected: isRecord(wanted) ? expected(wanted) : 'a value' }
  }
  if (error.keyword === 'uniqueItems')
    return { kind: 'twice', path: [...path, Math.max(error.params.i, error.params.j)] }
  const allowed = [schema.const, ...(Array.isArray(schema.enum) ? schema.enum : []), ...literals(schema)]
  const words = allowed.filter((one) => typeof one === 'string')
  return {
    kind: 'wrong',
    path,
    expected: expected(schema),
    value: error.data,
    suggestion: typeof error.data === 'string' ? nearest(error.data, words) : null,
    needsQuotes: ['number', 'boolean'].includes(typeof error.data) && wantsText(schema),
  }
}

function wantsText(schema: Schema): boolean {
  return schema.type === 'string' || (schema.type === undefined && Array.isArray(schema.enum))
}

function literals(schema: Schema): readonly unknown[] {
  const parts = [schema.anyOf, schema.oneOf].flatMap((list) => (Array.isArray(list) ? list : []))
  return parts.filter(isRecord).map((part) => part.const)
}

/**
 * Of the errors of alternatives only those of the one that was meant, where the value's shape tells that; otherwise
 * only the error that none of them fits.
 */
function relevant(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  let left = errors
  for (const error of errors) {
    if (error.keyword !== 'anyOf' && error.keyword !== 'oneOf') continue
    const inner = left.filter(
      ({ schemaPath, instancePath }) =>
        schemaPath.startsWith(`${error.schemaPath}/`) &&
        (instancePath === error.instancePath || instancePath.startsWith(`${error.instancePath}/`)),
    )
    const number = (one: ErrorObject): string => one.schemaPath.slice(error.schemaPath.length + 1).split('/')[0] ?? ''
    const excluded = new Set(inner.filter((one) => isOfOtherKind(one, error.instancePath)).map(number))
    const meant = new Set(inner.map(number).filter((branch) => !excluded.has(branch)))
    const kept = meant.size === 1 ? inner.filter((one) => meant.has(number(one))) : [error]
    left = left.filter((one) => kept.includes(one) || (one !== error && !inner.includes(one)))
  }
  return left
}

/** The value as a whole is not what this alternative is about, so that no error within it says anything. */
function isOfOtherKind(error: ErrorObject, instancePath: string): boolean {
  return error.instancePath === instancePath && ['type', 'const', 'enum', 'anyOf', 'oneOf'].includes(error.keyword)
}
