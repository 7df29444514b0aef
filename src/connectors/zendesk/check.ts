import { SendError } from '../../http/send.ts'
import type { Finding } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { Access } from './access.ts'
import { unfit } from './agent.ts'
import type { Api, User } from './api.ts'
import { type Login, remedy } from './login.ts'
import type { Settings } from './settings.ts'
import { isHostMapped } from './site.ts'
import type { View } from './view.ts'

export interface CheckParts {
  readonly settings: Settings
  readonly origin: string
  readonly login: Login
  readonly access: Access
  readonly api: Api
  /** null where nothing is imported */
  readonly view: View | null
}

/** Tries the settings against Zendesk; only reads. */
export async function check(parts: CheckParts): Promise<readonly Finding[]> {
  const { origin, login, settings } = parts
  const findings: Finding[] = [...aboutUrl(origin), ...aboutLogin(login)]
  try {
    const user = await parts.api.me()
    const problem = unfit(user)
    if (problem !== null) return [...findings, error(remedy(login).setting, problem)]
    findings.push({
      level: 'ok',
      setting: null,
      message: `logged in to ${origin} as ${shown(user)} (${user.role})`,
    })
    findings.push(...aboutUser(user, settings))
    findings.push(...(await aboutRights(parts)))
    findings.push(...(await aboutView(parts)))
  } catch (failure) {
    if (!(failure instanceof DeliveryError)) throw failure
    findings.push(error(settingOf(failure, login), failure.message))
  }
  return findings
}

function aboutUrl(origin: string): Finding[] {
  if (!isHostMapped(origin)) return []
  return [
    warning('url', `${origin} looks like a host-mapped address; the API answers at https://<subdomain>.zendesk.com`),
  ]
}

function aboutLogin(login: Login): Finding[] {
  if (login.kind === 'api token')
    return [
      warning(
        'api_token',
        'Zendesk switches all API tokens off on 30 April 2027; set up oauth_client_id and oauth_client_secret before',
      ),
    ]
  if (login.kind === 'password')
    return [warning('user_password', 'Zendesk ends logins by password; set up oauth_client_id and oauth_client_secret')]
  return []
}

function aboutUser(user: User, settings: Settings): Finding[] {
  const findings: Finding[] = []
  if (user.only_private_comments === true && settings.update_state)
    findings.push(
      warning(
        'update_state',
        'the user is a light agent: it comments in private, but cannot open a new ticket when its story is started',
      ),
    )
  const restriction = user.ticket_restriction ?? null
  if (restriction !== null)
    findings.push(
      warning(
        null,
        `the user sees only some tickets (restricted by ${restriction.slice(0, 40)}); give it access to all tickets that stories are linked to`,
      ),
    )
  return findings
}

async function aboutRights({ settings, api, access, view }: CheckParts): Promise<Finding[]> {
  // Who only imports writes nothing, and the view shows whether it may read.
  if (view !== null && !settings.update_comments && !settings.update_state) return []
  if (!(await api.mayReadTickets()))
    return [
      error(null, 'the login may not read tickets; give an OAuth token the scopes tickets:read and tickets:write'),
    ]
  const scopes = access.scope()?.split(/[\s,]+/) ?? null
  if (scopes === null) return [{ level: 'ok', setting: null, message: 'may read tickets' }]
  if (!scopes.includes('tickets:write') && !scopes.includes('write'))
    return [error('oauth_client_id', 'the OAuth token may not write tickets; allow the client the scope tickets:write')]
  return [{ level: 'ok', setting: null, message: 'may read and write tickets' }]
}

/** Whether the view is there, may be read, and how much it shows. */
async function aboutView({ view }: CheckParts): Promise<Finding[]> {
  if (view === null) return []
  try {
    const { title, active } = await view.record()
    const name = `the view "${oneLine(title)}"`
    await view.page(null, 1)
    const count = await view.count()
    const shows =
      count === null ? `${name} can be read` : `${name} shows ${count === 1 ? '1 ticket' : `${count} tickets`}`
    const findings: Finding[] = [{ level: 'ok', setting: 'view_id', message: shows }]
    return active ? findings : [...findings, warning('view_id', `${name} is deactivated in Zendesk; activate it`)]
  } catch (failure) {
    if (!(failure instanceof DeliveryError) || failure.setting === null) throw failure
    return [error(failure.setting, failure.message)]
  }
}

/** A failure of the network or of the address is about `url`, a refused login about the login. */
function settingOf(failure: DeliveryError, login: Login): string | null {
  const { status } = failure
  if (status === 401 || status === 400) return remedy(login).setting
  if (status === 403 || status === 429) return null
  // Without a request there is no status: it was the place where the rotated tokens are kept.
  if (status === null && !(failure.cause instanceof SendError)) return remedy(login).setting
  return 'url'
}

function shown(user: User): string {
  const name = oneLine(user.name ?? '')
  return name === '' ? `user ${user.id}` : `"${name}"`
}

function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 80)
}

function error(setting: string | null, message: string): Finding {
  return { level: 'error', setting, message }
}

function warning(setting: string | null, message: string): Finding {
  return { level: 'warning', setting, message }
}
