import type { Screen } from './screen.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** What is further away is shown as a date. */
const LONGEST_DISTANCE = 30 * DAY

/** A time as people read it on a terminal, "3 min ago" or "in 2 h"; exactly (ISO 8601, UTC) in a pipe or file. */
export function when(at: number | null, { columns, now }: Screen): string {
  if (at === null) return ''
  if (columns === null) return new Date(at).toISOString()
  const distance = Math.abs(at - now)
  if (distance >= LONGEST_DISTANCE) return new Date(at).toISOString().slice(0, 10)
  if (distance < SECOND) return 'now'
  return at > now ? `in ${duration(distance)}` : `${duration(distance)} ago`
}

/** A length of time in its largest unit, rounded down: "45 s", "3 min", "2 h", "1 day". @param ms not negative */
export function duration(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`
  const days = Math.floor(ms / DAY)
  return `${days} ${days === 1 ? 'day' : 'days'}`
}
