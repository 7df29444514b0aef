/**
 * Hours east of UTC, by the abbreviation of a project's zone as the zone database has it
 * (https://www.iana.org/time-zones). Those that mean several zones are the one with the most people who plan in English:
 * CST of America, IST of India, BST of Britain.
 */
const ZONES: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...{ UTC: 0, GMT: 0, Z: 0, WET: 0, WEST: 1, BST: 1, CET: 1, CEST: 2, EET: 2, EEST: 3, MSK: 3 },
    ...{
      NST: -3.5,
      NDT: -2.5,
      AST: -4,
      ADT: -3,
      EST: -5,
      EDT: -4,
      CST: -6,
      CDT: -5,
      MST: -7,
      MDT: -6,
      PST: -8,
      PDT: -7,
    },
    ...{ AKST: -9, AKDT: -8, HST: -10, BRT: -3, BRST: -2, ART: -3, CLT: -4, CLST: -3, COT: -5, PET: -5, SST: -11 },
    ...{ WAT: 1, CAT: 2, SAST: 2, EAT: 3, PKT: 5, IST: 5.5, WIB: 7, PHT: 8, HKT: 8, SGT: 8, AWST: 8, KST: 9, JST: 9 },
    ...{ ACST: 9.5, ACDT: 10.5, AEST: 10, AEDT: 11, NZST: 12, NZDT: 13 },
  }),
)

const DATE = /^(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?:$|(?:T|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(.*)$)/
const OFFSET = /^([+-])(\d{2})(?::?(\d{2}))?$/
const ABBREVIATION = /^[a-z]{1,6}$/i

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
 * given, or one that nobody knows, it is UTC.
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
  // Nothing that is delivered depends on the hour, and an activity that is refused is delivered nowhere.
  if (ABBREVIATION.test(text)) return 0
  const offset = OFFSET.exec(text)
  if (offset === null) return null
  const [, , hour, minute = '0'] = offset
  const minutes = Number(hour) * 60 + Number(minute)
  if (minutes > 14 * 60 || Number(minute) > 59) return null
  return offset[1] === '-' ? -minutes : minutes
}
