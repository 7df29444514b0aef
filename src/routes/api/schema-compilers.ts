import { Ajv, type Options, type ValidateFunction } from 'ajv'
import fastJson from 'fast-json-stringify'
import { formats } from './formats.ts'

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
  formats,
}

/** What stands in an address is text. */
export function createAjv(isBody: boolean, options: Options = {}): Ajv {
  return new Ajv({ ...OPTIONS, coerceTypes: !isBody, ...options })
}

let values: Ajv | null = null
let texts: Ajv | null = null

/** The program as it is shipped has all schemas compiled, and loads no compiler (scripts/bundle/compiled-schemas.js). */
export function compileCheck(schema: object, isBody: boolean): ValidateFunction {
  if (isBody) values ??= createAjv(true)
  else texts ??= createAjv(false)
  return ((isBody ? values : texts) as Ajv).compile(schema)
}

/** @param named the schemas that this one names */
export function compileWriter(schema: object, named: Readonly<Record<string, unknown>>): (value: unknown) => string {
  return fastJson(schema as fastJson.Schema, { schema: named as Record<string, fastJson.Schema> })
}
