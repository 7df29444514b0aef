import { isoTime } from '../../tracker/times.ts'
import type { ExternalStory } from '../contract/connector.ts'
import type { DeliveryError } from '../contract/delivery-error.ts'

/** Named as in the import XML. */
export const PARTS = ['external_id', 'name', 'description', 'requested_by', 'created_at', 'type', 'estimate'] as const
export type Part = (typeof PARTS)[number]

/** An expression or the name of a column for each part. */
export type OfParts = { readonly [part in Part]?: string | undefined }

export type Parts = { readonly [part in Part]?: unknown }

const LONGEST_NAME_OF_TEXT = 100
/** A smaller number is in seconds (before 5138), a larger one in milliseconds (after 1973). */
const SMALLEST_MS = 100_000_000_000

/** Makes the error for a wrong part, naming the setting. */
export type Blame = (part: Part, problem: string) => DeliveryError

/**
 * Tracker requires a name, so a missing one is taken from the text.
 * @param number counts the tickets from 1, for messages
 * @throws {DeliveryError} for a ticket without an id, or a part that is not text
 */
export function storyOf(parts: Parts, number: number, blame: Blame): ExternalStory {
  function text(part: Part): string {
    const found = plain(parts[part])
    if (found === null) throw blame(part, `the ${part} of ticket ${number} must be text, but has parts of its own`)
    return found
  }
  const { external_id } = parts
  if (typeof external_id === 'number' && Number.isInteger(external_id) && !Number.isSafeInteger(external_id))
    throw blame('external_id', `the external_id of ticket ${number} is too long for a number: let it be text`)
  const externalId = text('external_id').trim()
  if (externalId === '') throw blame('external_id', `ticket ${number} has no external_id`)
  const description = text('description')
  const type = text('type').trim()
  return {
    externalId,
    name: text('name').trim() || firstLine(description) || externalId,
    description,
    requestedBy: text('requested_by').trim(),
    createdAt: moment(parts.created_at),
    type: type === '' ? null : type,
    estimate: points(parts.estimate),
  }
}

function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0]?.trim() ?? ''
  return line.length > LONGEST_NAME_OF_TEXT ? `${line.slice(0, LONGEST_NAME_OF_TEXT - 1)}\u2026` : line
}

function plain(value: unknown): string | null {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  if (['number', 'bigint', 'boolean'].includes(typeof value)) return String(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString()
  if (Array.isArray(value)) {
    const texts = value.map(plain)
    return texts.includes(null) ? null : texts.filter((each) => each !== '').join(', ')
  }
  return null
}

/** Programs that feed Tracker write -1, or text, for a story without an estimate. */
function points(value: unknown): number | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null
  if (typeof value === 'string' && value.trim() === '') return null
  // A comma is the decimal point of much of Europe; one before three digits would separate thousands.
  const number = Number(String(value).replace(/^(\s*\d+),(\d{1,2}\s*)$/, '$1.$2'))
  return Number.isFinite(number) && number >= 0 ? number : null
}

const RFC_822 =
  /^(?:[a-z]{3,9},?\s+)?(\d{1,2})\s+([a-z]{3})[a-z]*\s+(\d{4}|\d{2})\s+(\d{1,2}:\d{2}(?::\d{2})?)\s*(.*)$/i
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/**
 * Understands ISO 8601, Tracker's `2008/12/10 00:00:00 UTC`, a feed's `Wed, 10 Dec 2008 00:00:00 GMT` (RFC 822),
 * PostgreSQL's `2008-12-10 00:00:00+00`, and seconds or milliseconds since 1970.
 */
export function moment(value: unknown): Date | null {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value
  if (typeof value === 'number' || typeof value === 'bigint') return sinceEpoch(Number(value))
  if (typeof value !== 'string') return null
  const text = value.trim()
  if (/^\d{9,15}(\.\d+)?$/.test(text)) return sinceEpoch(Number(text))
  const iso = isoTime(text.replace(/(:\d{2}(?:\.\d+)?\s*[+-]\d{2})$/, '$1:00')) ?? isoTime(fromRfc822(text))
  return iso === null ? null : new Date(iso)
}

function sinceEpoch(number: number): Date | null {
  const moment = new Date(Math.abs(number) < SMALLEST_MS ? number * 1000 : number)
  return Number.isNaN(moment.getTime()) ? null : moment
}

function fromRfc822(text: string): string {
  const [, day, monthName, yearText = '', time, zone] = RFC_822.exec(text) ?? []
  const month = MONTHS.indexOf(monthName?.toLowerCase() ?? '') + 1
  // RFC 822 of 1982 has years of two digits: 70 to 99 are in the last century.
  const year = yearText.length === 2 ? `${Number(yearText) < 70 ? 20 : 19}${yearText}` : yearText
  return month === 0 ? '' : `${year}-${month}-${day} ${time} ${zone}`
}
