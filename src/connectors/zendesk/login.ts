import type { SettingProblem } from '../contract/connector.ts'
import { basicAuth } from '../kit/basic-auth.ts'
import { type Authorizer, fixedHeader, issuedHeader } from '../kit/oauth/authorizer.ts'
import type { OAuthTools } from '../kit/oauth/grant.ts'
import type { Settings } from './settings.ts'

export type Login =
  | OAuthLogin
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'api token'; readonly email: string; readonly token: string }
  | { readonly kind: 'password'; readonly email: string; readonly password: string }

/** Logins for which Zendesk issues tokens. */
type OAuthLogin =
  | { readonly kind: 'client credentials'; readonly clientId: string; readonly clientSecret: string }
  | {
      readonly kind: 'refresh token'
      readonly clientId: string
      /** null for a public client */
      readonly clientSecret: string | null
      readonly refreshToken: string
    }

const SECRETS = ['oauth_refresh_token', 'oauth_token', 'api_token', 'user_password'] as const

export const SET_UP_OAUTH = 'set up oauth_client_id and oauth_client_secret'

const wrong = (setting: string, problem: string): SettingProblem[] => [{ setting, problem }]

function loginProblems(settings: Settings): SettingProblem[] {
  const given = SECRETS.filter((name) => isSet(settings[name]))
  const client = isSet(settings.oauth_client_id) || isSet(settings.oauth_client_secret)
  const [first, second] = given
  if (first === undefined && !client)
    return wrong(
      'oauth_client_id',
      'is missing, and so is any other login; set it with oauth_client_secret or oauth_refresh_token, or set oauth_token, or user_email with api_token or user_password',
    )
  const twice = `must not be set together with ${first}; keep one way to log in`
  if (second !== undefined) return wrong(second, twice)
  if (client && first !== undefined && first !== 'oauth_refresh_token') return wrong('oauth_client_id', twice)
  return first === 'api_token' || first === 'user_password'
    ? emailProblems(settings, first)
    : oauthProblems(settings, first)
}

function emailProblems(settings: Settings, secret: string): SettingProblem[] {
  if (!isSet(settings.user_email)) return wrong('user_email', `is missing; ${secret} needs it`)
  // Zendesk's examples write the login as "name/token"; the relay adds the ending itself.
  if (!/^[^\s:@/]+@[^\s:@/]+$/.test(settings.user_email ?? ''))
    return wrong('user_email', 'must be an email address alone, without "/token" or a password after it')
  return []
}

function oauthProblems(settings: Settings, secret: string | undefined): SettingProblem[] {
  if (isSet(settings.user_email))
    return wrong('user_email', 'must be left out with OAuth, whose token already names the user')
  if (secret === 'oauth_token') return []
  if (!isSet(settings.oauth_client_id))
    return wrong('oauth_client_id', `is missing; ${secret ?? 'oauth_client_secret'} needs it`)
  if (secret === undefined && !isSet(settings.oauth_client_secret))
    return wrong('oauth_client_secret', 'is missing; oauth_client_id needs it')
  return []
}

export function loginOf(settings: Settings): Login | SettingProblem[] {
  const problems = loginProblems(settings)
  if (problems.length > 0) return problems
  const { oauth_client_id: clientId = '', oauth_client_secret: clientSecret, user_email: email = '' } = settings
  if (isSet(settings.oauth_refresh_token))
    return {
      kind: 'refresh token',
      clientId,
      clientSecret: isSet(clientSecret) ? clientSecret : null,
      refreshToken: settings.oauth_refresh_token,
    }
  if (isSet(settings.oauth_token)) return { kind: 'token', token: settings.oauth_token }
  if (isSet(settings.api_token)) return { kind: 'api token', email, token: settings.api_token }
  if (isSet(settings.user_password)) return { kind: 'password', email, password: settings.user_password }
  return { kind: 'client credentials', clientId, clientSecret: clientSecret ?? '' }
}

/** For messages: the setting to correct if Zendesk rejects the login, and how. */
export function remedy(login: Login): { readonly setting: string; readonly fix: string } {
  switch (login.kind) {
    case 'client credentials':
      return {
        setting: 'oauth_client_secret',
        fix: 'check oauth_client_id and oauth_client_secret, and that the client is a confidential one',
      }
    case 'refresh token':
      return { setting: 'oauth_refresh_token', fix: 'authorize the client again and set the new oauth_refresh_token' }
    case 'token':
      return { setting: 'oauth_token', fix: 'it has expired or was revoked; create another and set oauth_token' }
    case 'api token':
      return {
        setting: 'api_token',
        fix: `check user_email and api_token, and that token access is on; or better, ${SET_UP_OAUTH}`,
      }
    case 'password':
      return {
        setting: 'user_password',
        fix: `Zendesk accepts passwords from few accounts; ${SET_UP_OAUTH} instead`,
      }
  }
}

/** Zendesk accepts 300 to 172,800 seconds; half an hour is its default for new clients. */
const LIFETIME_SECONDS = 1800

/** @param scope asked for with client credentials */
export function authorizerOf(login: Login, origin: string, scope: string, tools: OAuthTools): Authorizer {
  switch (login.kind) {
    case 'token':
      return fixedHeader(`Bearer ${login.token}`)
    case 'api token':
      return fixedHeader(basicAuth(`${login.email}/token`, login.token))
    case 'password':
      return fixedHeader(basicAuth(login.email, login.password))
    case 'client credentials':
    case 'refresh token': {
      const { clientId, clientSecret } = login
      const issuer = {
        connector: 'zendesk',
        name: 'Zendesk',
        tokenUrl: `${origin}/oauth/tokens`,
        urlSetting: 'url',
        clientId,
        clientSecret,
        refreshToken: login.kind === 'refresh token' ? login.refreshToken : null,
        asked: { scope, expires_in: LIFETIME_SECONDS },
        remedy: remedy(login),
      }
      return issuedHeader(issuer, tools)
    }
  }
}

const SCOPE = 'tickets:read tickets:write users:read'
/** Views have no scope of their own: Zendesk requires this one, which covers everything that is read. */
const READ = 'read'

export function scopeOf({ update_comments, update_state }: Settings, imports: boolean): string {
  if (!imports) return SCOPE
  return update_comments || update_state ? `${SCOPE} ${READ}` : READ
}

/** An empty environment variable leaves an empty text. */
function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}
