import type { SettingProblem } from '../contract/connector.ts'
import { basicAuth } from '../kit/basic-auth.ts'
import type { Settings } from './settings.ts'

export interface Login {
  /** The setting with the secret. */
  readonly setting: 'api_password' | 'personal_access_token' | 'oauth_token'
  readonly authorization: string
  /** What an answer might echo, and no message may show. */
  readonly secrets: readonly string[]
  readonly whenRejected: 'hold' | 'pause'
  readonly rejected: string
}

const WAYS = 'api_username with api_password, personal_access_token, or oauth_token'

export function loginOf(settings: Settings, isCloud: boolean): Login | SettingProblem[] {
  const { api_username, api_password, personal_access_token, oauth_token } = settings
  if (api_password !== undefined && api_username === undefined)
    return wrong('api_username', 'is missing; api_password needs the name of its account')
  if (api_username !== undefined && api_password === undefined)
    return wrong('api_password', 'is missing: api_username needs a password or an API token')
  const logins: Login[] = []
  if (personal_access_token !== undefined)
    logins.push(bearer('personal_access_token', personal_access_token, 'was revoked'))
  if (oauth_token !== undefined) logins.push(bearer('oauth_token', oauth_token, 'was made for another site'))
  if (api_username !== undefined && api_password !== undefined) logins.push(basic(api_username, api_password, isCloud))
  const [login, another] = logins
  if (login === undefined) return wrong('api_username', `is missing: one way to log in is needed, ${WAYS}`)
  if (another !== undefined) return wrong(login.setting, `is one way too many: keep only one of ${WAYS}`)
  if (api_username?.includes(':'))
    return wrong('api_username', 'must not hold a ":", which HTTP cannot carry in a user name')
  if (/[^\x21-\x7e]/.test(personal_access_token ?? oauth_token ?? ''))
    return wrong(login.setting, 'holds a space or a character that no token has')
  return login
}

function bearer(setting: Login['setting'], token: string, otherwise: string): Login {
  return {
    setting,
    authorization: `Bearer ${token}`,
    secrets: [token],
    whenRejected: 'hold',
    rejected: `JIRA does not accept ${setting}: the token has run out or ${otherwise}; set a new one.`,
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
    authorization,
    secrets: [password, authorization.replace('Basic ', '')],
    whenRejected: isCloud ? 'hold' : 'pause',
    rejected: `JIRA does not accept api_username and api_password: ${advice}`,
  }
}

function wrong(setting: string, problem: string): SettingProblem[] {
  return [{ setting, problem }]
}
