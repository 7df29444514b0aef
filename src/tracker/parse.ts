import type { Activity } from './activity.ts'

/**
 * Why a body was refused. `reason` is one of a few words and becomes a metric label; the message says what is
 * wrong and what to do, and goes to the caller.
 */
export class ParseError extends Error {
  readonly reason: ParseFailure
  constructor(reason: ParseFailure, message: string) {
    super(message)
    this.name = 'ParseError'
    this.reason = reason
  }
}

export type ParseFailure =
  | 'empty'
  | 'encoding'
  | 'not an activity'
  | 'syntax'
  | 'doctype'
  | 'too deep'
  | 'list'
  | 'missing field'
  | 'bad field'

/**
 * Reads one activity from the bytes that Tracker posted. The format is found from the bytes alone.
 * @throws {ParseError} for anything that is not exactly one activity
 */
export function parseActivity(body: Buffer): Activity {
  throw new ParseError('not an activity', `not written yet: ${body.length} bytes`)
}
