import { ParseError, shown } from './parse-error.ts'

export type Values = { readonly [key: string]: unknown }

const HALF_PAIR = /\p{Surrogate}/gu

/**
 * The text of a string or a number; null for everything else and for blank text. JSON can escape two things that files
 * and databases do not take: U+0000 is removed, an unpaired surrogate becomes U+FFFD.
 */
export function textOf(value: unknown): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : null
  if (typeof value !== 'string') return null
  const text = value.replaceAll('\0', '').replace(HALF_PAIR, '\ufffd')
  return text.trim() === '' ? null : text
}

export function valuesOf(value: unknown, field: string): Values {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new ParseError('bad field', `${field} is ${shown(value)}; expected an object.`)
  }
  return value as Values
}

/** For an object that no delivery needs: empty if it is anything else. */
export function objectOf(value: unknown): Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : {}
}

/** Empty if absent or null; items that are not objects are left out. */
export function listOf(value: unknown, field: string): Values[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new ParseError('bad field', `${field} is ${shown(value)}; expected a list.`)
  return value.filter((item) => typeof item === 'object' && item !== null && !Array.isArray(item))
}
