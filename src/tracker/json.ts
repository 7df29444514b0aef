import { ParseError } from './parse-error.ts'

/** An activity of v5 has seven levels. */
const MAX_DEPTH = 64
/** The first whole number that JSON.parse changes, 2^53 + 1, has 16 digits. */
const SAFE_DIGITS = 15

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b])
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d])

/**
 * JSON.parse, except that whole numbers too long for a JavaScript number become strings with all their digits.
 * @throws {ParseError} 'syntax' or 'too deep'
 */
export function parseJson(text: string): unknown {
  const long = longNumbers(text)
  const value = parse(text)
  return long.length === 0 ? value : parse(quoted(text, long))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/\s+/g, ' ') : 'unknown'
    throw new ParseError('syntax', `The JSON is malformed: ${why}.`)
  }
}

type Span = readonly [from: number, to: number]

/** Walks once over the text outside of strings, checks the depth, and finds the whole numbers that are too long. */
function longNumbers(text: string): Span[] {
  const long: Span[] = []
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (OPENING.has(code)) depth += 1
    else if (CLOSING.has(code)) depth -= 1
    else if (isDigit(code)) {
      const end = endOfDigits(text, at)
      if (end - at > SAFE_DIGITS && isWhole(text, at, end)) long.push([text[at - 1] === '-' ? at - 1 : at, end])
      at = end - 1
    }
    if (depth > MAX_DEPTH) throw new ParseError('too deep', `The JSON is nested more than ${MAX_DEPTH} deep.`)
  }
  return long
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = end - 1
    while (text.charCodeAt(slashes) === BACKSLASH) slashes -= 1
    if ((end - slashes) % 2 === 1) return end
  }
  return text.length
}

function endOfDigits(text: string, start: number): number {
  let end = start
  while (isDigit(text.charCodeAt(end))) end += 1
  return end
}

/** False for the digits of a fraction or an exponent, and for the digits before either. */
function isWhole(text: string, start: number, end: number): boolean {
  return (
    !/[.eE+]/.test(text.charAt(start - 1)) &&
    !/[.eE]/.test(text.charAt(end)) &&
    !/[eE]-/.test(text.slice(start - 2, start))
  )
}

function quoted(text: string, spans: readonly Span[]): string {
  let result = ''
  let from = 0
  for (const [start, end] of spans) {
    result += `${text.slice(from, start)}"${text.slice(start, end)}"`
    from = end
  }
  return result + text.slice(from)
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}
