import { DateTime, IANAZone } from 'luxon'
import { isoTime } from '../../tracker/times.ts'

/** How times are written that do not say it themselves. */
export interface TimeFormat {
  /** Luxon's tokens (https://moment.github.io/luxon/#/parsing); null: the formats that are known. */
  readonly format: string | null
  /** An IANA name, for times without a zone. */
  readonly zone: string
}

export const USUAL_TIMES: TimeFormat = { format: null, zone: 'UTC' }

/** Null: there is no time. 'ambiguous': which number is the day, and which the month, cannot be told. */
export type FoundTime = Date | null | 'unknown' | 'ambiguous'

export interface TimeReader {
  read(value: unknown): FoundTime
  /**
   * Takes a value of the same column into account: a number above 12 is no month, and all values of a column have their
   * numbers in the same order.
   */
  learn(value: unknown): void
}

/** Of the numbers in a date such as 3/4/2014, in Luxon's tokens. */
const ORDERS = ['d/M', 'M/d', 'y/M/d'] as const
type Order = (typeof ORDERS)[number]

/** MySQL's way to say that there is none. */
const NO_DATE = /^0000[-/.]00[-/.]00\b/
/** Keeps the expressions from searching a megabyte. */
const LONGEST = 100
const LOCALE = { locale: 'en-US' }

/**
 * Understands ISO 8601, Tracker's `2008/12/10 00:00:00 UTC` and `Dec 10, 2008`, RFC 822 and 850, JIRA's
 * `10/Dec/08 3:30 PM`, `10.12.2008 15:30`, the output of `date`, `git` and the databases, `/Date(1228867200000)/`, and
 * seconds, milliseconds and microseconds since 1970. `10/12/2008` is read only if its column says which is the month.
 */
export function createTimeReader({ format, zone }: TimeFormat): TimeReader {
  const own = format === null ? null : DateTime.buildFormatParser(format, LOCALE)
  let possible: readonly Order[] = ORDERS

  function text(value: string): FoundTime {
    const written = value.replace(/[\s\u00a0\u202f]+/g, ' ').trim()
    if (written === '' || NO_DATE.test(written)) return null
    if (written.length > LONGEST) return 'unknown'
    if (own !== null) {
      const found = DateTime.fromFormatParser(written, own, { ...LOCALE, zone })
      if (found.isValid) return found.toJSDate()
    }
    const [, ticks] = /^\/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\/$/.exec(written) ?? []
    if (ticks !== undefined) return dateOf(Number(ticks))
    if (/^\d{9,17}(\.\d+)?$/.test(written) && !COMPACT.test(written)) return sinceEpoch(Number(written))
    return fromWords(written)
  }

  /** Programs write 0 for none. With fewer digits than a time since 1973 it is a day such as 20140304, if it is a time at all. */
  function number(value: number | bigint): FoundTime {
    if (Number(value) === 0) return null
    const written = String(value)
    const isSinceEpoch = own === null && /^-?\d{9,}/.test(written) && !COMPACT.test(written)
    return isSinceEpoch ? sinceEpoch(Number(value)) : text(written)
  }

  function fromWords(written: string): FoundTime {
    const { date, time, zone: written_zone } = partsOf(written)
    const at = (form: string): Date | null => moment(date, form, time, written_zone, zone)
    const orders = ordersIn(date)
    if (orders.length > 0) return inOrder(orders, at)
    const form = FORMS.find(([shape]) => shape.test(date))?.[1]
    return (form === undefined ? null : at(form)) ?? 'unknown'
  }

  function inOrder(orders: readonly Form[], at: (form: string) => Date | null): FoundTime {
    const all = orders.flatMap(({ order, form }) => {
      const found = at(form)
      return found === null ? [] : [{ order, found }]
    })
    const left = all.length > 1 ? all.filter(({ order }) => possible.includes(order)) : all
    const [first] = left
    if (first === undefined) return all.length === 0 ? 'unknown' : 'ambiguous'
    // The fourth of the fourth is the same day either way.
    return left.every(({ found }) => found.getTime() === first.found.getTime()) ? first.found : 'ambiguous'
  }

  return {
    read(value) {
      if (value === null || value === undefined) return null
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'unknown' : value
      if (typeof value === 'number' || typeof value === 'bigint') return number(value)
      return typeof value === 'string' ? text(value) : 'unknown'
    },
    learn(value) {
      if (typeof value !== 'string' || value.length > LONGEST) return
      const { date } = partsOf(value.replace(/[\s\u00a0\u202f]+/g, ' ').trim())
      const valid = ordersIn(date).filter(({ form }) => moment(date, form, MIDNIGHT, '', 'UTC') !== null)
      if (valid.length > 0) possible = possible.filter((order) => valid.some((each) => each.order === order))
    },
  }
}

