import { ParseError, type ParseFailure } from './parse-error.ts'
import { referenceAt } from './xml-reference.ts'

/** An activity is five levels deep: activity, stories, story, notes, note, and their text. */
const MAX_DEPTH = 32
/** Room for thousands of stories in one activity; keeps the longest parse of a 1 MiB body under a tenth of a second. */
const MAX_ELEMENTS = 10_000

const NAME = '[A-Za-z_][\\w.:-]*'
/** Up to 16 attributes, so that nobody can make the expression remember a hundred thousand of them. */
const ATTRIBUTES = `(?:\\s+${NAME}\\s*=\\s*(?:"[^"<]*"|'[^'<]*')){0,16}`
const START_TAG = new RegExp(`<(${NAME})${ATTRIBUTES}\\s*(/?)>`, 'y')
const END_TAG = new RegExp(`</(${NAME})\\s*>`, 'y')
const DECLARATION = /<\?xml\s+version\s*=\s*["']1\.\d["'][^<>?]*\?>/y
/** What may stand in XML 1.0 (production 2, Char); decoded UTF-8 has no half surrogate pairs. */
const NO_CHARACTER = /[^\t\n\r -\ufffd]/

const UNKNOWN_REFERENCE =
  'There is "&" that begins none of &amp; &lt; &gt; &quot; &apos;, nor the number of a character that XML allows,'

/** What the check found on its way through the document. */
export interface Outline {
  readonly root: string
  /** How many elements are named so directly under the root. */
  readonly children: ReadonlyMap<string, number>
}

/**
 * Walks once through a document and refuses what XML 1.0 does not call well-formed, a DOCTYPE, processing
 * instructions, names outside ASCII, and documents deeper or larger than any activity. fast-xml-parser reads much of
 * that without complaint, and its own validator takes three times as long and lets through unknown entities, a second
 * root that closes itself and unclosed CDATA. A repeated attribute passes: attributes are not read.
 * @throws {ParseError} 'syntax', 'doctype' or 'too deep', with the line
 */
export function checkXml(text: string): Outline {
  const open: string[] = []
  const children = new Map<string, number>()
  const nextAmpersand = lookAhead(text, '&')
  const nextCdataEnd = lookAhead(text, ']]>')
  let root: string | null = null
  let elements = 0
  let at = 0

  const refuse = (reason: ParseFailure, what: string, position: number): never => {
    throw new ParseError(reason, `${what} in line ${lineOf(text, position)}.`)
  }
  const checkReferences = (from: number, to: number): void => {
    for (let amp = nextAmpersand(from); amp < to; amp = nextAmpersand(amp + 1)) {
      const reference = referenceAt(text, amp)
      if (reference === null || reference.end > to) refuse('syntax', UNKNOWN_REFERENCE, amp)
    }
  }

  const stray = NO_CHARACTER.exec(text)
  if (stray !== null) {
    const code = stray[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    refuse('syntax', `The character U+${code} is not allowed in XML`, stray.index)
  }
  DECLARATION.lastIndex = 0
  if (DECLARATION.test(text)) at = DECLARATION.lastIndex

  while (at < text.length) {
    const tag = text.indexOf('<', at)
    const end = tag === -1 ? text.length : tag
    if (open.length === 0) {
      if (text.slice(at, end).trim() !== '') refuse('syntax', 'There is text outside of the one element', at)
    } else {
      checkReferences(at, end)
      if (nextCdataEnd(at) < end) refuse('syntax', 'There is "]]>" in a text', nextCdataEnd(at))
    }
    if (tag === -1) break

    if (text.startsWith('<!--', tag)) {
      const dashes = text.indexOf('--', tag + 4)
      if (dashes === -1 || text.charAt(dashes + 2) !== '>') refuse('syntax', 'The comment does not end well', tag)
      at = dashes + 3
    } else if (text.startsWith('<![CDATA[', tag)) {
      const close = text.indexOf(']]>', tag + 9)
      if (close === -1 || open.length === 0) refuse('syntax', 'The CDATA is not closed, or outside of an element', tag)
      at = close + 3
    } else if (text.startsWith('</', tag)) {
      END_TAG.lastIndex = tag
      const name = END_TAG.exec(text)?.[1]
      const expected = open.pop()
      if (name === undefined) refuse('syntax', 'There is a malformed end tag', tag)
      if (name !== expected) {
        const instead = expected === undefined ? 'nothing is open' : `</${expected}> was expected`
        refuse('syntax', `</${name}> closes nothing: ${instead}`, tag)
      }
      at = END_TAG.lastIndex
    } else {
      START_TAG.lastIndex = tag
      const found = START_TAG.exec(text)
      const name = found?.[1]
      if (found === null || name === undefined) return refuseMarkup(text, tag, refuse)
      at = START_TAG.lastIndex
      checkReferences(tag, at)
      if (open.length === 0 && root !== null) refuse('syntax', `<${name}> is a second root element`, tag)
      root ??= name
      if (open.length === 1) children.set(name, (children.get(name) ?? 0) + 1)
      if (found[2] === '') open.push(name)
      elements += 1
      if (open.length > MAX_DEPTH) refuse('too deep', `The elements are nested more than ${MAX_DEPTH} deep`, tag)
      if (elements > MAX_ELEMENTS) refuse('syntax', `There are more than ${MAX_ELEMENTS} elements`, tag)
    }
  }
  const unclosed = open.at(-1)
  if (unclosed !== undefined) refuse('syntax', `<${unclosed}> is not closed: the body ends`, text.length)
  if (root === null) throw new ParseError('syntax', 'The XML has no element.')
  return { root, children }
}

function refuseMarkup(
  text: string,
  at: number,
  refuse: (reason: ParseFailure, what: string, position: number) => never,
): never {
  if (/^<!(doctype|entity|element|attlist|notation)/i.test(text.slice(at, at + 12))) {
    return refuse('doctype', 'There is a document type declaration, which an activity never has,', at)
  }
  if (text.startsWith('<?', at)) return refuse('syntax', 'There is a processing instruction or a late declaration', at)
  return refuse(
    'syntax',
    'There is a malformed or unclosed tag, one with more than 16 attributes, or "<" not written as &lt;,',
    at,
  )
}

/**
 * Where the pattern comes next, from any position that only ever grows; Infinity when it comes no more. Remembers the
 * last find: asking indexOf again for each of 100,000 texts would walk to the end of the body each time.
 */
function lookAhead(text: string, pattern: string): (from: number) => number {
  let known = -1
  return (from) => {
    if (known < from) {
      const found = text.indexOf(pattern, from)
      known = found === -1 ? Number.POSITIVE_INFINITY : found
    }
    return known
  }
}

function lineOf(text: string, position: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < position; at = text.indexOf('\n', at + 1)) line += 1
  return line
}
