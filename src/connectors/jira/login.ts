import type { SettingProblem } from '../contract/connector.ts'
import { basicAuth } from '../kit/basic-auth.ts'
import { type Authorizer, fixedHeader, issuedHeader } from '../kit/oauth/authorizer.ts'
import type { OAuthTools } from '../kit/oauth/grant.ts'
import type { Settings } from './settings.ts'

export interface Login {
  /** The setting with the secret. */
  readonly setting: (typeof SECRETS)[number]
  authorizer(tools: OAuthTools): Authorizer
  /** What an answer might echo, and no message may show. */
  readonly secrets: readonly string[]
  readonly whenRejected: 'hold' | 'pause'
  readonly rejected: string
  /** What to do about a token that lacks a scope. */
  readonly widen: string
  /** True if Atlassian issues its tokens, which are for the gateway alone. */
  readonly isIssued: boolean
}

const SECRETS = [
  'api_password',
  'personal_access_token',
  'oauth_token',
  'oauth_client_secret',
  'oauth_refresh_token',
] as const

const WAYS =
  'api_username with api_password, personal_access_token, oauth_token, or oauth_client_id with oauth_client_secret'
const TOKEN_URL = 'https://auth.atlassian.com/oauth/token'
/** Comes with "refresh_token is invalid"; a wrong client or secret is `access_denied`. */
const ENDED_BY = ['unauthorized_client']

export function loginOf(settings: Settings, isCloud: boolean): Login | SettingProblem[] {
  const { api_username, api_password, personal_access_token, oauth_token } = settings
  const { oauth_client_id, oauth_client_secret, oauth_refresh_token, oauth_token_url } = settings
  const ofClient = { oauth_client_secret, oauth_refresh_token, oauth_token_url }
  const [needing] = Object.entries(ofClient).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  if (needing !== undefined && oauth_client_id === undefined)
    return wrong('oauth_client_id', `is missing; ${needing} needs it`)
  if (oauth_client_id !== undefined && oauth_client_secret === undefined)
    return wrong('oauth_client_secret', 'is missing; oauth_client_id needs it')
  if (oauth_token_url !== undefined && !isSafe(oauth_token_url))
    return wrong('oauth_token_url', 'must be an address that begins with https://, without user, password, "?" and "#"')
  if (api_password !== undefined && api_username === undefined)
    return wrong('api_username', 'is missing; api_password needs the name of its account')
  if (api_username !== undefined && api_password === undefined)
    return wrong('api_password', 'is missing: api_username needs a password or an API token')
  const logins: Login[] = []
  if (personal_access_token !== undefined)
    logins.push(bearer('personal_access_token', personal_access_token, 'was revoked'))
  if (oauth_token !== undefined) logins.push(bearer('oauth_token', oauth_token, 'was made for another site'))
  if (api_username !== undefined && api_password !== undefined) logins.push(basic(api_username, api_password, isCloud))
  if (oauth_client_id !== undefined && oauth_client_secret !== undefined)
    logins.push(issued(oauth_client_id, oauth_client_secret, oauth_refresh_token ?? null, oauth_token_url ?? TOKEN_URL))
  const [login, another] = logins
  if (login === undefined) return wrong('api_username', `is missing: one way to log in is needed, ${WAYS}`)
  if (another !== undefined) return wrong(login.setting, `is one way too many: keep only one of ${WAYS}`)
  if (api_username?.includes(':'))
    return wrong('api_username', 'must not hold a ":", which HTTP cannot carry in a user name')
  if (/[^\x21-\x7e]/.test(personal_access_token ?? oauth_token ?? ''))
    return wrong(login.setting, 'holds a space or a character that no token has')
  return login
}

/** Atlassian's client of a 3LO app, whose refresh token changes with each use, or of a service account. */
function issued(clientId: string, clientSecret: string, refreshToken: string | null, tokenUrl: string): Login {
  const setting = refreshToken === null ? 'oauth_client_secret' : 'oauth_refresh_token'
  const authorizeAgain = 'authorize the app again and set the new oauth_refresh_token'
  const issuer = {
    connector: 'jira',
    name: 'Atlassian',
    tokenUrl,
    urlSetting: 'oauth_token_url',
    clientId,
    clientSecret,
    refreshToken,
    asked: { audience: 'api.atlassian.com' },
    endedBy: ENDED_BY,
    remedy: {
      setting,
      fix:
        refreshToken === null
          ? 'check oauth_client_id and oauth_client_secret: they must be an OAuth 2.0 credential of a service account; those of a 3LO app also need oauth_refresh_token'
          : authorizeAgain,
    },
  }
  return {
    setting,
    authorizer: (tools) => issuedHeader(issuer, tools),
    secrets: [clientSecret, ...(refreshToken === null ? [] : [refreshToken])],
    whenRejected: 'hold',
    rejected:
      'JIRA does not accept the token that Atlassian issued: api_base_url is of another site than the one that the app ' +
      'or the service account was given access to, or the account has no access to JIRA any more.',
    widen:
      refreshToken === null
        ? 'make another credential of the service account with these and set oauth_client_id and oauth_client_secret.'
        : `give the app these under Permissions in Atlassian's developer console, ${authorizeAgain}.`,
    isIssued: true,
  }
}

const MAKE_ANOTHER = 'make another with these and set it.'

function isSafe(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : null
  if (url === null || `${url.username}${url.password}${url.search}${url.hash}` !== '') return false
  const isLoopback = /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/.test(url.hostname)
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback)
}

function bearer(setting: Login['setting'], token: string, otherwise: string): Login {
  return {
    setting,
    authorizer: () => fixedHeader(`Bearer ${token}`),
    secrets: [token],
    whenRejected: 'hold',
    rejected: `JIRA does not accept ${setting}: the token has run out or ${otherwise}; set a new one.`,
    widen: MAKE_ANOTHER,
    isIssued: false,
  }
}

/** A Server locks an account behind a CAPTCHA after a few wrong passwords, so a rejected one is not tried again. */
function basic(user: string, password: string, isCloud: boolean): Login {
  const authorization = basicAuth(user, password)
  const advice = isCloud
    ? 'on JIRA Cloud api_username is an email address and api_password an API token that has not run out; a scoped ' +
      'token or a service account also needs api_base_url https://api.atlassian.com/ex/jira/<cloud id>.'
    : 'correct them, or use personal_access_token (JIRA 11 takes no passwords).'
  return {
    setting: 'api_password',
    authorizer: () => fixedHeader(authorization),
    secrets: [password, authorization.replace('Basic ', '')],
    whenRejected: isCloud ? 'hold' : 'pause',
    rejected: `JIRA does not accept api_username and api_password: ${advice}`,
    widen: MAKE_ANOTHER,
    isIssued: false,
  }
}

function wrong(setting: string, problem: string): SettingProblem[] {
  return [{ setting, problem }]
}
