import { decodeReferences } from '../../../tracker/xml-reference.ts'
import { htmlText } from '../../kit/html-text.ts'
import { settingError } from '../../kit/setting-error.ts'
import { type ReadTicket, storyOf } from '../ticket-parts.ts'
import { createTimeReader, type TimeFormat, type TimeReader, USUAL_TIMES } from '../times.ts'
import { all, type Element, readXml, textIn, type Value, wrongRoot } from './xml.ts'

const SETTING = 'source.feed'
const EXPECTED = 'an RSS or Atom feed'

/** Their text may be HTML, so it is kept as it is written. */
const RAW = ['title', 'description', 'content:encoded', 'summary', 'content']

/**
 * Reads RSS 2.0 and 1.0 and Atom 1.0 (RFC 4287); HTML becomes text.
 * @throws {DeliveryError} for anything else
 */
export function* feedStories(text: string, format: TimeFormat = USUAL_TIMES): Generator<ReadTicket> {
  const times = createTimeReader(format)
  const { root, elements } = readXml(text, { setting: SETTING, expected: EXPECTED, raw: RAW })
  const read = ENTRIES[root]
  if (read === undefined) throw wrongRoot(root, SETTING, EXPECTED)
  let number = 0
  for (const element of elements(read.names)) {
    number += 1
    yield story(read.entry(element), number, times)
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
}

const ENTRIES: Readonly<Record<string, { names: readonly string[]; entry: (element: Element) => Entry }>> = {
  rss: { names: ['item'], entry: item },
  'rdf:RDF': { names: ['item'], entry: item },
  feed: { names: ['entry'], entry: atomEntry },
}

function story(
  { id, link, title, text, author, time, category }: Entry,
  number: number,
  times: TimeReader,
): ReadTicket {
  const externalId = id === '' ? link : id
  const parts = {
    external_id: externalId,
    name: title.replace(/\s+/g, ' '),
    description: [text, link === externalId ? '' : link].filter((part) => part !== '').join('\n\n'),
    requested_by: author,
    created_at: time,
    type: category,
  }
  const blame = () => settingError(SETTING, `the feed cannot be used: entry ${number} has neither an id nor a link`)
  return storyOf(parts, number, blame, times)
}

function item(element: Element): Entry {
  const { guid, link, category, author, pubDate } = element
  return {
    id: textIn(guid).trim() || textIn(element['@rdf:about']).trim(),
    link: textIn(link).trim(),
    title: titleText(unwrapped(textIn(element.title))),
    text: htmlText(unwrapped(textIn(element['content:encoded'] ?? element.description))),
    author: textIn(element['dc:creator']).trim() || nameIn(textIn(author)),
    time: textIn(pubDate ?? element['dc:date']),
    category: textIn(category ?? element['dc:subject']).trim(),
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
    author: textIn(author?.name).trim(),
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
