const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])
const DECIMAL = /^#\d{1,10}$/
const HEX = /^#x[\da-fA-F]{1,8}$/
const LONGEST = '&#x0010FFFF;'.length

/** A reference that stands in a text, from its ampersand to behind its semicolon. */
export interface Reference {
  readonly character: string
  readonly end: number
}

/**
 * Reads one of the five entities that XML has without a DOCTYPE, or a numeric reference to a character that XML 1.0
 * allows (production 2, Char); null for everything else.
 */
export function referenceAt(text: string, ampersand: number): Reference | null {
  const length = text.slice(ampersand, ampersand + LONGEST).indexOf(';')
  if (length === -1) return null
  const name = text.slice(ampersand + 1, ampersand + length)
  const character = name.startsWith('#') ? numbered(name) : NAMED.get(name)
  return character === undefined ? null : { character, end: ampersand + length + 1 }
}

/** The text with the character for each reference. Every reference is longer than its character, so nothing grows. */
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

function numbered(name: string): string | undefined {
  if (DECIMAL.test(name)) return character(Number(name.slice(1)))
  if (HEX.test(name)) return character(Number.parseInt(name.slice(2), 16))
  return undefined
}

function character(code: number): string | undefined {
  const allowed =
    code < 0x20
      ? code === 0x9 || code === 0xa || code === 0xd
      : code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff)
  return allowed ? String.fromCodePoint(code) : undefined
}
