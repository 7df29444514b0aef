import { isoTime } from '../../tracker/times.ts'
import type { ExternalStory, StoryType } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { pagesInOrder, withoutRepeats } from '../kit/pages.ts'
import { type ReadAgainTools, readAgain } from '../kit/read-again.ts'
import { settingError } from '../kit/setting-error.ts'
import { type Api, type Bin, type ListedTicket, TICKETS_A_PAGE } from './api.ts'
import type { Place } from './place.ts'
import { noProject } from './refusal.ts'

/** A ticket of Lighthouse has no type; people tell it by its tags. */
export const storyTypes: { readonly byType: Readonly<Record<string, StoryType>>; readonly otherwise: StoryType } = {
  byType: {
    bug: 'bug',
    defect: 'bug',
    feature: 'feature',
    enhancement: 'feature',
    chore: 'chore',
    task: 'chore',
  },
  otherwise: 'feature',
}

/** Requests are a second apart (`request_interval_seconds`), so more would only wait. */
const SIDE_BY_SIDE = 2

/** The place, with the bin whose tickets are read. */
export interface Source extends ReadAgainTools, Pick<Place, 'project' | 'token'> {
  readonly api: Api
  readonly bin: string
}

/**
 * The tickets of the bin as they are now, in the order of its query. Lighthouse has no call for them: the bin's query
 * is asked, page by page (so does its own client, caged/lighthouse-api).
 */
export async function* stories(source: Source): AsyncGenerator<readonly ExternalStory[]> {
  const bin = await readAgain(source, () => openBin(source))
  let seen = 0
  for await (const page of withoutRepeats(pagesOf(source, bin), ({ number }) => number)) {
    seen += page.length
    if (page.length > 0) yield page.map(storyOf)
  }
  if (seen === 0) await readAgain(source, () => proveLogin(source))
}

async function* pagesOf(source: Source, bin: Bin): AsyncGenerator<readonly ListedTicket[]> {
  let seen = 0
  let last: number | null = null
  const read = (index: number): Promise<readonly ListedTicket[]> =>
    readAgain(source, () => pageOf(source, bin, index + 1))
  function more(page: readonly ListedTicket[]): boolean {
    const [first] = page
    if (first === undefined || first.number === last) return false
    last = first.number
    seen += page.length
    // There is no total; a short page is the last only where the bin tells how many it holds, and they are all there.
    return page.length >= TICKETS_A_PAGE || bin.tickets_count == null || seen < bin.tickets_count
  }
  yield* pagesInOrder(read, more, SIDE_BY_SIDE)
}

async function pageOf(
  { api, project }: Pick<Source, 'api' | 'project'>,
  bin: Bin,
  number: number,
): Promise<readonly ListedTicket[]> {
  const page = await api.tickets(bin.query ?? '', number)
  if (page === null) throw noProject(project, 'pause')
  return page
}

/** @throws {DeliveryError} */
export function firstPage(source: Pick<Source, 'api' | 'project'>, bin: Bin): Promise<readonly ListedTicket[]> {
  return pageOf(source, bin, 1)
}

/** @throws {DeliveryError} when there is no such bin, or its query cannot be asked by whom the token is of */
export async function openBin({ api, project, bin: id, token }: Omit<Source, keyof ReadAgainTools>): Promise<Bin> {
  const bin = await api.bin(id)
  if (bin !== null && token === '' && /:\s*"?me\b/i.test(bin.query ?? ''))
    throw settingError('token', `the query of bin ${id} asks for "me": set the token of whom it means`)
  if (bin !== null) return bin
  if ((await api.project()) === null) throw noProject(project, 'pause')
  throw settingError(
    'bin_id',
    `Lighthouse shows ${token === '' ? 'nobody without a token' : 'the token'} no bin ${id} in project ${project}: ` +
      "take the number from the bin's address (/bins/...), and share the bin, or set the token of its owner",
    { status: 404 },
  )
}

/** A bin may be empty; but a token that ended meanwhile must not look so. Some tokens may not ask whose they are. */
async function proveLogin({ api, token }: Source): Promise<void> {
  if (token === '') return
  try {
    await api.me()
  } catch (error) {
    if (!(error instanceof DeliveryError) || (error.status !== 403 && error.status !== 404)) throw error
  }
}

function storyOf({ number, title, original_body, creator_name, created_at, tag }: ListedTicket): ExternalStory {
  const at = created_at == null ? null : isoTime(yearFirst(created_at))
  return {
    externalId: String(number),
    name: title ?? '',
    description: (original_body ?? '').replace(/\r\n?/g, '\n'),
    requestedBy: creator_name ?? '',
    createdAt: at === null ? null : new Date(at),
    type: typeIn(tag ?? ''),
    estimate: null,
  }
}

/** "Sat Jul 03 05:01:48 UTC 2010", as Ruby wrote times in JSON, with the year first; any other time as it is. */
function yearFirst(time: string): string {
  const found = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2}) (\d\d:\d\d:\d\d) (\S+) (\d{4})$/.exec(time.trim())
  if (found === null) return time
  const [, month = '', day = '', clock = '', zone = '', year = ''] = found
  const number = 'JanFebMarAprMayJunJulAugSepOctNovDec'.indexOf(month) / 3 + 1
  return `${year}-${number}-${day} ${clock} ${zone}`
}

/** The first tag that is known as a type, else the first of all; null without tags. Tags of several words are quoted. */
function typeIn(tags: string): string | null {
  const all = [...tags.matchAll(/"([^"]*)"|[^\s",]+/g)].map(([tag, quoted = tag]) => quoted.trim())
  const known = all.find((tag) => Object.hasOwn(storyTypes.byType, tag.toLowerCase()))
  return known ?? all.find((tag) => tag !== '') ?? null
}
