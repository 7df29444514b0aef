import type { Path } from './path.ts'

/** A JSON schema as data. */
export type Schema = Readonly<Record<string, unknown>>

/** TypeBox's types do not show the keywords, but each of its schemas is plain data. */
export function asSchema(schema: object): Schema {
  return schema as Schema
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function alternatives(schema: Schema): readonly Schema[] {
  const parts = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((list) => (Array.isArray(list) ? list : []))
  return [schema, ...parts.filter(isRecord).flatMap(alternatives)]
}

/** The schemas of one entry of a map or a list: none if there is no rule for it, several if there are alternatives. */
export function below(schemas: readonly Schema[], step: string | number): readonly Schema[] {
  return schemas.flatMap(alternatives).flatMap((schema) => {
    if (typeof step === 'number') {
      const own: unknown = Array.isArray(schema.prefixItems) ? schema.prefixItems[step] : undefined
      return [schema.items, own].filter(isRecord)
    }
    const { properties, patternProperties, additionalProperties } = schema
    if (isRecord(properties) && Object.hasOwn(properties, step)) return [properties[step]].filter(isRecord)
    const matching = Object.entries(isRecord(patternProperties) ? patternProperties : {})
      .filter(([pattern]) => new RegExp(pattern, 'u').test(step))
      .map(([, found]) => found)
      .filter(isRecord)
    if (matching.length > 0) return matching
    return isRecord(additionalProperties) ? [additionalProperties] : []
  })
}

/** True when the value must not be shown: it, or something that contains it, is `writeOnly`. */
export function isSecret(schemas: readonly Schema[], path: Path): boolean {
  const [step, ...rest] = path
  return marked(schemas) || (step !== undefined && isSecret(below(schemas, step), rest))
}

export function marked(schemas: readonly Schema[]): boolean {
  return schemas.flatMap(alternatives).some((schema) => schema.writeOnly === true)
}

/** The secrets in the value, with their paths: whatever is `writeOnly`, a list or a map too. */
export function secretsIn(
  value: unknown,
  schemas: readonly Schema[],
  path: Path = [],
): readonly { readonly path: Path; readonly value: unknown }[] {
  if (marked(schemas)) return [{ path, value }]
  const entries = Array.isArray(value) ? [...value.entries()] : isRecord(value) ? Object.entries(value) : []
  return entries.flatMap(([step, item]) => secretsIn(item, below(schemas, step), [...path, step]))
}
