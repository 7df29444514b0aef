import type { SettingProblem, Ticket } from '../contract/connector.ts'
import { type Login, loginOf } from './login.ts'
import type { Settings } from './settings.ts'

export interface Place {
  /** The URL of the REST API, without a slash at the end. */
  readonly api: string
  readonly apiSetting: 'base_url' | 'api_base_url'
  /** The URL for people, without a slash at the end. */
  readonly pages: string
  /** On Cloud accounts log in by API token, and no CAPTCHA locks them. */
  readonly isCloud: boolean
  readonly login: Login
  /** Null: nothing is imported. */
  readonly filterId: string | null
}

export const CLOUD_GATEWAY = 'https://api.atlassian.com/ex/jira/'
const WHERE_CLOUD_ID = 'the cloud id is shown at https://<site>.atlassian.net/_edge/tenant_info'

export function placeOf(settings: Settings): Place | SettingProblem[] {
  const { base_url, api_base_url, filter_id } = settings
  const api = withoutSlash(api_base_url ?? base_url)
  const isCloud = isAtlassians(api)
  const login = loginOf(settings, isCloud)
  const filterId = filter_id === undefined ? null : filterOf(filter_id)
  const problems = [
    ...addressProblems('base_url', base_url),
    ...(api_base_url === undefined ? [] : addressProblems('api_base_url', api_base_url)),
    ...(Array.isArray(login) ? login : gatewayProblems(login, isCloud, api)),
    ...filterProblems(settings, filterId),
  ]
  if (Array.isArray(login) || problems.length > 0) return problems
  const apiSetting = api_base_url === undefined ? 'base_url' : 'api_base_url'
  return { api, apiSetting, pages: withoutSlash(base_url), isCloud, login, filterId }
}

export function ticketPage({ pages }: Place, ticket: string, commentId: string | null = null): string {
  const page = `${pages}/browse/${encodeURIComponent(ticket)}`
  return commentId === null ? page : `${page}?focusedCommentId=${encodeURIComponent(commentId)}`
}

/** A key ("TEST-1280") or id ("10002"); null for anything else. */
export function ticketName({ externalId }: Ticket): string | null {
  const name = externalId.trim()
  return /^(\d{1,19}|[A-Za-z][A-Za-z0-9_]{0,254}-\d{1,19})$/.test(name) ? name : null
}

/** From 10000, "10000" or a URL (?filter=10000, or requestId=10000 before JIRA 5). */
export function filterOf(value: string | number): string | null {
  const text = String(value).trim()
  const found = /^(\d{1,18})$/.exec(text) ?? /[?&](?:filter|filterId|requestId)=(\d{1,18})(?!\d)/.exec(text)
  return found?.[1] ?? null
}

function addressProblems(setting: string, address: string): SettingProblem[] {
  const url = URL.canParse(address) ? new URL(address) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    return [{ setting, problem: 'is not an address; write it like https://jira.example.com' }]
  if (url.username !== '' || url.password !== '')
    return [{ setting, problem: 'must not hold a user or password; use api_username and api_password' }]
  if (url.search !== '' || url.hash !== '') return [{ setting, problem: 'must end with the path: no "?" and no "#"' }]
  if (/\/rest(\/|$)|\/browse(\/|$)/.test(url.pathname))
    return [{ setting, problem: 'goes too deep: leave out /rest or /browse and what follows' }]
  return []
}

function gatewayProblems({ setting, isIssued }: Login, isCloud: boolean, api: string): SettingProblem[] {
  if (isIssued && cloudIdOf(api) === null)
    return [
      {
        setting: 'api_base_url',
        problem: `must be ${CLOUD_GATEWAY}<cloud id> with oauth_client_id; ${WHERE_CLOUD_ID}`,
      },
    ]
  if (setting !== 'oauth_token' || !isCloud || api.startsWith(CLOUD_GATEWAY)) return []
  return [{ setting: 'api_base_url', problem: `must be ${CLOUD_GATEWAY}<cloud id> with oauth_token` }]
}

/** From the address of the gateway; null for any other. */
export function cloudIdOf(api: string): string | null {
  return /\/ex\/jira\/([^/<>]+)$/.exec(api)?.[1] ?? null
}

function filterProblems({ filter_id, estimate_field }: Settings, filterId: string | null): SettingProblem[] {
  if (filter_id !== undefined && filterId === null)
    return [{ setting: 'filter_id', problem: 'is not the number of a filter; take it from its address, ?filter=10000' }]
  if (filter_id === undefined && estimate_field !== undefined)
    return [{ setting: 'filter_id', problem: 'is missing: estimate_field is of use only with the tickets of a filter' }]
  return []
}

function isAtlassians(address: string): boolean {
  const host = URL.canParse(address) ? new URL(address).hostname : ''
  return host === 'api.atlassian.com' || /\.(atlassian\.net|jira\.com)$/.test(host)
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, '')
}
