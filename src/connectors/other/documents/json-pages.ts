import { createHash } from 'node:crypto'
import type { DeliveryError } from '../../contract/delivery-error.ts'
import { settingError } from '../../kit/setting-error.ts'
import { type FetchTools, fetchDocument } from '../fetch.ts'
import type { Note } from '../note.ts'
import { isOwnHost } from '../own-host.ts'
import type { Endpoint, Source } from '../source.ts'
import type { ReadTicket } from '../ticket-parts.ts'
import { linkedNext } from './link-header.ts'
import { type Reader, storiesOf } from './reader.ts'

/** With 100 tickets each, more than a person would choose stories from. */
const MOST_PAGES = 500
/** Between two pages of a host that belongs to others. */
const PAUSE_MS = 250
/** One page may repeat the one before if many tickets were added meanwhile. */
const MOST_REPEATS = 3

/**
 * Reads page after page. A list ends where there is no next page, at a page without tickets, and, with a note, where its
 * pages begin to repeat: many programs name a next page for ever.
 * @throws {DeliveryError} also for a list that does not end
 */
export async function* jsonPages(
  { endpoint, mapping, nextHosts, maxPages, encoding, times }: Extract<Source, { kind: 'json' }>,
  reader: Reader,
  tools: FetchTools,
  note: Note,
): AsyncGenerator<readonly ReadTicket[]> {
  const most = maxPages ?? MOST_PAGES
  const urls = new Set<string>()
  const digests = new Set<string>()
  const ids = new Set<string>()
  let repeats = 0
  let url: string | null = endpoint.url
  for (let page = 1; url !== null; page += 1) {
    if (urls.has(url)) return note('source.next', repeated(page, 'has the URL of an earlier page'))
    if (page > most) throw endless(most, ids.size)
    urls.add(url)
    if (page > 1 && !isOwnHost(new URL(url).hostname)) await tools.pause(PAUSE_MS)
    const asked: Endpoint = { url, headers: sameOrigin(url, endpoint.url) ? endpoint.headers : {} }
    const { bytes, contentType, link } = await fetchDocument(asked, page === 1 ? 'source.json' : 'source.next', tools)
    const task = { kind: 'json', bytes, contentType, encoding, times, mapping, url, page } as const
    const digest = createHash('sha256').update(bytes).digest('base64')
    const { next: found, isEmpty } = await reader.read(task)
    if (isEmpty) return
    if (digests.has(digest)) return note('source.next', repeated(page, 'has the content of an earlier page'))
    digests.add(digest)
    const known = ids.size
    let count = 0
    for await (const stories of storiesOf(reader)) {
      count += stories.length
      for (const { externalId } of stories) ids.add(externalId)
      yield stories
    }
    repeats = count > 0 && ids.size === known ? repeats + 1 : 0
    if (repeats === MOST_REPEATS)
      return note('source.next', repeated(page, `is the ${MOST_REPEATS}rd in a row without a new ticket`))
    const next: string | null = mapping.next === undefined ? linkedNext(link) : found
    url = next === null ? null : resolved(next, url)
    if (url !== null && !sameOrigin(url, endpoint.url) && !nextHosts.includes(new URL(url).host)) throw elsewhere(url)
  }
}

function repeated(page: number, what: string): string {
  return `page ${page} ${what}, so the list ends before it: if tickets are missing, check source.next`
}

function endless(most: number, tickets: number): DeliveryError {
  const help = 'let the program give more tickets per page, or raise source.max_pages'
  return settingError(
    'source.max_pages',
    `the list has more than ${most} pages, with ${tickets} tickets so far: ${help}; if it should have ended, check source.next`,
  )
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
