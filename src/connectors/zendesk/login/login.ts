import type { SettingProblem } from '../../contract/connector.ts'
import type { Settings } from '../settings.ts'

/** The one way in that the settings describe. */
export type Login =
  | OAuthLogin
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'api token'; readonly email: string; readonly token: string }
  | { readonly kind: 'password'; readonly email: string; readonly password: string }

/** Those that Zendesk gives out tokens to. */
export type OAuthLogin =
  | RefreshLogin
  | { readonly kind: 'client credentials'; readonly clientId: string; readonly clientSecret: string }

export interface RefreshLogin {
  readonly kind: 'refresh token'
  readonly clientId: string
  /** null for a public client */
  readonly clientSecret: string | null
  readonly refreshToken: string
}

const SECRETS = ['oauth_refresh_token', 'oauth_token', 'api_token', 'user_password'] as const

function loginProblems(settings: Settings): SettingProblem[] {
  const given = SECRETS.filter((name) => isSet(settings[name]))
  const client = isSet(settings.oauth_client_id) || isSet(settings.oauth_client_secret)
  const [first, second] = given
  if (first === undefined && !client)
    return [
      {
        setting: 'oauth_client_id',
        problem:
          'no login: set oauth_client_id and oauth_client_secret, or oauth_refresh_token, or oauth_token, or user_email and api_token, or user_email and user_password',
      },
    ]
  if (first !== undefined && second !== undefined)
    return [{ setting: second, problem: `stands beside ${first}; keep exactly one way to log in` }]
  if (client && first !== undefined && first !== 'oauth_refresh_token')
    return [{ setting: 'oauth_client_id', problem: `stands beside ${first}; keep exactly one way to log in` }]
  return first === 'api_token' || first === 'user_password'
    ? emailProblems(settings, first)
    : oauthProblems(settings, first)
}

function emailProblems(settings: Settings, secret: string): SettingProblem[] {
  if (!isSet(settings.user_email)) return [{ setting: 'user_email', problem: `is needed together with ${secret}` }]
  // "name/token" is how Zendesk's own examples write the login; the relay adds the ending itself.
  if (!/^[^\s:@/]+@[^\s:@/]+$/.test(settings.user_email ?? ''))
    return [
      { setting: 'user_email', problem: 'must be a bare email address, without "/token" or a password behind it' },
    ]
  return []
}

function oauthProblems(settings: Settings, secret: string | undefined): SettingProblem[] {
  if (isSet(settings.user_email))
    return [
      { setting: 'user_email', problem: 'is not used by OAuth, whose token already names the user; leave it out' },
    ]
  if (secret === 'oauth_token') return []
  if (!isSet(settings.oauth_client_id))
    return [{ setting: 'oauth_client_id', problem: `is needed together with ${secret ?? 'oauth_client_secret'}` }]
  if (secret === undefined && !isSet(settings.oauth_client_secret))
    return [{ setting: 'oauth_client_secret', problem: 'is needed together with oauth_client_id' }]
  return []
}

/** The one way in that the settings describe, or why there is none, or no single one. */
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

/** The setting to look at when Zendesk refuses the login, and what to do about it. */
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
        fix: 'check user_email and api_token, and that token access is on; better set up oauth_client_id and oauth_client_secret',
      }
    case 'password':
      return {
        setting: 'user_password',
        fix: 'Zendesk takes passwords from few accounts; set up oauth_client_id and oauth_client_secret instead',
      }
  }
}

/** What the connector writes and what its check reads; no more. */
const SCOPE = 'tickets:read tickets:write users:read'
/** Views have no scope of their own: Zendesk wants this one, which covers all that is read. */
const READ = 'read'

/** The scopes that the settings need; an integration that only imports needs none to write. */
export function scopeOf({ update_comments, update_state }: Settings, imports: boolean): string {
  if (!imports) return SCOPE
  return update_comments || update_state ? `${SCOPE} ${READ}` : READ
}

/** An empty text counts as not set: it is what an empty environment variable leaves. */
function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}
