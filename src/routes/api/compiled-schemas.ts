import type { ValidateFunction } from 'ajv'

export interface CompiledSchemas {
  /** By method, address and part of the request, such as "GET /api/v1/links querystring". */
  readonly checks: Readonly<Partial<Record<string, ValidateFunction>>>
  /** By method, address and status, such as "GET /api/v1/links 200". */
  readonly writers: Readonly<Partial<Record<string, (value: unknown) => string>>>
}

/**
 * By the first part of the paths below the API's. To load the compilers and to compile the schemas of one request takes a
 * local command 70 ms of processor time. So the bundle has them compiled, in this module's place
 * (scripts/bundle/compiled-schemas.js); elsewhere they are compiled when they are used.
 */
export const compiledSchemas: Readonly<Partial<Record<string, () => Promise<CompiledSchemas>>>> = {}
