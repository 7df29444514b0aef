import { Ajv, type ErrorObject, type Options } from 'ajv'
import type { FastifySchemaCompiler } from 'fastify'
import { ProblemError } from './problem-error.ts'
import { PATTERN_WORDS } from './schemas.ts'

const OPTIONS: Options = {
  allErrors: false,
  verbose: true,
  strict: true,
  strictTypes: false,
  allowUnionTypes: true,
  useDefaults: true,
  unicodeRegExp: true,
  // The documents' tests check the schemas.
  validateSchema: false,
  keywords: ['example'],
  formats: { 'date-time': isTime },
}

/** What stands in an address is text. */
const texts = new Ajv({ ...OPTIONS, coerceTypes: true })
const values = new Ajv(OPTIONS)

/** ISO 8601 with a zone, of a time that there can be. */
function isTime(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/i.test(text) && !Number.isNaN(Date.parse(text))
  )
}

/** Each schema is compiled when it is first needed: few runs of the relay need all of them. */
export const validatorCompiler: FastifySchemaCompiler<object> = ({ schema, httpPart }) => {
  let check: ReturnType<Ajv['compile']> | null = null
  return (value: unknown) => {
    check ??= (httpPart === 'body' ? values : texts).compile(schema)
    if (check(value)) return true
    const [error] = check.errors ?? []
    return { error: new ProblemError('bad-parameter', error === undefined ? 'is not as it must be' : sentence(error)) }
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
