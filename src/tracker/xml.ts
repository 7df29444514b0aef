import { ParseError, type ParseFailure } from './parse-error.ts'
import { decodeReferences, referenceAt } from './xml-reference.ts'

/** An activity has five levels: activity, stories, story, notes, note. */
const MAX_DEPTH = 32
/** Room for thousands of stories in one activity; keeps the longest parse of a 1 MiB body under a tenth of a second. */
const MAX_ELEMENTS = 10_000

const NAME = '[A-Za-z_][\\w.:-]*'
/** Up to 16 attributes, so that the expression cannot be made to remember a hundred thousand. */
const ATTRIBUTES = `(?:[ \\t\\n]+${NAME}[ \\t\\n]*=[ \\t\\n]*(?:"[^"<]*"|'[^'<]*')){0,16}`
const REST_OF_START_TAG = new RegExp(`${ATTRIBUTES}[ \\t\\n]*/?>`, 'y')
const END_TAG = new RegExp(`</(${NAME})[ \\t\\n]*>`, 'y')
const DECLARATION =
  /<\?xml\s+version\s*=\s*(?:"1\.\d"|'1\.\d')(?:\s+encoding\s*=\s*(?:"[\w.-]+"|'[\w.-]+'))?(?:\s+standalone\s*=\s*(?:"yes"|"no"|'yes'|'no'))?\s*\?>/y
const BLANK = /^[ \t\n]*$/
const SLASH = '/'.charCodeAt(0)
const EXCLAMATION_MARK = '!'.charCodeAt(0)
const GREATER_THAN = '>'.charCodeAt(0)
const UNDERSCORE = '_'.charCodeAt(0)
/** Between these two are the full stop, the slash and the digits. */
const HYPHEN = '-'.charCodeAt(0)
const COLON = ':'.charCodeAt(0)
/** XML 1.0, production 2 (Char); decoded UTF-8 has no unpaired surrogates. */
const NO_CHARACTER = /[^\t\n\r -\ufffd]/

const UNKNOWN_REFERENCE = 'There is "&" that does not begin &amp; &lt; &gt; &quot; &apos; or the number of a character,'

const MALFORMED_TAG =
  'There is a malformed or unclosed tag, one with more than 16 attributes, or "<" not written as &lt;,'

/**
 * An element with children, without a prototype. An element without children is its text, and one that comes several
 * times is a list. Values stay strings as they were sent, such as ids beyond 2^53, "007" and "true". Text beside children
 * is left out.
 */
export interface Element {
  readonly [name: string]: Element | string | readonly (Element | string)[] | undefined
}

export interface Document {
  readonly root: string
  readonly children: ReadonlyMap<string, number>
  readonly element: Element | string
}

interface Open {
  readonly name: string
  text: string
  children: Children | null
}

type Children = Record<string, Element | string | (Element | string)[]>

/** A fast object without a prototype: `Object.create(null)` makes a hash table. */
const EmptyChildren = function EmptyChildren() {} as unknown as new () => Children
EmptyChildren.prototype = Object.create(null)

interface Walk {
  readonly text: string
  readonly open: Open[]
  readonly children: Map<string, number>
  readonly nextAmpersand: (from: number) => number
  readonly nextCdataEnd: (from: number) => number
  root: string | null
  element: Element | string
  elements: number
}

/**
 * Reads a document in one walk, which refuses what is not well-formed XML 1.0, a DOCTYPE, processing instructions, names
 * outside ASCII, and documents deeper or larger than any activity. A library does not fit: fast-xml-parser reads much of
 * that without complaint, its validator accepts unknown entities, a second root that closes itself and unclosed CDATA,
 * and checking the rest before parsing took five times as long. Attributes are not read, so repeated ones pass.
 * @throws {ParseError} 'syntax', 'doctype' or 'too deep', with the line
 */
