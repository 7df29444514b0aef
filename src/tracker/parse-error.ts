/**
 * A body was refused. The reason becomes a metric label; the message goes to the sender.
 */
export class ParseError extends Error {
  readonly reason: ParseFailure
  constructor(reason: ParseFailure, message: string) {
    super(message)
    this.name = 'ParseError'
    this.reason = reason
  }
}

export const PARSE_FAILURES = [
  ...(['empty', 'encoding', 'not an activity', 'syntax', 'doctype', 'too deep', 'list'] as const),
  ...(['missing field', 'bad field'] as const),
]
export type ParseFailure = (typeof PARSE_FAILURES)[number]

/** Quotes a value for an error message: on one line, control characters escaped, at most 60 characters. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, 200)) : describe(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  return String(value)
}
