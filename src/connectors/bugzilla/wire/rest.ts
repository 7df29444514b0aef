import type { Response, Send } from '../../../http/send.ts'
import { faultError } from '../refusal.ts'
import type { Settings } from '../settings.ts'
import { type Conversation, notBugzilla, type Question, sendQuestion } from './ask.ts'
import type { Struct, Value } from './xml-rpc-values.ts'

/**
 * For 5.3 and later only: the login goes in headers, which earlier servers ignore, so that they would answer reads as to
 * a visitor.
 */
export function askByRest(settings: Settings, restUrl: string, send: Send, now: () => Date): Conversation {
  const login = settings.api_key === undefined ? 'password' : 'api_key'
  const headers = loginHeaders(settings)
  async function ask({ kind, verb, path, params = {}, mostBytes }: Question): Promise<unknown> {
    const get = verb === 'GET'
    const answer = await sendQuestion(send, kind, {
      method: verb,
      url: `${restUrl}/${path}${get ? query(params) : ''}`,
      headers: { accept: 'application/json', ...headers, ...(get ? {} : { 'content-type': 'application/json' }) },
      ...(get ? {} : { body: ascii(JSON.stringify(params)) }),
      ...(mostBytes === undefined ? {} : { maxBytes: mostBytes }),
    })
    return answerOf(kind, login, answer, now())
  }
  return { ask, logins: () => 0, close: async () => {} }
}

/** Faults may come with any status, even 200. */
export function answerOf(kind: Question['kind'], login: 'password' | 'api_key', answer: Response, now: Date): unknown {
  const { status } = answer
  const body = jsonOf(answer)
  if (body === null) throw notBugzilla(kind, answer, now)
  if (body.error === true) {
    // A number before 5.3, text after; missing if the program crashed.
    const code = Number(body.code ?? 100_000 + status)
    const text = typeof body.message === 'string' ? body.message : ''
    throw faultError({ code: Number.isFinite(code) ? code : 100_000 + status, text }, { kind, login, status })
  }
  if (status < 200 || status >= 300) throw notBugzilla(kind, answer, now)
  return body
}

function jsonOf(answer: Response): Record<string, unknown> | null {
  if (!/\bjson\b/.test(answer.headers['content-type'] ?? '')) return null
  try {
    const body = answer.json()
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function loginHeaders({ username, password, api_key }: Settings): Record<string, string> {
  if (api_key !== undefined) return { 'x-bugzilla-api-key': headerText(api_key) }
  return { 'x-bugzilla-login': headerText(username ?? ''), 'x-bugzilla-password': headerText(password ?? '') }
}

/** Bugzilla reads headers as UTF-8. */
const headerText = (text: string): string => Buffer.from(text).toString('latin1')

/** Only lists of fields may be joined by commas: `ids=1,2` is one wrong id (Bugzilla/WebService/Server/REST.pm). */
function query(params: Struct): string {
  const pairs = Object.entries(params).flatMap(([name, value]): [string, string][] =>
    Array.isArray(value) && name !== 'include_fields'
      ? value.map((each): [string, string] => [name, queryText(each)])
      : [[name, queryText(value)]],
  )
  const text = new URLSearchParams(pairs).toString()
  return text === '' ? '' : `?${text}`
}

function queryText(value: Value): string {
  if (Array.isArray(value)) return value.map(queryText).join(',')
  return value instanceof Date ? value.toISOString().replace(/\.\d+Z$/, 'Z') : String(value)
}

/** Bugzilla 5.3 garbles JSON that is not pure ASCII. */
function ascii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
