import type { Response, Send } from '../../../http/send.ts'
import { DeliveryError } from '../../contract/delivery-error.ts'
import { type Asked, faultError, RefusedWithoutCode } from '../refusal.ts'
import { baseOf, type Settings } from '../settings.ts'
import { type Conversation, notBugzilla, type Question, sendQuestion, unreadable } from './ask.ts'
import { LoginRefused } from './login-refused.ts'
import { atLeast, type Version } from './version.ts'
import { decodeAnswer, encodeCall, type Struct, type Value } from './xml-rpc-values.ts'

/**
 * Always by POST, so that a login is never part of a URL. Each call with a password makes a row in Bugzilla's table
 * `logincookies`, so the relay logs in once where a login can be shown in later calls: by cookies in 3.4, which knows
 * nothing else, and by a token from 4.4 on.
 */
export function askByXmlRpc(settings: Settings, version: Version, send: Send, now: () => Date): Conversation {
  const isOnce = settings.api_key === undefined && (!atLeast(version, 3, 6) || atLeast(version, 4, 4))
  if (isOnce) return askLoggedIn(settings, version, send, now)
  const login = loginParams(settings, version)
  return {
    ask: async ({ subject, params, ...question }) =>
      (await callXmlRpc(settings, send, now, question, { ...login, ...subject, ...params })).value,
    logins: () => 0,
    close: async () => {},
  }
}

function loginParams({ username, password, api_key }: Settings, version: Version): Struct {
  if (api_key === undefined) return { Bugzilla_login: username ?? '', Bugzilla_password: password ?? '' }
  if (atLeast(version, 5, 0)) return { Bugzilla_api_key: api_key }
  throw new LoginRefused(
    `Bugzilla ${version.text} does not support API keys; set username and password instead of api_key`,
  )
}

/** How calls show the login. */
interface Login {
  readonly params: Struct
  readonly headers: Readonly<Record<string, string>>
}

/** A stop does not wait longer for a Bugzilla that hangs. */
const LOGOUT_MS = 3000

/** Logs in again if Bugzilla has forgotten the login, which it says before it does anything. */
function askLoggedIn(settings: Settings, version: Version, send: Send, now: () => Date): Conversation {
  let current: Promise<Login> | null = null
  let logins = 0

  async function freshLogin(): Promise<Login> {
    const params = { login: settings.username ?? '', password: settings.password ?? '' }
    const { value, answer } = await callXmlRpc(settings, send, now, { kind: 'read', method: 'User.login' }, params)
    logins += 1
    if (!atLeast(version, 4, 4)) return { params: {}, headers: { cookie: cookiesIn(answer) } }
    const token = typeof value === 'object' && value !== null && 'token' in value ? value.token : undefined
    // The first releases of 4.4 give no token.
    const shown = typeof token === 'string' ? { Bugzilla_token: token } : loginParams(settings, version)
    return { params: shown, headers: {} }
  }

  async function loggedIn(): Promise<Login> {
    const login = current ?? freshLogin()
    current = login
    try {
      return await login
    } catch (error) {
      if (current === login) current = null
      throw error
    }
  }

  async function call({ subject, params, ...question }: Question, login: Login): Promise<Value> {
    const all = { ...login.params, ...subject, ...params }
    return (await callXmlRpc(settings, send, now, question, all, { headers: login.headers })).value
  }

  /** From 5.0 on a login that is not known is refused without a code, in words that may be translated. */
  async function isForgotten(error: unknown, login: Login): Promise<boolean> {
    if (error instanceof Forgotten) return true
    if (!(error instanceof RefusedWithoutCode) || !atLeast(version, 5, 0)) return false
    try {
      await call({ kind: 'read', method: 'Bugzilla.time', verb: 'GET', path: 'time' }, login)
      return false
    } catch (reason) {
      if (reason instanceof Forgotten || reason instanceof RefusedWithoutCode) return true
      throw reason
    }
  }

  return {
    async ask(question) {
      const used = loggedIn()
      const held = current
      const login = await used
      try {
        return await call(question, login)
      } catch (error) {
        if (!(await isForgotten(error, login))) throw error
        if (current === held) current = null
        return await call(question, await loggedIn())
      }
    },
    logins: () => logins,
    async close() {
      const login = await current?.catch(() => null)
      current = null
      if (login === null || login === undefined) return
      const options = { headers: login.headers, timeoutMs: LOGOUT_MS }
      // What is left is removed by Bugzilla after 30 days without use.
      await callXmlRpc(settings, send, now, { kind: 'read', method: 'User.logout' }, login.params, options).catch(
        (error: unknown) => {
          if (!(error instanceof DeliveryError)) throw error
        },
      )
    },
  }
}

function cookiesIn({ headers }: Response): string {
  const given = (headers['set-cookie'] ?? '').split('\n').map((each) => each.split(';', 1)[0]?.trim() ?? '')
  const kept = given.filter((each) => /^Bugzilla_login(cookie)?=/.test(each))
  if (kept.length >= 2) return kept.join('; ')
  throw new LoginRefused('Bugzilla gave no cookies for the login; let the proxy in front pass them')
}

/** Codes 410 and 505: the call needs a login, and none was recognised. */
class Forgotten extends LoginRefused {}

export async function callXmlRpc(
  settings: Settings,
  send: Send,
  now: () => Date,
  { kind, method, mostBytes }: Pick<Question, 'kind' | 'method' | 'mostBytes'>,
  params: Struct,
  { headers = {}, timeoutMs }: { headers?: Readonly<Record<string, string>>; timeoutMs?: number } = {},
): Promise<{ readonly value: Value; readonly answer: Response }> {
  const answer = await sendQuestion(send, kind, {
    method: 'POST',
    url: `${baseOf(settings)}/xmlrpc.cgi`,
    headers: { 'content-type': 'text/xml', ...headers },
    body: encodeCall(method, params),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(mostBytes === undefined ? {} : { maxBytes: mostBytes }),
  })
  if (answer.status !== 200 || !/\bxml\b/.test(answer.headers['content-type'] ?? ''))
    throw notBugzilla(kind, answer, now())
  const decoded = decode(kind, answer)
  if ('value' in decoded) return { value: decoded.value, answer }
  const asked: Asked = { kind, login: settings.api_key === undefined ? 'password' : 'api_key', status: answer.status }
  const error = faultError(decoded.fault, asked)
  const { code } = decoded.fault
  throw code === 410 || code === 505 ? new Forgotten(error.message, { status: answer.status }) : error
}

function decode(kind: Question['kind'], answer: Response): ReturnType<typeof decodeAnswer> {
  try {
    return decodeAnswer(answer.text())
  } catch (error) {
    if (error instanceof SyntaxError) throw unreadable(kind, answer, 'cannot be read')
    throw error
  }
}
