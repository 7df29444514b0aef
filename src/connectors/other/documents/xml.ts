import { XMLParser } from 'fast-xml-parser'
import type { DeliveryError } from '../../contract/delivery-error.ts'
import { oneLine } from '../../kit/one-line.ts'
import { settingError } from '../../kit/setting-error.ts'
import { oddity } from '../text.ts'
import { flawIn } from './xml-nesting.ts'

const MAX_DEPTH = 40

/** An element: its attributes with "@" before their names, its children, its own text as "#text". */
export interface Element {
  readonly [name: string]: Value
}
export type Value = string | Element | readonly (string | Element)[] | undefined

/**
 * Gives elements one at a time, so that only one of 100,000 is held as objects. Those in comments and CDATA do not count.
 */
interface XmlDocument {
  readonly root: string
  elements(names: readonly string[]): Generator<Element>
}

interface XmlOptions {
  readonly setting: string
  readonly expected: string
  /** Elements whose content is kept as it is written, with its tags. */
  readonly raw?: readonly string[]
}

/**
 * Refuses a DOCTYPE, and so custom entities.
 * @throws {DeliveryError} for anything but well-formed XML
 */
export function readXml(text: string, { setting, expected, raw = [] }: XmlOptions): XmlDocument {
  const fail = (why: string): DeliveryError => settingError(setting, `the answer is ${why}: check ${setting}`)
  const odd = oddity(text)
  if (odd !== null) throw fail(`not ${expected}, but ${odd}`)
  const start = behindProlog(text)
  if (/^<!doctype/i.test(text.slice(start, start + 9)))
    throw fail('refused because of its document type declaration, which could define entities')
  const flaw = flawIn(text)
  if (flaw !== null) throw fail(`not well-formed XML (line ${flaw.line}: ${flaw.what})`)
  const root = /^<([^\s/>]+)/.exec(text.slice(start, start + 300))?.[1] ?? ''
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
  })
  return {
    root,
    *elements(names) {
      for (const piece of pieces(text, names)) {
        const [element] = Object.values(parse(parser, piece, fail))
        if (typeof element === 'object' && !Array.isArray(element)) yield element as Element
        else yield {}
      }
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
