import { retryAfterMs } from '../http/retry-after.ts'
import type { Response } from '../http/send.ts'
import type { Link } from './activity.ts'
import { TrackerApiError } from './api-error.ts'
import { bodyText } from './body-text.ts'
import { parseJson } from './json.ts'
import { linkOf as linkInJson } from './json-story.ts'
import { objectOf, textOf } from './json-values.ts'
import { activitiesIn } from './list.ts'
import { ParseError } from './parse-error.ts'
import { parseXml } from './xml.ts'
import { linkOf as linkInXml } from './xml-activity.ts'

export type StoryAnswer = Link | 'not linked' | 'no story'

export interface TrackerIntegration {
  readonly integrationId: string
  /** As in a link: jira, zendesk, ..., other. */
  readonly system: string
  readonly baseUrl: string | null
}

/** @throws {TrackerApiError} */
export function storyAnswer(version: 'v3' | 'v5', storyId: string, response: Response, now: Date): StoryAnswer {
  if (isMissing(version, response)) return 'no story'
  if (response.status !== 200) throw refusal(response, now)
  const link = version === 'v5' ? storyInJson(response, storyId) : storyInXml(response, storyId)
  return link ?? 'not linked'
}

export interface ActivitiesAnswer {
  /** Each as its hook sends it. */
  readonly bodies: readonly Buffer[]
  /** How many there are in all; null if the server does not say. */
  readonly total: number | null
  /** The most that it shows on a page; null if it does not say. */
  readonly limit: number | null
}

/** @throws {TrackerApiError} */
export function activitiesAnswer(response: Response, now: Date): ActivitiesAnswer {
  if (response.status !== 200) throw refusal(response, now)
  const list = json(response)
  if (!Array.isArray(list)) throw wrong(response, 'something other than a list of activities')
  const { pagination } = objectOf(parsed(response, parseJson))
  const told = (name: 'total' | 'limit'): number | null => {
    const value = Number(response.headers[`x-tracker-pagination-${name}`] ?? objectOf(pagination)[name] ?? Number.NaN)
    return Number.isInteger(value) && value >= 0 ? value : null
  }
  return { bodies: bodiesIn(response, list), total: told('total'), limit: told('limit') }
}

/** The bytes as they came, unless the list is in an envelope. */
function bodiesIn(response: Response, list: readonly unknown[]): readonly Buffer[] {
  return parsed(response, () => activitiesIn(response.body)) ?? list.map((each) => Buffer.from(JSON.stringify(each)))
}

/** @throws {TrackerApiError} */
export function projectAnswer(version: 'v3' | 'v5', response: Response, now: Date): boolean {
  if (isMissing(version, response)) return false
  if (response.status !== 200) throw refusal(response, now)
  return true
}

/**
 * For v5 only, since v3 does not name an integration's system. Empty if the token may not see the integrations.
 * @throws {TrackerApiError}
 */
export function integrationsAnswer(response: Response, now: Date): TrackerIntegration[] {
  if ([403, 404, 410].includes(response.status)) return []
  if (response.status !== 200) throw refusal(response, now)
  const list = json(response)
  if (!Array.isArray(list)) throw wrong(response, 'something other than a list of integrations')
  return list.flatMap((one: unknown) => {
    const { id, kind, base_url: baseUrl } = objectOf(one)
    const integrationId = textOf(id)
    const system = /^(\w+)_integration$/.exec(textOf(kind) ?? '')?.[1]
    return integrationId === null || system === undefined ? [] : [{ integrationId, system, baseUrl: textOf(baseUrl) }]
  })
}

/**
 * v5 answers 404 with a JSON error if the story is gone. If the address itself is unknown, it answers 404 with the code
 * "route_not_found" or an HTML page, which says nothing about the story.
 */
function isMissing(version: 'v3' | 'v5', response: Response): boolean {
  if (response.status === 410) return true
  if (response.status !== 404) return false
  if (version === 'v3') return true
  return !isPage(response) && !/"route_not_found"/.test(response.text())
}

const isPage = ({ headers }: Response): boolean => /^text\/html\b/i.test(headers['content-type'] ?? '')

function storyInJson(response: Response, storyId: string): Link | null {
  const story = objectOf(json(response))
  if (textOf(story.id) !== storyId) throw wrong(response, `something other than story ${storyId}`)
  return linkInJson(story) ?? null
}

function storyInXml(response: Response, storyId: string): Link | null {
  const { root, element } = parsed(response, parseXml)
  if (root !== 'story' || typeof element === 'string' || String(element.id).trim() !== storyId)
    throw wrong(response, `something other than story ${storyId}`)
  return parsed(response, () => linkInXml(element)) ?? null
}

/** With `envelope=true`, which some servers always add, the answer is under `data`. */
function json(response: Response): unknown {
  const value = parsed(response, parseJson)
  const { kind, data } = objectOf(value)
  return kind === undefined && data !== undefined ? data : value
}

function parsed<T>(response: Response, parse: (text: string) => T): T {
  if (response.truncated) throw wrong(response, 'with a body that is too long or broke off')
  try {
    return parse(bodyText(response.body))
  } catch (error) {
    if (error instanceof ParseError) throw wrong(response, 'something that cannot be read')
    throw error
  }
}

function wrong({ status }: Response, what: string): TrackerApiError {
  return new TrackerApiError('wrong answer', `Tracker's API answered ${what}; check tracker.api_url`, { status })
}

function refusal({ status, headers }: Response, now: Date): TrackerApiError {
  const wait = retryAfterMs(headers['retry-after'], now)
  const said = `Tracker's API answered ${status}`
  if (status === 401 || status === 403)
    return new TrackerApiError(
      'denied',
      `${said}: it rejects tracker.token, or the token's owner is not a member of the project`,
      { status },
    )
  if (status === 429 || (status === 503 && wait !== null))
    return new TrackerApiError('limited', `${said}: it asks us to wait`, { status, retryAfterMs: wait })
  if (status >= 500 || status === 408 || status === 425) return new TrackerApiError('down', said, { status })
  if (status >= 300 && status < 400)
    return new TrackerApiError('wrong answer', `${said}: a redirect; set tracker.api_url to its target`, { status })
  return new TrackerApiError('wrong answer', `${said}; check tracker.api_url`, { status })
}