/** Why a `date_format` cannot be one; null if it can. */
export function problemInFormat(format: string): string | null {
  const tokens = format.replace(/'[^']*'/g, ' ').match(/([A-Za-z])\1*/g) ?? []
  const wrong = tokens.find((token) => !TOKENS.test(token))
  if (wrong !== undefined) return `has the unknown token ${JSON.stringify(wrong)}; ${FORMAT_HELP}`
  const sample = DateTime.fromISO('2019-08-27T00:00:00', { zone: 'UTC', ...LOCALE })
  const again = DateTime.fromFormat(sample.toFormat(format), format, { zone: 'UTC', ...LOCALE })
  return again.isValid && again.toISODate() === sample.toISODate()
    ? null
    : `must name day, month and year; ${FORMAT_HELP}`
}

export function isZone(name: string): boolean {
  return IANAZone.isValidZone(name)
}

const TOKENS =
  /^(y|yy|yyyy|M|MM|MMM|MMMM|L|LL|LLL|LLLL|d|dd|E{3,4}|c{3,4}|H|HH|h|hh|m|mm|s|ss|S|SSS|u|a|Z{1,3}|z|o|ooo|T)$/
const FORMAT_HELP = "it is made of yyyy, MM, dd, HH, mm, ss (MMM for Mar, hh and a for PM), with other letters in '...'"

/** 20140304 or 20140304101112, which as milliseconds would be after the year 2605. */
const COMPACT = /^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d$/

/** A smaller number is in seconds (before 5138), a larger one in milliseconds (after 1973). */
const SMALLEST_MS = 100_000_000_000
/** A larger number is in microseconds (after 1973), not in milliseconds (after 5138). */
const SMALLEST_US = 100_000_000_000_000

function sinceEpoch(number: number): FoundTime {
  const size = Math.abs(number)
  return dateOf(size < SMALLEST_MS ? number * 1000 : size < SMALLEST_US ? number : number / 1000)
}

function dateOf(ms: number): FoundTime {
  const found = new Date(ms)
  return Number.isNaN(found.getTime()) ? 'unknown' : found
}

interface Parts {
  /** Without the day of the week and commas, months in three letters, separated by blanks where there is a month. */
  readonly date: string
  /** With seconds, and AM or PM where it was written. */
  readonly time: string
  /** As it was written; '' if there is none. */
  readonly zone: string
}

const MIDNIGHT = '0:00:00'
const WEEKDAY = /^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[.,]?\s+/i
const TIME = /(?:^|[Tt ,]| at )\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:\s*([ap])\.?m\b\.?)?/i
const AFTER = /^\s*((?:gmt|utc)?\s*[+-]\d{2}(?::?\d{2})?|[a-z]{1,6})?\s*(\d{4})?\s*([+-]\d{2}:?\d{2}|[a-z]{1,6})?$/i
const MONTH = /\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b\.?/i

function partsOf(written: string): Parts {
  // JavaScript adds the zone's name in parentheses, Java in brackets.
  const text = written
    .replace(WEEKDAY, '')
    .replace(/\s*\([^()]*\)$/, '')
    .replace(/(?<=Z|[+-]\d\d:?\d\d)\[[\w/+-]+\]$/, '')
  const compact = /^(\d{8})T?(\d{2})(\d{2})(\d{2})(.*)$/.exec(text)
  if (compact !== null && (COMPACT.test(text) || text[8] === 'T'))
    return { date: compact[1] ?? '', time: `${compact[2]}:${compact[3]}:${compact[4]}`, zone: zoneIn(compact[5] ?? '') }
  const found = TIME.exec(text)
  if (found === null) return { date: dateIn(text), time: MIDNIGHT, zone: '' }
  const [all, hour, minute, second = '00', fraction = '', half] = found
  const after = text.slice(found.index + all.length)
  const [, before, year = '', behind] = AFTER.exec(after) ?? []
  const isKnown = after.trim() === '' || AFTER.test(after)
  const date = dateIn(`${text.slice(0, found.index)} ${year}${isKnown ? '' : after}`)
  const parts = `${hour}:${minute}:${second}${fraction === '' ? '' : `.${fraction.padEnd(3, '0').slice(0, 3)}`}`
  return {
    date,
    time: half === undefined ? parts : `${parts} ${half.toUpperCase()}M`,
    zone: zoneIn(before ?? behind ?? ''),
  }
}

