import type { Response, Send } from '../../../http/send.ts'
import { type Asked, faultError } from '../refusal.ts'
import { baseOf, type Settings } from '../settings.ts'
import { type Ask, notBugzilla, type Question, sendQuestion, unreadable } from './ask.ts'
import { LoginRefused } from './login-refused.ts'
import { atLeast, type Version } from './version.ts'
import { decodeAnswer, encodeCall, type Struct, type Value } from './xml-rpc-values.ts'

/**
 * Always by POST, so that a login is never part of a URL. From 3.6 on every call has the login; 3.4 gives cookies for it.
 */
export function askByXmlRpc(settings: Settings, version: Version, send: Send, now: () => Date): Ask {
  const login = loginParams(settings, version)
  if (atLeast(version, 3, 6))
    return async ({ subject, params, ...question }) =>
      (await callXmlRpc(settings, send, now, question, { ...login, ...subject, ...params })).value
  return askWithCookies(settings, send, now)
}

function loginParams({ username, password, api_key }: Settings, version: Version): Struct {
  if (api_key === undefined) return { Bugzilla_login: username ?? '', Bugzilla_password: password ?? '' }
  if (atLeast(version, 5, 0)) return { Bugzilla_api_key: api_key }
  throw new LoginRefused(
    `Bugzilla ${version.text} does not support API keys; set username and password instead of api_key`,
  )
}

/** Logs in again if Bugzilla has forgotten the cookies, which it says before it does anything. */
function askWithCookies(settings: Settings, send: Send, now: () => Date): Ask {
  let cookies: Promise<string> | null = null

  async function freshCookies(): Promise<string> {
    const params = { login: settings.username ?? '', password: settings.password ?? '' }
    const { answer } = await callXmlRpc(settings, send, now, { kind: 'read', method: 'User.login' }, params)
    const given = (answer.headers['set-cookie'] ?? '').split('\n').map((each) => each.split(';', 1)[0]?.trim() ?? '')
    const kept = given.filter((each) => /^Bugzilla_login(cookie)?=/.test(each))
    if (kept.length < 2)
      throw new LoginRefused('Bugzilla gave no cookies for the login; let the proxy in front pass them')
    return kept.join('; ')
  }

  async function loggedIn(): Promise<string> {
    cookies ??= freshCookies()
    try {
      return await cookies
    } catch (error) {
      cookies = null
      throw error
    }
  }

  return async ({ subject, params, ...question }) => {
    const ask = async (): Promise<Value> => {
      const cookie = await loggedIn()
      const { value } = await callXmlRpc(settings, send, now, question, { ...subject, ...params }, { cookie })
      return value
    }
    // A visitor's reads are answered too, so the relay logs in anew before one that must see private comments.
    if (question.method === 'User.login') {
      cookies = null
      return await loggedIn()
    }
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Forgotten)) throw error
      cookies = null
      return await ask()
    }
  }
}

/** Code 410: the call needs a login, and none was recognised. */
class Forgotten extends LoginRefused {}

export async function callXmlRpc(
  settings: Settings,
  send: Send,
  now: () => Date,
  { kind, method, mostBytes }: Pick<Question, 'kind' | 'method' | 'mostBytes'>,
  params: Struct,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly value: Value; readonly answer: Response }> {
  const answer = await sendQuestion(send, kind, {
    method: 'POST',
    url: `${baseOf(settings)}/xmlrpc.cgi`,
    headers: { 'content-type': 'text/xml', ...headers },
    body: encodeCall(method, params),
    ...(mostBytes === undefined ? {} : { maxBytes: mostBytes }),
  })
  if (answer.status !== 200 || !/\bxml\b/.test(answer.headers['content-type'] ?? ''))
    throw notBugzilla(kind, answer, now())
  const decoded = decode(kind, answer)
  if ('value' in decoded) return { value: decoded.value, answer }
  const asked: Asked = { kind, login: settings.api_key === undefined ? 'password' : 'api_key', status: answer.status }
  const error = faultError(decoded.fault, asked)
  throw decoded.fault.code === 410 ? new Forgotten(error.message, { status: answer.status }) : error
}

function decode(kind: Question['kind'], answer: Response): ReturnType<typeof decodeAnswer> {
  try {
    return decodeAnswer(answer.text())
  } catch (error) {
    if (error instanceof SyntaxError) throw unreadable(kind, answer, 'cannot be read')
    throw error
  }
}
