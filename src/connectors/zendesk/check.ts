import type { Finding } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { error, ok, warning } from '../kit/finding.ts'
import type { Authorizer } from '../kit/oauth/authorizer.ts'
import { oneLine } from '../kit/one-line.ts'
import { findingOf } from '../kit/setting-error.ts'
import { isHostMapped } from './address.ts'
import { unfit } from './agent.ts'
import type { Api, User } from './api.ts'
import { type Login, remedy, SET_UP_OAUTH } from './login.ts'
import type { Place } from './place.ts'
import type { Settings } from './settings.ts'
import type { View } from './view.ts'

export interface CheckParts {
  readonly settings: Settings
  readonly place: Place
  readonly authorizer: Authorizer
  readonly api: Api
  /** null if nothing is imported */
  readonly view: View | null
}

const MOST_OF_A_NAME = 80

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
  return [warning('url', `${origin} looks like a host-mapped address; set it to https://<subdomain>.zendesk.com`)]
}

function aboutLogin(login: Login): Finding[] {
  if (login.kind === 'api token')
    return [
      warning(
        'api_token',
        `Zendesk deactivates API tokens that were not used for 30 days, and switches all of them off on 30 April 2027; ${SET_UP_OAUTH} before then`,
      ),
    ]
  if (login.kind === 'password')
    return [warning('user_password', `Zendesk ended password access in January 2026; ${SET_UP_OAUTH}`)]
  if (login.kind === 'token')
    return [
      warning(
        'oauth_token',
        `Zendesk gives clients made after 30 April 2026 only tokens that expire, and makes all refresh them from 1 April 2027; ${SET_UP_OAUTH}, or oauth_refresh_token, before then`,
      ),
    ]
  return []
}

function aboutUser(user: User, settings: Settings): Finding[] {
  const light = 'the user is a light agent, which can comment but not open a new ticket when its story is started'
  const restriction = user.ticket_restriction ?? null
  const restricted = `the user sees only some tickets (restricted by ${oneLine(restriction ?? '', 40)}); give it access to all tickets that stories are linked to`
  return [
    ...(user.only_private_comments === true && settings.update_state ? [warning('update_state', light)] : []),
    ...(restriction === null ? [] : [warning(null, restricted)]),
  ]
}

async function aboutRights({ settings, api, authorizer, view }: CheckParts): Promise<Finding[]> {
  // An integration that only imports writes nothing, and the view shows whether it may read.
  if (view !== null && !settings.update_comments && !settings.update_state) return []
  if (!(await api.mayReadTickets()))
    return [
      error(null, 'the login may not read tickets; give an OAuth token the scopes tickets:read and tickets:write'),
    ]
  const scopes = authorizer.scope()?.split(/[\s,]+/) ?? null
  if (scopes === null) return [ok(null, 'may read tickets')]
  if (!scopes.includes('tickets:write') && !scopes.includes('write'))
    return [error('oauth_client_id', 'the OAuth token may not write tickets; allow the client the scope tickets:write')]
  return [ok(null, 'may read and write tickets')]
}

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

/** Missing rights and rate limits do not point to a setting; other failures that name none point to `url`. */
function isOfRights(failure: unknown): boolean {
  return failure instanceof DeliveryError && (failure.status === 403 || failure.status === 429)
}

function shown(user: User): string {
  const name = oneLine(user.name ?? '', MOST_OF_A_NAME)
  return name === '' ? `user ${user.id}` : `"${name}"`
}
