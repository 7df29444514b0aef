import type { ExternalStory } from '../../contract/connector.ts'
import type { DeliveryError } from '../../contract/delivery-error.ts'
import { settingError } from '../../kit/setting-error.ts'
import { type FetchTools, fetchDocument } from '../fetch.ts'
import { readWhole } from '../files.ts'
import type { Access, Source } from '../source.ts'
import { linkedNext } from './link-header.ts'
import { openReader, type Reader } from './thread.ts'

type DocumentSource = Extract<Source, { kind: 'external_stories' | 'feed' | 'json' | 'yaml' }>

/** YAML takes some fifty times its length while it is read. */
const MAX_YAML_BYTES = 8 * 1024 * 1024
/** Nothing has to be fetched before it, and the most that is read may take 20 s where there is little else to run on. */
const LONGEST_YAML_MS = 45_000
const PAGE_SIZE = 500
/** Beyond this, the pages are not a list that a person chooses stories from. */
const MOST_PAGES = 10_000

/** The tickets of a source that is a document, or several that lead from one to the next. @throws {DeliveryError} */
export async function* documentStories(source: DocumentSource, tools: FetchTools) {
  const reader =
    source.kind === 'yaml' ? openReader('source.yaml', LONGEST_YAML_MS) : openReader(`source.${source.kind}`)
  try {
    if (source.kind === 'json') yield* jsonPages(source, reader, tools)
    else {
      if (source.kind === 'yaml') {
        const bytes = await readWhole(source.file, 'source.yaml', MAX_YAML_BYTES)
        await reader.read({ kind: 'yaml', bytes, contentType: '', mapping: source.mapping })
      } else {
        const document = await fetchDocument(source.access, `source.${source.kind}`, tools)
        await reader.read({ kind: source.kind, bytes: document.bytes, contentType: document.contentType })
      }
      yield* storiesOf(reader)
    }
  } finally {
    await reader.close()
  }
}

async function* storiesOf(reader: Reader): AsyncGenerator<readonly ExternalStory[]> {
  for (;;) {
    const stories = await reader.stories(PAGE_SIZE)
    if (stories.length > 0) yield stories
    if (stories.length < PAGE_SIZE) return
  }
}

async function* jsonPages(
  { access, mapping, nextHosts }: Extract<Source, { kind: 'json' }>,
  reader: Reader,
  tools: FetchTools,
) {
  const seen = new Set<string>()
  let url: string | null = access.url
  for (let page = 1; url !== null; page += 1) {
    if (seen.has(url))
      throw settingError('source.next', `page ${page} has the address of a page before it: check source.next`)
    if (page > MOST_PAGES)
      throw settingError('source.next', `there are more than ${MOST_PAGES} pages: check source.next`)
    seen.add(url)
    const asked: Access = { url, headers: sameOrigin(url, access.url) ? access.headers : {} }
    const document = await fetchDocument(asked, page === 1 ? 'source.json' : 'source.next', tools)
    const { bytes, contentType, link } = document
    const found = await reader.read({ kind: 'json', bytes, contentType, mapping, url, page })
    yield* storiesOf(reader)
    const next: string | null = mapping.next === undefined ? linkedNext(link) : found
    url = next === null ? null : resolved(next, url)
    if (url !== null && !sameOrigin(url, access.url) && !nextHosts.includes(new URL(url).host)) throw elsewhere(url)
  }
}

/** A login is for the program that it was set for, whatever address its answers name. */
function sameOrigin(url: string, first: string): boolean {
  return new URL(url).origin === new URL(first).origin
}

/** Whatever answers at an address could otherwise have the relay read, and show, what only the relay's network reaches. */
function elsewhere(url: string): DeliveryError {
  const { host, origin } = new URL(url)
  return settingError(
    'source.next_hosts',
    `the next page is at ${origin}, which source.json does not name: if that is right, add ${host} to source.next_hosts`,
  )
}

function resolved(next: string, from: string): string {
  const url = URL.canParse(next, from) ? new URL(next, from) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    throw settingError('source.next', "the next page's address is not an http or https address: check source.next")
  return url.href
}
