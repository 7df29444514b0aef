import { XMLParser } from 'fast-xml-parser'
import type { DeliveryError } from '../../contract/delivery-error.ts'
import { oneLine } from '../../kit/one-line.ts'
import { settingError } from '../../kit/setting-error.ts'
import { oddity } from '../text.ts'
import { flawIn } from './xml-nesting.ts'

const MAX_DEPTH = 40
/** Of the root's start tag, with the namespaces that it declares. */
const LONGEST_ROOT = 20_000

/** An element: its attributes with "@" before their names, its children, its own text as "#text". */
export interface Element {
  readonly [name: string]: Value
}
export type Value = string | Element | readonly (string | Element)[] | undefined

/**
 * Gives elements one at a time, so that only one of 100,000 is held as objects. Those in comments and CDATA do not count.
 */
interface XmlDocument {
  /** With the prefix of its namespace, if that is known. */
  readonly root: string
  /** What an element is called here that the document calls so. */
  nameOf(written: string): string
  elements(names: readonly string[]): Generator<Element>
}

interface XmlOptions {
  readonly setting: string
  readonly expected: string
  /** Elements whose content is kept as it is written, with its tags. */
  readonly raw?: readonly string[]
  /**
   * The prefix that each namespace gets here, '' for none, whatever the document calls it.
   * @param root of the document, without a prefix
   */
  readonly prefixes?: (root: string) => Readonly<Record<string, string>>
}

/**
 * Refuses a DOCTYPE that could define entities. One that only names a DTD passes: that is never fetched.
 * @throws {DeliveryError} for anything but well-formed XML
 */
export function readXml(answer: string, { setting, expected, raw = [], prefixes }: XmlOptions): XmlDocument {
  const fail = (why: string): DeliveryError => settingError(setting, `the answer is ${why}: check ${setting}`)
  const odd = oddity(answer)
  if (odd !== null) throw fail(`not ${expected}, but ${odd}`)
  const text = withoutDoctype(answer)
  const start = behindProlog(text)
  if (/^<!doctype/i.test(text.slice(start, start + 9)))
    throw fail('refused because of its document type declaration, which could define entities')
  const flaw = flawIn(text)
  if (flaw !== null) throw fail(`not well-formed XML (line ${flaw.line}: ${flaw.what})`)
  const names = namesIn(text.slice(start), prefixes)
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    // Needed for numeric references.
    htmlEntities: true,
    maxNestedTags: MAX_DEPTH,
    stopNodes: raw.map((name) => `..${name}`),
    ...(names.isPlain
      ? {}
      : {
          transformTagName: names.nameOf,
          transformAttributeName: (name: string) => `@${names.nameOf(name.slice(1))}`,
        }),
  })
  return {
    root: names.nameOf(names.root),
    nameOf: names.nameOf,
    *elements(wanted) {
      for (const piece of pieces(text, wanted.flatMap(names.written))) {
        const [element] = Object.values(parse(parser, piece, fail))
        if (typeof element === 'object' && !Array.isArray(element)) yield element as Element
        else yield {}
      }
    },
  }
}

/** Line numbers stay as they are. */
function withoutDoctype(text: string): string {
  const start = behindProlog(text)
  const doctype = /<!DOCTYPE\s(?:"[^"<>]*"|'[^'<>]*'|[^"'<>[\]])*>/iy
  doctype.lastIndex = start
  const [found] = doctype.exec(text) ?? []
  if (found === undefined) return text
  return `${text.slice(0, start)}${found.replace(/[^\n]/g, ' ')}${text.slice(start + found.length)}`
}

interface Names {
  /** As it is written. */
  readonly root: string
  /** True if no element needs another name. */
  readonly isPlain: boolean
  nameOf(written: string): string
  /** All ways in which the document may write a name. */
  written(name: string): readonly string[]
}

/** Namespaces are declared at the root, as programs do. */
function namesIn(text: string, prefixes: XmlOptions['prefixes']): Names {
  const tag = /^<(?:"[^"]*"|'[^']*'|[^"'>])*/.exec(text.slice(0, LONGEST_ROOT))?.[0] ?? ''
  const root = /^<([^\s/>]+)/.exec(tag)?.[1] ?? ''
  const known = prefixes?.(root.slice(root.indexOf(':') + 1)) ?? {}
  const ours = new Map<string, string>()
  for (const [, theirs = '', , uri = ''] of tag.matchAll(/\sxmlns:([^\s=]+)\s*=\s*(["'])(.*?)\2/g)) {
    const prefix = Object.hasOwn(known, uri) ? known[uri] : undefined
    if (prefix !== undefined && prefix !== theirs) ours.set(theirs, prefix)
  }

  function nameOf(written: string): string {
    const [, theirs = '', local = ''] = /^([^:]+):(.+)$/.exec(written) ?? []
    const prefix = ours.get(theirs)
    if (prefix === undefined) return written
    return prefix === '' ? local : `${prefix}:${local}`
  }

  return {
    root,
    isPlain: ours.size === 0,
    nameOf,
    written(name) {
      const [, prefix = '', local = name] = /^([^:]+):(.+)$/.exec(name) ?? []
      const others = [...ours].filter(([, our]) => our === prefix).map(([theirs]) => `${theirs}:${local}`)
      return [name, ...others]
    },
  }
}

export function wrongRoot(root: string, setting: string, expected: string): DeliveryError {
  const message = `the answer is not ${expected}; it begins with <${root.slice(0, 60)}>: check ${setting}`
  return settingError(setting, message)
}

function parse(parser: XMLParser, piece: string, fail: (why: string) => DeliveryError): Element {
  try {
    return parser.parse(piece) as Element
  } catch (error) {
    const why = error instanceof Error ? oneLine(error.message, 120) : 'unknown reason'
    throw fail(`XML that cannot be read (${why})`)
  }
}

/** The position of the first tag, after declaration, comments and processing instructions. */
function behindProlog(text: string): number {
  const prolog = /(?:\s+|<\?[\s\S]*?\?>|<!--[\s\S]*?-->)+/y
  return prolog.test(text) ? prolog.lastIndex : 0
}

/** The source text of each outermost element of these names. */
function* pieces(text: string, names: readonly string[]): Generator<string> {
  const alternatives = names.map((name) => name.replace(/[^\w:-]/g, '\\$&')).join('|')
  const markup = new RegExp(
    `<!--[\\s\\S]*?-->|<!\\[CDATA\\[[\\s\\S]*?\\]\\]>|<(/?)(?:${alternatives})(?=[\\s/>])(?:"[^"]*"|'[^']*'|[^"'>])*>`,
    'g',
  )
  let depth = 0
  let from = 0
  for (const found of text.matchAll(markup)) {
    if (found[1] === undefined) continue
    const isEnd = found[1] === '/'
    if (depth === 0 && !isEnd) from = found.index
    depth += isEnd ? -1 : found[0].endsWith('/>') ? 0 : 1
    if (depth === 0) yield text.slice(from, found.index + found[0].length)
  }
}

/** The text of the first element; '' if there is none. */
export function textIn(value: Value): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return textIn(value[0])
  return textIn((value as Element)['#text'])
}

export function all(value: Value): readonly Element[] {
  if (value === undefined) return []
  const list: readonly (string | Element)[] = Array.isArray(value) ? value : [value as string | Element]
  return list.map((each) => (typeof each === 'string' ? { '#text': each } : each))
}
