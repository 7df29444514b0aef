const NAMED: readonly (readonly [name: string, character: string])[] = [
  ['amp;', '&'],
  ['quot;', '"'],
  ['lt;', '<'],
  ['gt;', '>'],
  ['apos;', "'"],
]
const SEMICOLON = 0x3b
const HASH = 0x23
const X = 0x78
const LAST_CODE_POINT = 0x10ffff
const [FIRST_HIGH, LAST_HIGH, FIRST_LOW, LAST_LOW] = [0xd800, 0xdbff, 0xdc00, 0xdfff]

export interface Reference {
  readonly character: string
  readonly end: number
}

/**
 * Reads one of XML's five predefined entities, or a numeric reference; null for everything else. Tracker's own XML has
 * references that XML 1.0 forbids (production 2, Char): the halves of a surrogate pair are put together, and what stands
 * for no character becomes U+FFFD. Looks at each character twice at most, since a body may have 200,000 references.
 */
export function referenceAt(text: string, ampersand: number): Reference | null {
  const at = ampersand + 1
  if (text.charCodeAt(at) === HASH) return characterAt(text, at)
  for (const [name, character] of NAMED) {
    if (text.startsWith(name, at)) return { character, end: at + name.length }
  }
  return null
}

/** Every reference is longer than its character, so the text does not grow. */
export function decodeReferences(text: string): string {
  let result = ''
  let from = 0
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', Math.max(at + 1, from))) {
    const reference = referenceAt(text, at)
    if (reference === null) continue
    result += text.slice(from, at) + reference.character
    from = reference.end
  }
  return from === 0 ? text : result + text.slice(from)
}

function characterAt(text: string, hash: number): Reference | null {
  const number = numberAt(text, hash)
  if (number === null) return null
  const { code, end } = number
  if (isAllowed(code)) return { character: String.fromCodePoint(code), end }
  const low = isIn(code, FIRST_HIGH, LAST_HIGH) && text.startsWith('&#', end) ? numberAt(text, end + 1) : null
  if (low === null || !isIn(low.code, FIRST_LOW, LAST_LOW)) return { character: '\ufffd', end }
  return { character: String.fromCharCode(code, low.code), end: low.end }
}

function numberAt(text: string, hash: number): { readonly code: number; readonly end: number } | null {
  const isHex = text.charCodeAt(hash + 1) === X
  const base = isHex ? 16 : 10
  const start = hash + (isHex ? 2 : 1)
  let code = 0
  let at = start
  for (let digit = digitAt(text, at); digit < base && code <= LAST_CODE_POINT; digit = digitAt(text, at)) {
    code = code * base + digit
    at += 1
  }
  const isComplete = at > start && text.charCodeAt(at) === SEMICOLON && code <= LAST_CODE_POINT
  return isComplete ? { code, end: at + 1 } : null
}

function isIn(code: number, first: number, last: number): boolean {
  return code >= first && code <= last
}

function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at)
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : Number.POSITIVE_INFINITY
}

function isAllowed(code: number): boolean {
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= LAST_CODE_POINT)
}
