import { isoTime } from '../../tracker/times.ts'
import type { ExternalStory, StoryTypes } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { pagesInOrder, withoutRepeats } from '../kit/pages.ts'
import { type ReadAgainTools, readAgain } from '../kit/read-again.ts'
import { settingError } from '../kit/setting-error.ts'
import { type Api, type Bin, type ListedTicket, TICKETS_A_PAGE } from './api.ts'
import type { Place } from './place.ts'
import { noProject } from './refusal.ts'

/** Tickets have no types, so people tag them. */
export const storyTypes: StoryTypes = {
  byType: { bug: 'bug', defect: 'bug', feature: 'feature', enhancement: 'feature', chore: 'chore', task: 'chore' },
  otherwise: 'feature',
}

/** Requests are a second apart by default, so more would only wait. */
const SIDE_BY_SIDE = 2

export interface Source extends ReadAgainTools, Pick<Place, 'project' | 'token'> {
  readonly api: Api
  readonly bin: string
}

/**
 * In the order of the bin's query. There is no call for a bin's tickets: the query is run page by page, as by
 * Lighthouse's own client, caged/lighthouse-api.
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
    // There is no total: a short page is the last one only if the bin tells its count and all of them were read.
    return page.length >= TICKETS_A_PAGE || bin.tickets_count == null || seen < bin.tickets_count
  }
  yield* pagesInOrder(read, more, SIDE_BY_SIDE)
}

/** @throws {DeliveryError} */
export async function pageOf(
  { api, project }: Pick<Source, 'api' | 'project'>,
  bin: Bin,
  number = 1,
): Promise<readonly ListedTicket[]> {
  const page = await api.tickets(bin.query ?? '', number)
  if (page === null) throw noProject(project, 'pause')
  return page
}

/** @throws {DeliveryError} also if its query asks for "me" but there is no token */
export async function openBin({ api, project, bin: id, token }: Omit<Source, keyof ReadAgainTools>): Promise<Bin> {
  const bin = await api.bin(id)
  if (bin !== null && token === '' && /:\s*"?me\b/i.test(bin.query ?? ''))
    throw settingError('token', `the query of bin ${id} asks for "me". Set the token of the user that it means`)
  if (bin !== null) return bin
  if ((await api.project()) === null) throw noProject(project, 'pause')
  const who = token === '' ? 'without a token' : 'to this token'
  const help = "Take the number from the bin's URL (/bins/...), and share the bin or set its owner's token"
  throw settingError('bin_id', `Lighthouse shows no bin ${id} in project ${project} ${who}. ${help}`, { status: 404 })
}

/** A token that was revoked must not look like an empty bin. Some tokens may not ask for their user. */
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

/** Ruby once wrote times in JSON as "Sat Jul 03 05:01:48 UTC 2010". */
function yearFirst(time: string): string {
  const found = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2}) (\d\d:\d\d:\d\d) (\S+) (\d{4})$/.exec(time.trim())
  if (found === null) return time
  const [, month = '', day = '', clock = '', zone = '', year = ''] = found
  const number = 'JanFebMarAprMayJunJulAugSepOctNovDec'.indexOf(month) / 3 + 1
  return `${year}-${number}-${day} ${clock} ${zone}`
}

/** The first tag that is a type, else the first one. Tags of several words are quoted. */
function typeIn(tags: string): string | null {
  const all = [...tags.matchAll(/"([^"]*)"|[^\s",]+/g)].map(([tag, quoted = tag]) => quoted.trim())
  const known = all.find((tag) => Object.hasOwn(storyTypes.byType, tag.toLowerCase()))
  return known ?? all.find((tag) => tag !== '') ?? null
}
