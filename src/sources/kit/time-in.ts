import type { Values } from '../../tracker/json-values.ts'
import { eventTime } from './event-time.ts'

/** Milliseconds since 1970 of a time that a tool told; null if it is none. */
export function timeIn(value: unknown): number | null {
  const time = eventTime(value)
  return time === null ? null : Date.parse(time)
}

/** The one with the latest `created_at`; of several the last one. Null if there is none. */
export function latestOf(values: readonly Values[]): Values | null {
  const at = (value: Values | null): number => timeIn(value?.created_at) ?? 0
  return values.reduce<Values | null>((one, each) => (at(one) > at(each) ? one : each), null)
}
