import { createHash } from 'node:crypto'
import { ParseError, shown } from './parse-error.ts'
import { isoTime, TIME_EXPECTED } from './times.ts'

const ID = /^[\w-]{1,64}$/
const GUID = /^[!-~]{1,200}$/
/** Stands for an object, a list, true or false; not a valid id, kind or number. */
const NEITHER = '?'
const KIND = /^[\w.:/-]{1,100}$/

/** @throws {ParseError} */
export function requiredId(value: unknown, field: string): string {
  const id = scalar(value)
  if (id === null) throw missing(field, value, 'an id')
  if (!ID.test(id)) throw bad(field, value, 'an id: up to 64 letters, digits, "_" or "-"')
  return id
}

/** For an id that no delivery needs: null if it is absent or invalid. */
export function optionalId(value: unknown): string | null {
  const id = scalar(value)
  return id !== null && ID.test(id) ? id : null
}

/** In v5 `<project id>_<version>`; anything printable is accepted. */
export function optionalGuid(value: unknown, field: string): string | null {
  const guid = scalar(value)
  if (guid === null) return null
  if (guid === NEITHER || !GUID.test(guid)) throw bad(field, value, 'up to 200 printable characters without a space')
  return guid
}

/** Empty if it is absent or invalid. */
export function optionalKind(value: unknown): string {
  const kind = scalar(value)
  return kind !== null && KIND.test(kind) ? kind : ''
}

/** Without v5's ending `_activity`; unknown kinds are accepted too. */
export function requiredKind(value: unknown, field: string): string {
  const kind = scalar(value)
  if (kind === null) throw missing(field, value, 'what happened, such as story_update')
  if (!KIND.test(kind)) throw bad(field, value, 'what happened, such as story_update')
  return kind.replace(/_activity$/, '')
}

export function requiredTime(value: unknown, field: string): string {
  if (scalar(value) === null) throw missing(field, value, 'the time')
  const iso = typeof value === 'string' || typeof value === 'number' ? isoTime(value) : null
  if (iso === null) throw new ParseError('bad field', `${field} is ${shown(value)}; ${TIME_EXPECTED}.`)
  return iso
}

/** Null if absent. */
export function optionalVersion(value: unknown, field: string): number | null {
  const text = scalar(value)
  if (text === null) return null
  const version = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(version)) throw bad(field, value, "the project's version, a whole number")
  return version
}

/** The key of an activity without an id: the same bytes are the same activity. */
export function keyOfBytes(body: Buffer): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`
}

/** The trimmed text of a string or number; null if absent, null or empty. */
function scalar(value: unknown): string | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'number') return String(value)
  const text = typeof value === 'string' ? value.trim() : NEITHER
  return text === '' ? null : text
}

function missing(field: string, value: unknown, expected: string): ParseError {
  const how = value === undefined ? 'is missing' : 'is empty'
  return new ParseError('missing field', `${field} ${how}; expected ${expected}.`)
}

function bad(field: string, value: unknown, expected: string): ParseError {
  return new ParseError('bad field', `${field} is ${shown(value)}; expected ${expected}.`)
}
