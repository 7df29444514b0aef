import type { FastifySerializerCompiler } from 'fastify'
import type { CompiledSchemas } from './compiled-schemas.ts'
import { compileWriter } from './schema-compilers.ts'

/**
 * Writes what the schemas of answers name, and nothing else. Each that is not compiled yet is compiled when it is first
 * needed: few runs of the relay need all of them.
 * @param named the schemas that others name
 */
export function serializerCompiler(
  writers: CompiledSchemas['writers'],
  named: () => Readonly<Record<string, unknown>>,
): FastifySerializerCompiler<object> {
  return ({ schema, method, url, httpStatus }) => {
    let write = writers[`${method} ${url} ${httpStatus}`] ?? null
    return (value: unknown) => {
      write ??= compileWriter(schema, named())
      return write(value)
    }
  }
}
