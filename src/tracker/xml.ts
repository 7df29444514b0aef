import { XMLParser } from 'fast-xml-parser'
import { ParseError } from './parse-error.ts'
import { checkXml, type Outline } from './xml-check.ts'
import { decodeReferences } from './xml-reference.ts'

/** An element with children; one without is its text alone, and one that comes several times is a list. */
export interface Element {
  readonly [name: string]: Element | string | readonly (Element | string)[] | undefined
}

export interface Document {
  readonly root: string
  readonly children: Outline['children']
  readonly element: Element | string
}

/** The parser's own decoder reads numeric references only together with the named ones of HTML. */
const references = {
  decode: decodeReferences,
  reset: () => {},
  setXmlVersion: () => {},
  setExternalEntities: () => {},
  addInputEntities: () => {},
}

/** Every value stays a string as it was sent: ids beyond 2^53, "007" and "true" alike. */
const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  trimValues: false,
  jPath: false,
  maxNestedTags: 64,
  processEntities: { enabled: true, maxEntityCount: 1, maxEntitySize: 1, maxExpansionDepth: 1 },
  entityDecoder: references,
})

/**
 * Reads a whole document.
 * @throws {ParseError} for what is not well-formed, has a DOCTYPE, or is deeper or larger than any activity
 */
export function parseXml(text: string): Document {
  const { root, children } = checkXml(text)
  const tree = read(text)
  // The parser renames an element that is named after a method of every object; the method itself is no element.
  const element = Object.hasOwn(tree, root) ? tree[root] : undefined
  if (element === undefined || Array.isArray(element)) {
    throw new ParseError('not an activity', `The root element is <${root.slice(0, 60)}>; expected is <activity>.`)
  }
  return { root, children, element: element as Element | string }
}

function read(text: string): Element {
  try {
    return parser.parse(text)
  } catch (error) {
    // Left after the check: names that the parser forbids because they would reach an object's prototype.
    throw new ParseError('syntax', `The XML cannot be read: ${error instanceof Error ? error.message : 'unknown'}.`)
  }
}
