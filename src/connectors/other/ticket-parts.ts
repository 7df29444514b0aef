import type { ExternalStory } from '../contract/connector.ts'
import type { DeliveryError } from '../contract/delivery-error.ts'
import { oneLine } from '../kit/one-line.ts'
import type { TimeReader } from './times.ts'

/** Named as in the import XML. */
export const PARTS = ['external_id', 'name', 'description', 'requested_by', 'created_at', 'type', 'estimate'] as const
export type Part = (typeof PARTS)[number]

/** An expression or the name of a column for each part. */
export type OfParts = { readonly [part in Part]?: string | undefined }

export type Parts = { readonly [part in Part]?: unknown }

const LONGEST_NAME_OF_TEXT = 100
/** Well beyond the 20,000 characters that Tracker keeps of a description. */
const LONGEST_TEXT = 100_000

/** A ticket as it was read. */
export interface ReadTicket extends ExternalStory {
  /** The time of creation, if it could not be read. */
  readonly unreadTime?: UnreadTime
}

export interface UnreadTime {
  readonly text: string
  readonly why: 'unknown' | 'ambiguous'
}

/** Makes the error for a wrong part, naming the setting. */
export type Blame = (part: Part, problem: string) => DeliveryError

/**
 * Tracker requires a name, so a missing one is taken from the text.
 * @param number counts the tickets from 1, for messages
 * @throws {DeliveryError} for a ticket without an id, or a part that is not text
 */
export function storyOf(parts: Parts, number: number, blame: Blame, times: Pick<TimeReader, 'read'>): ReadTicket {
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
  const description = text('description').slice(0, LONGEST_TEXT)
  const type = text('type').trim()
  const createdAt = times.read(parts.created_at)
  return {
    externalId,
    name: text('name').trim() || firstLine(description) || externalId,
    description,
    requestedBy: text('requested_by').trim(),
    createdAt: typeof createdAt === 'string' ? null : createdAt,
    type: type === '' ? null : type,
    estimate: points(parts.estimate),
    ...(typeof createdAt === 'string'
      ? { unreadTime: { text: oneLine(plain(parts.created_at) ?? '{...}', 60), why: createdAt } }
      : {}),
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
