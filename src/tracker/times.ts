/**
 * Hours east of UTC by zone abbreviation (https://www.iana.org/time-zones). An ambiguous one is the zone with the most
 * people who plan in English: CST of America, IST of India, BST of Britain.
 */
const ZONES: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...{ UTC: 0, GMT: 0, Z: 0, WET: 0, WEST: 1, BST: 1, CET: 1, CEST: 2, EET: 2, EEST: 3, MSK: 3 },
    ...{ NST: -3.5, NDT: -2.5, AST: -4, ADT: -3, EST: -5, EDT: -4, CST: -6, CDT: -5 },
    ...{ MST: -7, MDT: -6, PST: -8, PDT: -7 },
    ...{ AKST: -9, AKDT: -8, HST: -10, BRT: -3, BRST: -2, ART: -3, CLT: -4, CLST: -3, COT: -5, PET: -5, SST: -11 },
    ...{ WAT: 1, CAT: 2, SAST: 2, EAT: 3, PKT: 5, IST: 5.5, WIB: 7, PHT: 8, HKT: 8, SGT: 8, AWST: 8, KST: 9, JST: 9 },
    ...{ ACST: 9.5, ACDT: 10.5, AEST: 10, AEDT: 11, NZST: 12, NZDT: 13 },
  }),
)

const DATE = /^(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?:$|(?:T|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(.*)$)/
const OFFSET = /^([+-])(\d{2})(?::?(\d{2}))?$/
const ABBREVIATION = /^[a-z]{1,6}$/i

/** Keeps the expressions from searching a megabyte. */
const LONGEST = 100

/** March 1973. A smaller number is a time in seconds, sent by mistake. */
const SMALLEST_MS = 100_000_000_000
/** `Date.UTC` reads a smaller one as a year of the twentieth century. */
const SMALLEST_YEAR = 100
const LARGEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

export const TIME_EXPECTED =
  'expected a time such as 2009/12/14 14:12:09 PST or 2009-12-14T22:12:09Z, or a number of milliseconds'

/**
 * ISO 8601 in UTC with milliseconds; null if the value cannot be read. v2 and v3 send `2009/12/14 14:12:09 PST`, v5 sends
 * milliseconds in its web hook and ISO 8601 in its API. A missing or unknown zone counts as UTC.
 */
export function isoTime(value: string | number): string | null {
  if (typeof value === 'number') return fromMilliseconds(value)
  const text = value.trim()
  if (text.length > LONGEST) return null
  return /^\d{12,15}$/.test(text) ? fromMilliseconds(Number(text)) : known(text)
}

const MOST_KNOWN = 256
const readBefore = new Map<string, string | null>()

/** An activity names one moment several times, and so do those that come with it. */
function known(text: string): string | null {
  const before = readBefore.get(text)
  if (before !== undefined) return before
  const time = fromText(text)
  if (readBefore.size === MOST_KNOWN) readBefore.clear()
  readBefore.set(text, time)
  return time
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
  // Below zero or above a day if the zone changes the date.
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
  // No delivery depends on the hour, but a refused activity would not be delivered at all.
  if (ABBREVIATION.test(text)) return 0
  const offset = OFFSET.exec(text)
  if (offset === null) return null
  const [, , hour, minute = '0'] = offset
  const minutes = Number(hour) * 60 + Number(minute)
  if (minutes > 14 * 60 || Number(minute) > 59) return null
  return offset[1] === '-' ? -minutes : minutes
}
