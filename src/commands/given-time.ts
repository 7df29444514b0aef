import { UsageError } from './usage-error.ts'

const UNITS: Readonly<Record<string, number>> = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * A time that somebody typed, as the API takes it: with or without its zone (then UTC), a day, or how long ago.
 * @throws {UsageError}
 */
export function givenTime(text: string | undefined, option: string, now: number): string | undefined {
  if (text === undefined) return undefined
  const ago = /^(\d{1,6}) ?(s|min|h|d)$/.exec(text.trim())
  if (ago !== null) return new Date(now - Number(ago[1]) * (UNITS[ago[2] ?? ''] ?? 0)).toISOString()
  const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:\d\d)?)?$/i.exec(text.trim())
  const [, day, time = '00:00', zone = 'Z'] = iso ?? []
  const at = iso === null ? Number.NaN : Date.parse(`${day}T${time}${zone}`)
  if (!Number.isNaN(at)) return new Date(at).toISOString()
  throw new UsageError(
    `${option} must be a time such as 2026-11-28T18:00, a day such as 2026-11-28 (both UTC), or how long ago: 90s, 30min, 2h, 7d; not "${text}"`,
  )
}
