import { decodeReferences } from '../../../tracker/xml-reference.ts'
import { htmlText } from '../../kit/html-text.ts'
import { settingError } from '../../kit/setting-error.ts'
import type { OfParts, Part, Parts } from '../ticket-parts.ts'
import { PARTS, type ReadTicket, storyOf } from '../ticket-parts.ts'
import { createTimeReader, type TimeFormat, type TimeReader, USUAL_TIMES } from '../times.ts'
import { valueAt } from './element-path.ts'
import { all, type Element, readXml, textIn, type Value, wrongRoot } from './xml.ts'

const SETTING = 'source.feed'
const EXPECTED = 'an RSS or Atom feed'

/** Their text may be HTML, so it is kept as it is written. */
const RAW = ['title', 'description', 'content:encoded', 'summary', 'content']

const ATOM = 'http://www.w3.org/2005/Atom'

/** Atom has no prefix in a feed of its own, and one in others, where .NET writes some of its elements. */
function prefixes(root: string): Readonly<Record<string, string>> {
  return {
    [ATOM]: root === 'feed' ? '' : 'atom',
    'http://purl.org/rss/1.0/': '',
    'http://purl.org/rss/1.0/modules/content/': 'content',
    'http://purl.org/dc/elements/1.1/': 'dc',
    'http://www.w3.org/1999/02/22-rdf-syntax-ns#': 'rdf',
  }
}

interface FeedOptions {
  readonly times?: TimeFormat
  /** Where the parts are in an entry, other than usual: paths of elements. */
  readonly fields?: OfParts
}

/**
 * Reads RSS of all versions, Atom 1.0 (RFC 4287), and JIRA's XML export, which is RSS with elements of its own; HTML
 * becomes text.
 * @throws {DeliveryError} for anything else
 */
export function* feedStories(
  text: string,
  { times: format = USUAL_TIMES, fields = {} }: FeedOptions = {},
): Generator<ReadTicket> {
  const times = createTimeReader(format)
  const { root, elements, nameOf } = readXml(text, { setting: SETTING, expected: EXPECTED, raw: RAW, prefixes })
  const read = ENTRIES[root]
  if (read === undefined) throw wrongRoot(root, SETTING, EXPECTED)
  const paths = PARTS.flatMap((part) => {
    const path = fields[part]
    return path === undefined ? [] : [[part, path.split('/').map(nameOf)] as const]
  })
  const ofTime = paths.filter(([part]) => part === 'created_at')
  let isColumnRead = false
  let number = 0
  for (const element of elements(read.names)) {
    number += 1
    const found = { ...partsOf(read.entry(element)), ...mapped(element, paths, number) }
    if (!isColumnRead && times.read(found.created_at) === 'ambiguous') {
      for (const each of elements(read.names)) times.learn(mapped(each, ofTime, number).created_at)
      isColumnRead = true
    }
    yield story(found, number, times)
  }
}

interface Entry {
  readonly id: string
  readonly link: string
  readonly title: string
  readonly text: string
  readonly author: string
  readonly time: string
  readonly category: string
  readonly points?: string
}

const ENTRIES: Readonly<Record<string, { names: readonly string[]; entry: (element: Element) => Entry }>> = {
  rss: { names: ['item'], entry: (element) => (isFromJira(element) ? jiraItem(element) : item(element)) },
  'rdf:RDF': { names: ['item'], entry: item },
  feed: { names: ['entry'], entry: atomEntry },
}

function partsOf({ id, link, title, text, author, time, category, points }: Entry): Parts {
  const externalId = id === '' ? link : id
  return {
    external_id: externalId,
    name: title.replace(/\s+/g, ' '),
    description: [text, link === externalId ? '' : link].filter((part) => part !== '').join('\n\n'),
    requested_by: author,
    created_at: time,
    type: category,
    estimate: points,
  }
}

type Paths = readonly (readonly [part: Part, path: readonly string[]])[]

/** An entry without the element keeps what is usual, except for an id, which would be of another kind. */
function mapped(element: Element, paths: Paths, number: number): Parts {
  const found = paths.flatMap(([part, path]) => {
    const value = valueAt(element, path)
    const raw = textIn(value)
    const name = path.at(-1) ?? ''
    const text = RAW.includes(name) || part === 'description' ? htmlText(unwrapped(raw)) : plain(raw)
    if (text === '' && part === 'external_id') {
      const setting = `source.fields.${part}`
      throw settingError(setting, `entry ${number} has no <${path.join('/')}>, or nothing in it: check ${setting}`)
    }
    return text === '' ? [] : [[part, text] as const]
  })
  return Object.fromEntries(found)
}

