type Json = Readonly<Record<string, unknown>>

/**
 * What a request may leave out, for the document: TypeBox requires what has a default, because it is always there once the
 * request has been validated.
 */
export function withOptionalDefaults(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withOptionalDefaults)
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withOptionalDefaults(value)]))
  const { required, properties } = copy as { required?: unknown; properties?: Readonly<Record<string, Json>> }
  if (!Array.isArray(required) || properties === undefined) return copy
  const needed = required.filter((name: string) => properties[name] === undefined || !('default' in properties[name]))
  const { required: _, ...rest } = copy
  return needed.length === 0 ? rest : { ...copy, required: needed }
}
