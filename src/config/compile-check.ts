import { Ajv, type Options, type ValidateFunction } from 'ajv'
import type { Schema } from './schema-walk.ts'

const OPTIONS: Options = {
  allErrors: true,
  verbose: true,
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
  useDefaults: true,
  unicodeRegExp: true,
  // Each schema is used once. A test checks that they are valid schemas, which takes ajv longer than all else.
  validateSchema: false,
  code: { optimize: false },
}

/** For the build, which wants the code. */
export function createAjv(options: Options = {}): Ajv {
  return new Ajv({ ...OPTIONS, ...options }).addKeyword('patternErrorMessage')
}

let ajv: Ajv | null = null

/** The program as it is shipped has all checks compiled, and does not load ajv (scripts/bundle/compiled-checks.js). */
export function compileCheck(schema: Schema): ValidateFunction {
  ajv ??= createAjv()
  return ajv.compile(schema)
}
