import type { ErrorObject } from 'ajv'
import type { FastifySchemaCompiler } from 'fastify'
import type { CompiledSchemas } from './compiled-schemas.ts'
import { ProblemError } from './problem-error.ts'
import { compileCheck } from './schema-compilers.ts'
import { PATTERN_WORDS } from './schemas.ts'

/** Each schema that is not compiled yet is compiled when it is first needed: few runs of the relay need all of them. */
export function validatorCompiler(checks: CompiledSchemas['checks']): FastifySchemaCompiler<object> {
  return ({ schema, method, url, httpPart }) => {
    let check = checks[`${method} ${url} ${httpPart}`] ?? null
    return (value: unknown) => {
      check ??= compileCheck(schema, httpPart === 'body')
      if (check(value)) return true
      const [error] = check.errors ?? []
      return {
        error: new ProblemError('bad-parameter', error === undefined ? 'is not as it must be' : sentence(error)),
      }
    }
  }
}

function sentence(error: ErrorObject): string {
  const { instancePath, keyword, params, parentSchema, message } = error
  const where = instancePath.slice(1).replaceAll('/', '.')
  if (keyword === 'additionalProperties') {
    const known = Object.keys((parentSchema?.properties ?? {}) as object)
    const name = String(params.additionalProperty).slice(0, 60)
    const inside = where === '' ? '' : `${where}: `
    if (known.length === 0) return `${inside}"${name}" is unknown; nothing is expected here`
    return `${inside}"${name}" is unknown; known are ${known.join(', ')}`
  }
  if (keyword === 'required') return `${where === '' ? '' : `${where}: `}"${params.missingProperty}" is missing`
  const what = where === '' ? 'the body' : where
  if (keyword === 'enum') {
    const given = typeof error.data === 'string' ? `, not "${error.data.slice(0, 60)}"` : ''
    return `${what} must be one of ${(params.allowedValues as unknown[]).join(', ')}${given}`
  }
  if (keyword === 'format') return `${what} must be a time such as 2026-11-28T18:00:00Z`
  if (keyword === 'pattern') return `${what} ${PATTERN_WORDS[String(params.pattern)] ?? message}`
  return `${what} ${message ?? 'is not as it must be'}`
}
