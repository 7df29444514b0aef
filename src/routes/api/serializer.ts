import fastJson from 'fast-json-stringify'
import type { FastifySerializerCompiler } from 'fastify'

/**
 * Writes what the schemas of answers name, and nothing else. Each is compiled when it is first needed: few runs of the
 * relay need all of them.
 * @param named the schemas that others name
 */
export function serializerCompiler(named: () => Readonly<Record<string, unknown>>): FastifySerializerCompiler<object> {
  return ({ schema }) => {
    let write: ((value: unknown) => string) | null = null
    return (value: unknown) => {
      write ??= fastJson(schema as fastJson.Schema, { schema: named() as Record<string, fastJson.Schema> })
      return write(value)
    }
  }
}
