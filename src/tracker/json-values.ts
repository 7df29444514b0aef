import { ParseError, shown } from './parse-error.ts'

/** An object of a JSON body whose values nobody has looked at yet. */
export type Values = { readonly [key: string]: unknown }

const HALF_PAIR = /\p{Surrogate}/gu

/**
 * The text of a string or a number; null for everything else and for an empty text. JSON can escape two things that
 * no file or database takes: U+0000 is left out, half a surrogate pair becomes U+FFFD.
 */
export function textOf(value: unknown): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : null
  if (typeof value !== 'string') return null
  const text = value.replaceAll('\0', '').replace(HALF_PAIR, '\ufffd')
  return text.trim() === '' ? null : text
}

/** An object, an empty one when it is absent or null. */
export function valuesOf(value: unknown, field: string): Values {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new ParseError('bad field', `${field} is ${shown(value)}; expected is an object.`)
  }
  return value as Values
}

/** The same for one that no delivery needs: an empty one also where it is no object. */
export function objectOf(value: unknown): Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : {}
}

/** A list of objects, an empty one when it is absent or null; what is no object in it is left out. */
export function listOf(value: unknown, field: string): Values[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new ParseError('bad field', `${field} is ${shown(value)}; expected is a list.`)
  return value.filter((item) => typeof item === 'object' && item !== null && !Array.isArray(item))
}
