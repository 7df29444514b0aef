import { textOf, type Values } from '../../tracker/json-values.ts'

/** Milliseconds since 1970 of a time in ISO 8601; null if it is none. */
export function timeIn(value: unknown): number | null {
  const text = textOf(value)
  const at = text === null ? Number.NaN : Date.parse(text)
  return Number.isNaN(at) ? null : at
}

/** The one with the latest `created_at`; of several the last one. Null if there is none. */
export function latestOf(values: readonly Values[]): Values | null {
  const at = (value: Values | null): number => timeIn(value?.created_at) ?? 0
  return values.reduce<Values | null>((one, each) => (at(one) > at(each) ? one : each), null)
}
