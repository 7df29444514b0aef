import { randomBytes } from 'node:crypto'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Response } from '../../http/send.ts'
import type { Connection } from '../contract/connector.ts'
import type { DeliveryError } from '../contract/delivery-error.ts'
import { refusal } from '../kit/answer.ts'
import {
  type AccessParts,
  type AccountAccess,
  connectCommand,
  formRequest,
  keepIn,
  lastSeen,
  Maybe,
  notConnected,
  parsed,
  refusedConnection,
  revokeAtX,
  sendUnrecorded,
  Text,
} from './access.ts'
import type { App } from './settings.ts'
import { authorization, type Signer } from './signature.ts'

const Kept = Type.Object({ key: Text, token: Text, secret: Text, userId: Maybe, screenName: Maybe })
const Pending = Type.Object({ token: Text, secret: Text, byPin: Type.Boolean() })

/** docs.x.com, "OAuth 1.0a"; the tokens do not expire, but can be revoked. */
export function oauth1Access(app: Extract<App, { kind: 'oauth1' }>, parts: AccessParts): AccountAccess {
  const { tools, apiBase } = parts
  const kept = keepIn(parts, 'oauth1', Kept, ({ key }) => key === app.key)
  const known = async () =>
    app.token === null ? await kept.load() : { userId: userIdIn(app.token.token), screenName: null }

  function signed(token: Signer['token'], method: string, url: string, extra: Readonly<Record<string, string>> = {}) {
    const nonce = randomBytes(24).toString('hex')
    const timestamp = Math.floor(tools.now().getTime() / 1000)
    return authorization({ key: app.key, secret: app.secret, token }, { method, url, extra, nonce, timestamp })
  }

  async function ask(path: string, token: Signer['token'], extra: Readonly<Record<string, string>>): Promise<Response> {
    const url = `${apiBase}${path}`
    return await sendUnrecorded(parts, formRequest(url, signed(token, 'POST', url, extra), {}))
  }

  const connection: Connection = {
    async account() {
      const account = await kept.load()
      return account === null ? null : nameOf(account.screenName)
    },
    async begin(callback) {
      const answer = await ask('/oauth/request_token', null, { oauth_callback: callback ?? 'oob' })
      if (answer.status !== 200) throw refusedBegin(answer, callback, tools.now())
      const told = new URLSearchParams(answer.text())
      const [token, secret] = [told.get('oauth_token'), told.get('oauth_token_secret')]
      // Without the confirmation the answer is not OAuth 1.0a, and its tokens could be someone else's.
      if (!token || !secret || told.get('oauth_callback_confirmed') !== 'true')
        throw refusedConnection('the answer to oauth/request_token is not from X; check api_base_url')
      const url = new URL(`${parts.authorizeBase}/oauth/authorize`)
      url.searchParams.set('oauth_token', token)
      return { url: url.href, pending: JSON.stringify({ token, secret, byPin: callback === null }) }
    },
    async finish(pending, answer) {
      const begun = parsed(pending)
      if (!Value.Check(Pending, begun)) throw refusedConnection('no authorisation was begun here; begin again')
      const answered = await ask('/oauth/access_token', begun, { oauth_verifier: verifierIn(answer, begun) })
      if (answered.status !== 200) throw refusedEnd(answered, begun.byPin, tools.now())
      const told = new URLSearchParams(answered.text())
      const [token, secret] = [told.get('oauth_token'), told.get('oauth_token_secret')]
      if (!token || !secret)
        throw refusedConnection('the answer to oauth/access_token is not from X; check api_base_url')
      const screenName = told.get('screen_name')
      await kept.save({ key: app.key, token, secret, userId: told.get('user_id') ?? userIdIn(token), screenName })
      return nameOf(screenName)
    },
    async disconnect() {
      const account = await lastSeen(parts, () => kept.load())
      await kept.forget()
      if (account !== null) await revokeAtX(parts, () => ask('/oauth/invalidate_token', account, {}))
    },
  }

  return {
    async header(method, url) {
      const token = app.token ?? (await kept.load())
      if (token === null) throw notConnected(tools.integration)
      return signed(token, method, url)
    },
    renew: () => false,
    known,
    ...(app.token === null
      ? { connection, setting: null, remedy: connectCommand(tools.integration) }
      : {
          setting: 'access_token',
          remedy: 'create a new access token for the app and set access_token and access_token_secret',
        }),
  }
}

/** An access token begins with the number of its account. */
function userIdIn(token: string): string | null {
  return /^(\d{1,20})-/.exec(token)?.[1] ?? null
}

export function nameOf(screenName: string | null): string {
  return screenName === null || screenName === '' ? 'an account whose name X does not tell' : `@${screenName}`
}

/** @throws {DeliveryError} if the answer belongs to another attempt or is a refusal */
function verifierIn(answer: Readonly<Record<string, string>>, begun: { token: string; byPin: boolean }): string {
  const { pin, denied, oauth_token, oauth_verifier } = answer
  if (begun.byPin) {
    const digits = (pin ?? '').replace(/\s/g, '')
    if (/^\d{4,12}$/.test(digits)) return digits
    throw refusedConnection('this is not a PIN; enter the number that X shows after "Authorize app"')
  }
  if (denied !== undefined) throw refusedConnection('the account was not authorised, because access was refused at X')
  if (oauth_token !== begun.token)
    throw refusedConnection('this answer belongs to another attempt to authorise; begin again')
  if (oauth_verifier) return oauth_verifier
  throw refusedConnection('X sent the browser back without a verifier; begin again')
}

/** X's error code; some answers are JSON, some XML. */
function codeIn(answer: Response): number | null {
  const code = /"code"\s*:\s*(\d{1,6})|code="(\d{1,6})"/.exec(answer.text())
  return code === null ? null : Number(code[1] ?? code[2])
}

function refusedBegin(answer: Response, callback: string | null, now: Date): DeliveryError {
  const { status } = answer
  const code = codeIn(answer)
  if (code === 415 || status === 403)
    return refusedConnection(
      callback === null
        ? `the app does not allow a PIN (${status}); set up "User authentication" for it at X, with Read and write and any callback URL`
        : `the app does not allow the callback ${callback} (${status}); add exactly that to its callback URLs at X`,
      status,
    )
  if (code === 135 || code === 89)
    return refusedConnection("X rejects the time of the request; set this machine's clock", status)
  if (status === 400 || status === 401)
    return refusedConnection(`X rejects consumer_key or consumer_secret (${status}); check both`, status)
  return refusal('Twitter', answer, now)
}

function refusedEnd(answer: Response, byPin: boolean, now: Date): DeliveryError {
  const { status } = answer
  if (status !== 400 && status !== 401 && status !== 403) return refusal('Twitter', answer, now)
  const what = byPin ? 'the PIN is wrong, was used' : 'the answer that the browser brought was used'
  return refusedConnection(`${what} or is too old (${status}); begin again`, status)
}
