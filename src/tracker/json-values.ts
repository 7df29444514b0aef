import { ParseError, shown } from './parse-error.ts'

/** An object of a JSON body whose values nobody has looked at yet. */
export type Values = { readonly [key: string]: unknown }

/** The text of a string or a whole number; null for everything else and for an empty text. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value.trim() === '' ? null : value
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : null
}

/** An object, an empty one when it is absent or null. */
export function valuesOf(value: unknown, field: string): Values {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new ParseError('bad field', `${field} is ${shown(value)}; expected is an object.`)
  }
  return value as Values
}

/** A list of objects, an empty one when it is absent or null. */
export function listOf(value: unknown, field: string): Values[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new ParseError('bad field', `${field} is ${shown(value)}; expected is a list.`)
  return value.map((item, index) => {
    if (item === null) throw new ParseError('bad field', `${field}[${index}] is null; expected is an object.`)
    return valuesOf(item, `${field}[${index}]`)
  })
}
