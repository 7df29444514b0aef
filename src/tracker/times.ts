/** Hours east of UTC of the zones that Tracker's projects in America name, and of UTC's own names. */
const ZONES: ReadonlyMap<string, number> = new Map([
  ['UTC', 0],
  ['GMT', 0],
  ['Z', 0],
  ['PST', -8],
  ['PDT', -7],
  ['MST', -7],
  ['MDT', -6],
  ['CST', -6],
  ['CDT', -5],
  ['EST', -5],
  ['EDT', -4],
])

const DATE = /^(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?:$|(?:T|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(.*)$)/
const OFFSET = /^([+-])(\d{2}):?(\d{2})$/

/** No time is longer, and nobody can make the expressions look through a megabyte. */
const LONGEST = 100

/** Before 1973 in milliseconds, before 5138 in seconds: a smaller number is a time in seconds, sent by mistake. */
const SMALLEST_MS = 100_000_000_000
/** `Date.UTC` takes a smaller one for a year of the twentieth century. */
const SMALLEST_YEAR = 100
const LARGEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

export const TIME_EXPECTED = 'expected is a time as 2009/12/14 14:12:09 PST, 2009-12-14T22:12:09Z or in milliseconds'

/**
 * A moment as ISO 8601 in UTC with milliseconds; null when it cannot be read. v2 and v3 write
 * `2009/12/14 14:12:09 PST`, v5 an integer of milliseconds in its web hook and ISO 8601 in its API; where no zone is
 * given it is UTC.
 */
export function isoTime(value: string | number): string | null {
  if (typeof value === 'number') return fromMilliseconds(value)
  const text = value.trim()
  if (text.length > LONGEST) return null
  return /^\d{12,15}$/.test(text) ? fromMilliseconds(Number(text)) : fromText(text)
}

function fromMilliseconds(value: number): string | null {
  if (!Number.isInteger(value) || value < SMALLEST_MS || value > LARGEST_MS) return null
  return new Date(value).toISOString()
}

function fromText(text: string): string | null {
  const date = DATE.exec(text)
  if (date === null) return null
  const [, years, months, days, hour = '0', minute = '0', second = '0', fraction = '0', zone = ''] = date
  const [year, month, day] = [Number(years), Number(months), Number(days)]
  if (year < SMALLEST_YEAR || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null
  const offset = zoneMinutes(zone.trim())
  if (offset === null) return null
  const milliseconds = Math.trunc(Number(`0.${fraction}`) * 1000)
  // Below zero or above a day where the zone moves the date.
  const clock = ((Number(hour) * 60 + Number(minute) - offset) * 60 + Number(second)) * 1000 + milliseconds
  return new Date(Date.UTC(year, month - 1, day) + clock).toISOString()
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function zoneMinutes(text: string): number | null {
  if (text === '') return 0
  const hours = ZONES.get(text.toUpperCase())
  if (hours !== undefined) return hours * 60
  const offset = OFFSET.exec(text)
  if (offset === null) return null
  const minutes = Number(offset[2]) * 60 + Number(offset[3])
  if (minutes > 14 * 60 || Number(offset[3]) > 59) return null
  return offset[1] === '-' ? -minutes : minutes
}