function story(parts: Parts, number: number, times: TimeReader): ReadTicket {
  const blame = () => settingError(SETTING, `the feed cannot be used: entry ${number} has neither an id nor a link`)
  return storyOf(parts, number, blame, times)
}

/** Its export of a search (SearchRequest.xml). */
function isFromJira(element: Element): boolean {
  return element.key !== undefined && element.summary !== undefined && element.guid === undefined
}

function jiraItem(element: Element): Entry {
  const { key, link, summary, description, reporter, created, type } = element
  return {
    id: textIn(key).trim(),
    link: textIn(link).trim(),
    title: titleText(unwrapped(textIn(summary))),
    text: htmlText(unwrapped(textIn(description))),
    author: plain(textIn(reporter)),
    time: textIn(created),
    category: plain(textIn(type)),
    points: pointsIn(element),
  }
}

function pointsIn(element: Element): string {
  const [custom] = all(element.customfields)
  const field = all(custom?.customfield).find((each) =>
    /^story points?( estimate)?$/i.test(textIn(each.customfieldname).trim()),
  )
  return textIn(all(field?.customfieldvalues)[0]?.customfieldvalue).trim()
}

function item(element: Element): Entry {
  const { guid, link, category, author, pubDate } = element
  return {
    id: textIn(guid).trim() || textIn(element['@rdf:about']).trim(),
    link: textIn(link).trim(),
    title: titleText(unwrapped(textIn(element.title))),
    text: htmlText(unwrapped(textIn(element['content:encoded'] ?? element.description))),
    author:
      plain(textIn(element['dc:creator'])) ||
      nameIn(plain(textIn(author))) ||
      plain(textIn(all(element['atom:author'])[0]?.['atom:name'])),
    time: textIn(pubDate ?? element['dc:date'] ?? element['atom:published'] ?? element['atom:updated']),
    category: plain(textIn(category ?? element['dc:subject'])),
  }
}

function atomEntry(element: Element): Entry {
  const links = all(element.link)
  const page = links.find((link) => ['', 'alternate'].includes(textIn(link['@rel']))) ?? links[0]
  const [author] = all(element.author)
  const [category] = all(element.category)
  return {
    id: textIn(element.id).trim(),
    link: textIn(page?.['@href']).trim(),
    title: textConstruct(element.title),
    text: textConstruct(element.content) || textConstruct(element.summary),
    author: plain(textIn(author?.name)),
    time: textIn(element.published ?? element.updated),
    category: textIn(category?.['@term']).trim(),
  }
}

/** RFC 4287, sections 3.1 and 4.1.3. */
function textConstruct(value: Value): string {
  const [element] = all(value)
  const type = textIn(element?.['@type']).trim().toLowerCase()
  const raw = textIn(element)
  if (type === 'xhtml') return htmlText(raw)
  return /^(html|text\/html)\b/.test(type) ? htmlText(unwrapped(raw)) : unwrapped(raw).trim()
}

/** RSS does not say whether a title is HTML; it is read as HTML only if it can hardly be anything else. */
function titleText(title: string): string {
  return /<\/[a-z]+>|&#?\w+;/i.test(title) ? htmlText(title) : title.trim()
}

/** A text that is not HTML may have its entities all the same, such as &eacute;. */
function plain(text: string): string {
  return /&[a-z][a-z0-9]*;/i.test(text) ? htmlText(text.replaceAll('<', '&lt;')) : text.trim()
}

/** Unwraps CDATA, decodes references elsewhere, and drops comments. */
function unwrapped(raw: string): string {
  return raw.replaceAll(/<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|[^<]+/g, (part, data: string | undefined) =>
    part.startsWith('<!--') ? '' : (data ?? decodeReferences(part)),
  )
}

/** RSS 2.0 has "kirk@acme.example.com (James Kirk)". */
function nameIn(author: string): string {
  return /\(([^)]+)\)\s*$/.exec(author)?.[1]?.trim() ?? author.trim()
}
