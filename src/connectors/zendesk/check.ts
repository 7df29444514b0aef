import type { Finding } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { error, ok, warning } from '../kit/finding.ts'
import { oneLine } from '../kit/one-line.ts'
import { findingOf } from '../kit/setting-error.ts'
import { isHostMapped } from './address.ts'
import { unfit } from './agent.ts'
import type { Api, User } from './api.ts'
import type { Access } from './login/access.ts'
import { type Login, remedy } from './login/login.ts'
import type { Place } from './place.ts'
import type { Settings } from './settings.ts'
import type { View } from './view.ts'

export interface CheckParts {
  readonly settings: Settings
  readonly place: Place
  readonly access: Access
  readonly api: Api
  /** null where nothing is imported */
  readonly view: View | null
}

const MOST_OF_A_NAME = 80

/** Tries the settings against Zendesk; only reads. */
export async function check(parts: CheckParts): Promise<readonly Finding[]> {
  const { origin, login } = parts.place
  const findings: Finding[] = [...aboutUrl(origin), ...aboutLogin(login)]
  try {
    const user = await parts.api.me()
    const problem = unfit(user)
    if (problem !== null) return [...findings, error(remedy(login).setting, problem)]
    findings.push(ok(null, `logged in to ${origin} as ${shown(user)} (${user.role})`))
    findings.push(...aboutUser(user, parts.settings))
    findings.push(...(await aboutRights(parts)))
    findings.push(...(await aboutView(parts)))
  } catch (failure) {
    findings.push(findingOf(failure, isOfRights(failure) ? null : 'url'))
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
        `the user sees only some tickets (restricted by ${oneLine(restriction, 40)}); give it access to all tickets that stories are linked to`,
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
  if (scopes === null) return [ok(null, 'may read tickets')]
  if (!scopes.includes('tickets:write') && !scopes.includes('write'))
    return [error('oauth_client_id', 'the OAuth token may not write tickets; allow the client the scope tickets:write')]
  return [ok(null, 'may read and write tickets')]
}

/** Whether the view is there, may be read, and how much it shows. */
async function aboutView({ view }: CheckParts): Promise<Finding[]> {
  if (view === null) return []
  const { title, active } = await view.record()
  const name = `the view "${oneLine(title, MOST_OF_A_NAME)}"`
  await view.page(null, 1)
  const count = await view.count()
  const shows =
    count === null ? `${name} can be read` : `${name} shows ${count === 1 ? '1 ticket' : `${count} tickets`}`
  const finding = ok('view_id', shows)
  return active ? [finding] : [finding, warning('view_id', `${name} is deactivated in Zendesk; activate it`)]
}

/** What the user may not do, or not so often, is about no setting; of all else that names none, the address is to blame. */
function isOfRights(failure: unknown): boolean {
  return failure instanceof DeliveryError && (failure.status === 403 || failure.status === 429)
}

function shown(user: User): string {
  const name = oneLine(user.name ?? '', MOST_OF_A_NAME)
  return name === '' ? `user ${user.id}` : `"${name}"`
}