function zoneIn(text: string): string {
  return text.trim().replace(/^(?:gmt|utc)\s*(?=[+-])/i, '')
}

function dateIn(text: string): string {
  const date = text.replace(/,/g, ' ').replace(/\.\s+(?=\d)/g, '.')
  if (!MONTH.test(date)) return date.trim().replace(/\.$/, '')
  return date
    .replace(MONTH, (_, month: string) => ` ${month} `)
    .replace(/(\d)(?:st|nd|rd|th)\b/i, '$1')
    .replace(/[-/. ]+/g, ' ')
    .trim()
}

/** Explicit formats, each for one shape. */
const FORMS: readonly (readonly [shape: RegExp, form: string])[] = [
  [/^\d{4}-\d{1,2}-\d{1,2}$/, 'yyyy-M-d'],
  [/^\d{4}\/\d{1,2}\/\d{1,2}$/, 'yyyy/M/d'],
  [/^\d{4}\.\d{1,2}\.\d{1,2}$/, 'yyyy.M.d'],
  [/^\d{8}$/, 'yyyyMMdd'],
  [/^\d{1,2}\.\d{1,2}\.\d{4}$/, 'd.M.yyyy'],
  [/^\d{1,2}\.\d{1,2}\.\d{2}$/, 'd.M.yy'],
  [/^\d{1,2} [a-z]{3} \d{4}$/i, 'd LLL yyyy'],
  [/^\d{1,2} [a-z]{3} \d{2}$/i, 'd LLL yy'],
  [/^[a-z]{3} \d{1,2} \d{4}$/i, 'LLL d yyyy'],
  [/^\d{4} [a-z]{3} \d{1,2}$/i, 'yyyy LLL d'],
]

interface Form {
  readonly order: Order
  readonly form: string
}

/** The forms that a date such as 3/4/2014 or 3-4-14 may have; none for all others. */
function ordersIn(date: string): readonly Form[] {
  const [, separator = '', year = ''] = /^\d{1,2}([/-])\d{1,2}\1(\d{2}|\d{4})$/.exec(date) ?? []
  if (year === '') return []
  const last = year.length === 4 ? 'yyyy' : 'yy'
  return ORDERS.filter((order) => year.length === 2 || order !== 'y/M/d').map((order) => ({
    order,
    form: (order === 'y/M/d' ? 'yy/M/d' : `${order}/${last}`).replaceAll('/', separator),
  }))
}

const PARSERS = new Map<string, ReturnType<typeof DateTime.buildFormatParser>>()

/** Null if there is no such day or time. */
function moment(date: string, form: string, time: string, writtenZone: string, zone: string): Date | null {
  const clock = `H:mm:ss${time.includes('.') ? '.SSS' : ''}`
  const format = `${form} ${time.endsWith('M') ? `${clock.replace('H', 'h')} a` : clock}`
  const parser = PARSERS.get(format) ?? DateTime.buildFormatParser(format, LOCALE)
  PARSERS.set(format, parser)
  const found = DateTime.fromFormatParser(`${date} ${time}`, parser, {
    ...LOCALE,
    zone: writtenZone === '' ? zone : 'UTC',
  })
  if (!found.isValid) return null
  if (writtenZone === '') return found.toJSDate()
  const iso = isoTime(`${found.toFormat('yyyy-MM-dd HH:mm:ss.SSS')} ${writtenZone.replace(/^([+-]\d{2})$/, '$1:00')}`)
  return iso === null ? null : new Date(iso)
}
