import { type Static, type TSchema, Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { oneLine } from '../kit/one-line.ts'
import { pagesByCursor, pagesInOrder } from '../kit/pages.ts'
import { type ReadAgainTools, readAgain } from '../kit/read-again.ts'
import { settingError } from '../kit/setting-error.ts'
import type { Api } from './api.ts'
import type { IsCloud } from './deployment.ts'
import { explanation, said } from './explanation.ts'
import type { Place } from './place.ts'

const Issue = Type.Object({ key: Type.String(), fields: Type.Record(Type.String(), Type.Unknown()) })
export type Issue = Static<typeof Issue>

const Filter = Type.Object({ name: Type.String(), jql: Type.String() })
export type Filter = Static<typeof Filter>

export interface Search {
  filter(): Promise<Filter>
  /** @throws {DeliveryError} */
  pages(filter: Filter, fields: readonly string[]): AsyncIterable<readonly Issue[]>
  /**
   * Tries the filter with one ticket, and counts the tickets, on Cloud only roughly; null if JIRA does not tell.
   * @throws {DeliveryError}
   */
  count(filter: Filter): Promise<{ readonly tickets: number; readonly exact: boolean } | null>
}

const ServerPage = Type.Object({
  maxResults: Type.Integer({ minimum: 0 }),
  total: Type.Integer({ minimum: 0 }),
  issues: Type.Array(Issue),
})
type ServerPage = Static<typeof ServerPage>

const CloudPage = Type.Object({
  issues: Type.Array(Issue),
  isLast: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  nextPageToken: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})
type CloudPage = Static<typeof CloudPage>
const CloudCount = Type.Object({ count: Type.Integer({ minimum: 0 }) })

/** Cloud's maximum with fields; a Server gives 1,000 unless its administrator sets less. */
const CLOUD_TICKETS = 100
const SERVER_TICKETS = 200
/** Descriptions have 32,767 characters unless an administrator sets more; longer pages are split. */
const PAGE_BYTES = 16 * 1024 * 1024
const SIDE_BY_SIDE = 4
/** After so many pages of Cloud without a new ticket there are none. */
const MOST_IDLE_PAGES = 3

/**
 * Cloud has only /rest/api/3/search/jql, with tokens from page to page (the old search answers 410); Server and Data
 * Center have only /rest/api/2/search, with positions. Source: Atlassian's REST API references of both.
 */
export function createSearch(api: Api, isCloud: IsCloud, tools: ReadAgainTools, filterId: string): Search {
  function ask<T extends TSchema>(path: string, body: object, shape: T, filter: Filter) {
    return readAgain(tools, async (): Promise<Static<T> | 'too long'> => {
      const response = await api.ask(path, { body, maxBytes: PAGE_BYTES })
      if (response.status !== 200) throw refusedSearch(response, filter, api)
      if (response.truncated && response.body.length >= PAGE_BYTES) return 'too long'
      return api.understood(response, shape).value
    })
  }

  async function* cloudPages(filter: Filter, fields: readonly string[]): AsyncGenerator<readonly Issue[]> {
    let size = CLOUD_TICKETS
    async function page(token: string | null): Promise<CloudPage> {
      const body = { jql: bounded(filter.jql), fields, maxResults: size }
      const asked = token === null ? body : { ...body, nextPageToken: token }
      const answer = await ask('/3/search/jql', asked, CloudPage, filter)
      if (answer !== 'too long') return answer
      if (size === 1) throw tooLong(filter)
      size = Math.floor(size / 2)
      return await page(token)
    }
    const tokens = new Set<string>()
    const keys = new Set<string>()
    let idle = 0
    const nextOf = ({ issues, isLast, nextPageToken = null }: CloudPage): string | null => {
      if (isLast === true) return null
      const known = keys.size
      for (const { key } of issues) keys.add(key)
      idle = keys.size > known ? 0 : idle + 1
      const isRepeated = nextPageToken !== null && tokens.has(nextPageToken)
      if (idle > 0 && known > 0 && (isRepeated || idle === MOST_IDLE_PAGES)) {
        tools.log.warn({ filter: filter.name, tickets: known }, 'JIRA goes on without new tickets; the list ends here')
        return null
      }
      if (isLast === false && (nextPageToken === null || isRepeated))
        throw new DeliveryError('retry', 'JIRA says that the filter finds more, but not how to read on.')
      if (nextPageToken !== null) tokens.add(nextPageToken)
      return nextPageToken
    }
    for await (const { issues } of pagesByCursor(page, nextOf)) yield issues
  }

  async function* serverPages(filter: Filter, fields: readonly string[]): AsyncGenerator<readonly Issue[]> {
    /** JIRA's own limit is known after the first page. */
    let step = SERVER_TICKETS
    let total = 0
    /** If that is more than there is. */
    let counted: number | null = null
    const page = (startAt: number, size: number): Promise<ServerPage | 'too long'> =>
      ask('/2/search', { jql: bounded(filter.jql), fields, startAt, maxResults: size }, ServerPage, filter)
    async function firstPage(): Promise<ServerPage> {
      const first = await page(0, step)
      if (first === 'too long') {
        if (step === 1) throw tooLong(filter)
        step = Math.floor(step / 2)
        return await firstPage()
      }
      if (first.maxResults > 0) step = Math.min(step, first.maxResults)
      total = first.total
      return first
    }
    async function range(startAt: number, size: number): Promise<ServerPage> {
      const whole = await page(startAt, size)
      if (whole !== 'too long') return await completed(whole, startAt, size)
      if (size === 1) throw tooLong(filter)
      const half = Math.floor(size / 2)
      const first = await range(startAt, half)
      const rest = await range(startAt + half, size - half)
      return { ...rest, issues: [...first.issues, ...rest.issues] }
    }
    /** A server may return fewer than before: the rest is asked for, or half a list would pass for the whole. */
    async function completed(part: ServerPage, startAt: number, size: number): Promise<ServerPage> {
      const count = part.issues.length
      if (count >= size || startAt + count >= part.total) return part
      if (count === 0) return await ended(part, startAt)
      const rest = await range(startAt + count, size - count)
      return { ...rest, issues: [...part.issues, ...rest.issues] }
    }
    /** Some count tickets that they do not give, such as hidden ones. The last place tells that from a hole in the list. */
    async function ended(part: ServerPage, startAt: number): Promise<ServerPage> {
      const last = await page(part.total - 1, 1)
      if (last === 'too long' || last.issues.length > 0)
        throw new DeliveryError(
          'retry',
          `JIRA says that the filter finds ${part.total}, and gives none behind ${startAt}.`,
        )
      counted = part.total
      total = Math.min(total, startAt)
      return { ...part, total: startAt }
    }
    async function read(number: number): Promise<ServerPage> {
      if (number === 0) {
        const first = await firstPage()
        return await completed(first, 0, step)
      }
      // Read ahead beyond the last page.
      if (number * step >= total) return { maxResults: step, total, issues: [] }
      return await range(number * step, step)
    }
    const more = (page: ServerPage, number: number): boolean => (number + 1) * step < Math.min(total, page.total)
    let given = 0
    for await (const { issues } of pagesInOrder(read, more, SIDE_BY_SIDE)) {
      given += issues.length
      yield issues
    }
    if (counted !== null)
      tools.log.warn(
        { filter: filter.name, total: counted, tickets: given },
        'JIRA counts more tickets than it gives; the list ends where it gives no more',
      )
  }

  return {
    filter: () =>
      readAgain(tools, async () => {
        const response = await api.ask(`/2/filter/${filterId}`)
        if (response.status !== 200) throw refusedFilter(response, filterId, api)
        return api.understood(response, Filter).value
      }),
    async *pages(filter, fields) {
      yield* (await isCloud(tools)) ? cloudPages(filter, fields) : serverPages(filter, fields)
    },
    async count(filter) {
      const one = { jql: bounded(filter.jql), fields: ['summary'], maxResults: 1 }
      if (!(await isCloud(tools))) {
        const page = await ask('/2/search', one, ServerPage, filter)
        return page === 'too long' ? null : { tickets: page.total, exact: true }
      }
      await ask('/3/search/jql', one, CloudPage, filter)
      const response = await api.ask('/3/search/approximate-count', { body: { jql: one.jql } })
      return response.status === 200
        ? { tickets: api.understood(response, CloudCount).value.count, exact: false }
        : null
    },
  }
}

/**
 * Adds a restriction to a query without one: Cloud refuses those ("Unbounded JQL queries are not allowed here",
 * raycast/extensions#21425), a Server can be set to. The query is sent instead of `filter = 10000`, which would lose the
 * filter's order.
 */
function bounded(jql: string): string {
  return /^\s*(order\s+by\b|$)/i.test(jql) ? `created >= "1970-01-01" ${jql}`.trimEnd() : jql
}

/** JIRA answers 400, not 404, for a filter that does not exist or is not shared with the account. */
function refusedFilter(response: Response, filterId: string, { place }: Api): DeliveryError {
  const { status } = response
  if (status === 400 || status === 404 || status === 403)
    return settingError(
      'filter_id',
      `JIRA shows the account no filter ${filterId}: take filter_id from the filter's address in JIRA (?filter=...), ` +
        'and share the filter with the account.',
      { status },
    )
  return refusedOtherwise(response, place)
}

function refusedSearch(response: Response, filter: Filter, { place }: Api): DeliveryError {
  const { status } = response
  const { apiSetting, login } = place
  if (status === 404)
    return settingError(
      apiSetting,
      `JIRA answered 404 to a search: ${apiSetting} does not lead to its REST API, or a proxy is in the way.`,
      { status },
    )
  if (status !== 400 && status !== 403) return refusedOtherwise(response, place)
  const why = explanation(response, login)
  return settingError(
    'filter_id',
    `JIRA refuses the query of the filter "${oneLine(filter.name)}"${why === '' ? '' : ` (${why})`}: correct the filter ` +
      'in JIRA, or give the account the permission "Browse projects" in the projects that it names.',
    { status },
  )
}

function refusedOtherwise(response: Response, { login }: Place): DeliveryError {
  return new DeliveryError('dead', `${said(response, login)}.`, { status: response.status })
}

function tooLong({ name }: Filter): DeliveryError {
  return settingError(
    'filter_id',
    `A single ticket of the filter "${oneLine(name)}" is longer than ${PAGE_BYTES / 1024 / 1024} MiB: leave it out of the filter.`,
  )
}
