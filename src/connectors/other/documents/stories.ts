import type { DeliveryError } from '../../contract/delivery-error.ts'
import { settingError } from '../../kit/setting-error.ts'
import { type FetchTools, fetchDocument } from '../fetch.ts'
import { readWhole } from '../files.ts'
import type { Endpoint, Source } from '../source.ts'
import type { ReadTicket } from '../ticket-parts.ts'
import { linkedNext } from './link-header.ts'
import { openReader, type Reader } from './thread.ts'

type DocumentSource = Extract<Source, { kind: 'external_stories' | 'feed' | 'json' | 'yaml' }>

/** Parsing YAML takes some fifty times its length in memory. */
const MAX_YAML_BYTES = 8 * 1024 * 1024
/** Nothing is fetched first, and the longest file may take 20 s on a slow machine. */
const LONGEST_YAML_MS = 45_000
const PAGE_SIZE = 500
/** More than a person would choose stories from. */
const MOST_PAGES = 10_000

/** @throws {DeliveryError} */
export async function* documentStories(source: DocumentSource, tools: FetchTools) {
  const { kind, times, encoding } = source
  const setting = `source.${kind}`
  const reader = openReader(setting, kind === 'yaml' ? LONGEST_YAML_MS : undefined)
  try {
    if (kind === 'json') return yield* jsonPages(source, reader, tools)
    if (kind === 'yaml') {
      const bytes = await readWhole(source.file, setting, MAX_YAML_BYTES)
      await reader.read({ kind, bytes, contentType: '', encoding, times, mapping: source.mapping })
    } else {
      const { bytes, contentType } = await fetchDocument(source.endpoint, setting, tools)
      const document = { bytes, contentType, encoding, times }
      await reader.read(
        source.kind === 'feed'
          ? { ...document, kind: 'feed', fields: source.fields }
          : { ...document, kind: 'external_stories' },
      )
    }
    yield* storiesOf(reader)
  } finally {
    await reader.close()
  }
}

async function* storiesOf(reader: Reader): AsyncGenerator<readonly ReadTicket[]> {
  for (;;) {
    const stories = await reader.stories(PAGE_SIZE)
    if (stories.length > 0) yield stories
    if (stories.length < PAGE_SIZE) return
  }
}

async function* jsonPages(
  { endpoint, mapping, nextHosts, encoding, times }: Extract<Source, { kind: 'json' }>,
  reader: Reader,
  tools: FetchTools,
) {
  const seen = new Set<string>()
  let url: string | null = endpoint.url
  for (let page = 1; url !== null; page += 1) {
    if (seen.has(url))
      throw settingError('source.next', `page ${page} has the URL of an earlier page: check source.next`)
    if (page > MOST_PAGES)
      throw settingError('source.next', `there are more than ${MOST_PAGES} pages: check source.next`)
    seen.add(url)
    const asked: Endpoint = { url, headers: sameOrigin(url, endpoint.url) ? endpoint.headers : {} }
    const { bytes, contentType, link } = await fetchDocument(asked, page === 1 ? 'source.json' : 'source.next', tools)
    const found = await reader.read({ kind: 'json', bytes, contentType, encoding, times, mapping, url, page })
    yield* storiesOf(reader)
    const next: string | null = mapping.next === undefined ? linkedNext(link) : found
    url = next === null ? null : resolved(next, url)
    if (url !== null && !sameOrigin(url, endpoint.url) && !nextHosts.includes(new URL(url).host)) throw elsewhere(url)
  }
}

/** The login goes only to the program that it was set for. */
function sameOrigin(url: string, first: string): boolean {
  return new URL(url).origin === new URL(first).origin
}

/** Otherwise a program could make the relay read, and show, what only the relay's network reaches. */
function elsewhere(url: string): DeliveryError {
  const { host, origin } = new URL(url)
  const what = `the next page is at ${origin}, which source.json does not name`
  return settingError('source.next_hosts', `${what}: if that is right, add ${host} to source.next_hosts`)
}

function resolved(next: string, from: string): string {
  const url = URL.canParse(next, from) ? new URL(next, from) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    throw settingError('source.next', 'the next page is not at an http or https URL: check source.next')
  return url.href
}
