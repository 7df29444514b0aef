import { Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import type { DeliveryError } from '../contract/delivery-error.ts'
import { jsonAs, ofRead, refusal } from '../kit/answer.ts'
import { basicAuth } from '../kit/basic-auth.ts'
import {
  type AccessParts,
  connectCommand,
  formRequest,
  Maybe,
  refusedConnection,
  revokeAtX,
  sendUnrecorded,
  Text,
} from './access.ts'
import type { Pair } from './grants.ts'
import type { App } from './settings.ts'

export const SCOPE = 'tweet.read tweet.write users.read offline.access'
/** If X does not tell it. */
const LIFETIME_SECONDS = 7200

const TokenAnswer = Type.Object({
  access_token: Text,
  refresh_token: Type.Optional(Maybe),
  expires_in: Type.Optional(Type.Number()),
  scope: Type.Optional(Type.String()),
})
const OAuthError = Type.Object({ error: Type.String({ pattern: '^[a-z_]{1,40}$' }) })

/** X's token endpoints (docs.x.com, "OAuth 2.0"). */
export interface Tokens {
  /** @throws {DeliveryError} `pause` if X refuses the code */
  exchange(code: string, callback: string, verifier: string): Promise<Pair>
  /** @throws {DeliveryError} `pause` if X refuses the refresh token */
  refresh(refreshToken: string): Promise<Pair>
  revoke(refreshToken: string): Promise<void>
}

export function tokensOf(app: Extract<App, { kind: 'oauth2' }>, parts: AccessParts): Tokens {
  const { tools } = parts

  async function post(path: string, form: Readonly<Record<string, string>>): Promise<Response> {
    const { clientId, clientSecret } = app
    const basic = clientSecret === null ? null : basicAuth(clientId, clientSecret)
    // A client without a secret names itself in the form.
    const whole = clientSecret === null ? { ...form, client_id: clientId } : form
    return await sendUnrecorded(parts, formRequest(`${parts.apiBase}${path}`, basic, whole))
  }

  /** @param before the refresh token to keep if X issues no new one */
  async function pairFor(form: Readonly<Record<string, string>>, before: string | null, why: string): Promise<Pair> {
    const answer = await post('/2/oauth2/token', form)
    if (answer.status !== 200) throw refused(answer, why, tools.now())
    const told = jsonAs(answer, TokenAnswer)
    if (told === null)
      throw refusedConnection('the answer to oauth2/token is not from X; check api_base_url', answer.status)
    const refreshToken = told.refresh_token ?? before
    if (!refreshToken || (told.scope !== undefined && !told.scope.split(/\s+/).includes('tweet.write')))
      throw refusedConnection(`X did not grant all of "${SCOPE}"; set the app to "Read and write" and begin again`)
    return {
      accessToken: told.access_token,
      refreshToken,
      expiresAt: tools.now().getTime() + (told.expires_in ?? LIFETIME_SECONDS) * 1000,
    }
  }

  return {
    async exchange(code, callback, verifier) {
      return await pairFor(
        { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier },
        null,
        'the code was used already, is older than 30 seconds or belongs to another callback; begin again',
      )
    },
    async refresh(refreshToken) {
      return await pairFor(
        { grant_type: 'refresh_token', refresh_token: refreshToken },
        refreshToken,
        `X no longer accepts the refresh token: it was revoked, or replaced by one that was lost; ${connectCommand(tools.integration)}`,
      )
    },
    async revoke(refreshToken) {
      await revokeAtX(parts, () => post('/2/oauth2/revoke', { token: refreshToken, token_type_hint: 'refresh_token' }))
    },
  }
}

function refused(answer: Response, why: string, now: Date): DeliveryError {
  const { status } = answer
  // A lost or broken answer to a refresh leaves no post in doubt.
  if (status !== 400 && status !== 401 && status !== 403) return ofRead(refusal('Twitter', answer, now))
  const code = jsonAs(answer, OAuthError)?.error ?? null
  if (code === 'invalid_client' || code === 'unauthorized_client')
    return refusedConnection(
      `X rejects client_id or client_secret (${status}, ${code}); a confidential client needs both, a public one no secret`,
      status,
    )
  return refusedConnection(`${why} (${status}${code === null ? '' : `, ${code}`})`, status)
}
