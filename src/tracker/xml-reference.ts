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

export interface Reference {
  readonly character: string
  readonly end: number
}

/**
 * Reads one of XML's five predefined entities, or a numeric reference to a character that XML 1.0 allows (production 2,
 * Char); null for everything else. Looks at each character once, since a body may have 200,000 references.
 */
export function referenceAt(text: string, ampersand: number): Reference | null {
  const at = ampersand + 1
  if (text.charCodeAt(at) === HASH) {
    return text.charCodeAt(at + 1) === X ? numbered(text, at + 2, 16) : numbered(text, at + 1, 10)
  }
  for (const [name, character] of NAMED) {
    if (text.startsWith(name, at)) return { character, end: at + name.length }
  }
  return null
}

/** Every reference is longer than its character, so the text does not grow. */
export function decodeReferences(text: string): string {
  let result = ''
  let from = 0
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) {
    const reference = referenceAt(text, at)
    if (reference === null) continue
    result += text.slice(from, at) + reference.character
    from = reference.end
  }
  return from === 0 ? text : result + text.slice(from)
}

function numbered(text: string, start: number, base: 10 | 16): Reference | null {
  let code = 0
  let at = start
  for (let digit = digitAt(text, at); digit < base && code <= LAST_CODE_POINT; digit = digitAt(text, at)) {
    code = code * base + digit
    at += 1
  }
  const complete = at > start && text.charCodeAt(at) === SEMICOLON
  return complete && isAllowed(code) ? { character: String.fromCodePoint(code), end: at + 1 } : null
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