export function parseXml(given: string): Document {
  const text = lineEnds(given)
  const walk: Walk = {
    text,
    open: [],
    children: new Map(),
    nextAmpersand: lookAhead(text, '&'),
    nextCdataEnd: lookAhead(text, ']]>'),
    root: null,
    element: '',
    elements: 0,
  }
  checkCharacters(walk)
  let at = behindDeclaration(text)
  while (at < text.length) {
    const markup = text.indexOf('<', at)
    checkText(walk, at, markup === -1 ? text.length : markup)
    at = markup === -1 ? text.length : behindMarkup(walk, markup)
  }
  const unclosed = walk.open.at(-1)
  if (unclosed !== undefined)
    return refuse(walk, 'syntax', `<${unclosed.name}> is not closed: the body ends`, text.length)
  if (walk.root === null) return refuse(walk, 'syntax', 'There is no element before the body ends', text.length)
  return { root: walk.root, children: walk.children, element: walk.element }
}

function checkCharacters(walk: Walk): void {
  const stray = NO_CHARACTER.exec(walk.text)
  if (stray === null) return
  const code = stray[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  refuse(walk, 'syntax', `The character U+${code} is not allowed in XML`, stray.index)
}

function behindDeclaration(text: string): number {
  DECLARATION.lastIndex = 0
  return DECLARATION.test(text) ? DECLARATION.lastIndex : 0
}

function checkText(walk: Walk, from: number, to: number): void {
  const inside = walk.open.at(-1)
  if (inside !== undefined) {
    const hasReferences = checkReferences(walk, from, to)
    if (walk.nextCdataEnd(from) < to) refuse(walk, 'syntax', 'There is "]]>" in a text', walk.nextCdataEnd(from))
    // Text beside children is left out.
    if (from < to && inside.children === null) {
      const part = walk.text.slice(from, to)
      inside.text += hasReferences ? decodeReferences(part) : part
    }
  } else if (!BLANK.test(walk.text.slice(from, to))) {
    refuse(walk, 'syntax', 'There is text outside of the one element', from)
  }
}

/** @returns whether there are any */
function checkReferences(walk: Walk, from: number, to: number): boolean {
  const first = walk.nextAmpersand(from)
  for (let at = walk.nextAmpersand(from); at < to; at = walk.nextAmpersand(at + 1)) {
    const reference = referenceAt(walk.text, at)
    if (reference === null || reference.end > to) refuse(walk, 'syntax', UNKNOWN_REFERENCE, at)
  }
  return first < to
}

/** The position behind the comment, CDATA section or tag that begins at a "<". */
function behindMarkup(walk: Walk, at: number): number {
  const { text } = walk
  const next = text.charCodeAt(at + 1)
  if (next === SLASH) return behindEndTag(walk, at)
  if (next !== EXCLAMATION_MARK) return behindStartTag(walk, at)
  if (text.startsWith('<!--', at)) {
    const dashes = text.indexOf('--', at + 4)
    if (dashes !== -1 && text.charAt(dashes + 2) === '>') return dashes + 3
    return refuse(walk, 'syntax', 'There is a comment that is not closed, or has "--" in it,', at)
  }
  if (text.startsWith('<![CDATA[', at)) {
    const end = text.indexOf(']]>', at + 9)
    const inside = walk.open.at(-1)
    if (end !== -1 && inside !== undefined) {
      inside.text += text.slice(at + 9, end)
      return end + 3
    }
    return refuse(walk, 'syntax', 'There is CDATA that is not closed, or outside of an element,', at)
  }
  return behindStartTag(walk, at)
}

function behindEndTag(walk: Walk, at: number): number {
  const { text } = walk
  const expected = walk.open.pop()
  if (expected !== undefined && text.startsWith(expected.name, at + 2)) {
    const end = behindBlanks(text, at + 2 + expected.name.length)
    if (text.charCodeAt(end) === GREATER_THAN) {
      close(walk, expected.name, expected.children ?? expected.text)
      return end + 1
    }
  }
  END_TAG.lastIndex = at
  const name = END_TAG.exec(text)?.[1]
  if (name === undefined) return refuse(walk, 'syntax', 'There is a malformed end tag', at)
  const instead = expected === undefined ? 'nothing is open' : `</${expected.name}> was expected`
  return refuse(walk, 'syntax', `</${name}> closes nothing: ${instead}`, at)
}

function behindBlanks(text: string, from: number): number {
  let at = from
  for (let code = text.charCodeAt(at); code === 0x20 || code === 0x9 || code === 0xa; code = text.charCodeAt(at))
    at += 1
  return at
}

/** `from` itself if no name begins there. */
function behindName(text: string, from: number): number {
  let at = from
  for (let code = text.charCodeAt(at); isInName(code, at === from); code = text.charCodeAt(at)) at += 1
  return at
}

/** As in NAME: digits and three marks not at the beginning. */
function isInName(code: number, isFirst: boolean): boolean {
  const letter = code | 0x20
  if ((letter >= 0x61 && letter <= 0x7a) || code === UNDERSCORE) return true
  return !isFirst && code >= HYPHEN && code <= COLON && code !== SLASH
}

function behindStartTag(walk: Walk, at: number): number {
  const { text } = walk
  const nameEnd = behindName(text, at + 1)
  if (nameEnd === at + 1) return refuseMarkup(walk, at)
  let end = nameEnd + 1
  // Half of all tags are nothing but their name.
  if (text.charCodeAt(nameEnd) !== GREATER_THAN) {
    REST_OF_START_TAG.lastIndex = nameEnd
    if (!REST_OF_START_TAG.test(text)) return refuseMarkup(walk, at)
    end = REST_OF_START_TAG.lastIndex
    checkReferences(walk, nameEnd, end)
  }
  const name = text.slice(at + 1, nameEnd)
  const isEmpty = text.charCodeAt(end - 2) === SLASH
  if (name === '__proto__') refuse(walk, 'syntax', 'There is an element <__proto__>, which no activity has,', at)
  const { open, children } = walk
  if (open.length === 0 && walk.root !== null) refuse(walk, 'syntax', `<${name}> is a second root element`, at)
  walk.root ??= name
  if (open.length === 1) children.set(name, (children.get(name) ?? 0) + 1)
  if (isEmpty) close(walk, name, '')
  else open.push({ name, text: '', children: null })
  walk.elements += 1
  if (open.length > MAX_DEPTH) refuse(walk, 'too deep', `The elements are nested more than ${MAX_DEPTH} deep`, at)
  if (walk.elements > MAX_ELEMENTS) refuse(walk, 'syntax', `There are more than ${MAX_ELEMENTS} elements`, at)
  return end
}

function close(walk: Walk, name: string, element: Element | string): void {
  const parent = walk.open.at(-1)
  if (parent === undefined) {
    walk.element = element
    return
  }
  parent.children ??= new EmptyChildren()
  const before = parent.children[name]
  if (before === undefined) parent.children[name] = element
  else if (Array.isArray(before)) before.push(element)
  else parent.children[name] = [before, element]
}

/** XML 1.0, section 2.11: every line end becomes a line feed. */
function lineEnds(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
}

function refuseMarkup(walk: Walk, at: number): never {
  if (/^<!(doctype|entity|element|attlist|notation)/i.test(walk.text.slice(at, at + 12))) {
    return refuse(walk, 'doctype', 'There is a document type declaration, which an activity never has,', at)
  }
  if (walk.text.startsWith('<?', at)) {
    return refuse(walk, 'syntax', 'There is a processing instruction, or a declaration that is malformed or late,', at)
  }
  return refuse(walk, 'syntax', MALFORMED_TAG, at)
}

function refuse(walk: Walk, reason: ParseFailure, what: string, at: number): never {
  throw new ParseError(reason, `${what} in line ${lineOf(walk.text, at)}.`)
}

/**
 * Finds the pattern's next position, or Infinity, from positions that only grow. Remembers the last find: calling indexOf
 * for each of 100,000 texts would walk to the end of the body each time.
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
