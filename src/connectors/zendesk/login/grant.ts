import { type Static, Type } from 'typebox'
import { recordExchanges } from '../../../http/recording.ts'
import type { Response } from '../../../http/send.ts'
import type { Tools } from '../../contract/connector.ts'
import { DeliveryError } from '../../contract/delivery-error.ts'
import { jsonAs, noAnswerToRead, ofRead, refusal } from '../../kit/answer.ts'
import { errorCode } from '../refusal.ts'
import { type OAuthLogin, remedy } from './login.ts'

/** Stored in this form: a change needs a migration. */
export const Grant = Type.Object({
  /** The hash of the refresh token in the settings; a new one there replaces the stored grant. */
  origin: Type.String(),
  accessToken: Type.String(),
  refreshToken: Type.Union([Type.String(), Type.Null()]),
  /** milliseconds since 1970; null if it does not expire */
  expiresAt: Type.Union([Type.Number(), Type.Null()]),
  scope: Type.Union([Type.String(), Type.Null()]),
})
export type Grant = Static<typeof Grant>

export interface GrantParts {
  readonly origin: string
  /** Asked for with client credentials; a refresh token has its own. */
  readonly scope: string
  readonly tools: Pick<Tools, 'integration' | 'send' | 'now' | 'credentials'>
}

const TokenAnswer = Type.Object({
  access_token: Type.String({ minLength: 1 }),
  refresh_token: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  expires_in: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
  scope: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})

/** A token is replaced before it could expire on the way. */
const MARGIN_MS = 60_000

export function isOver({ expiresAt }: Grant, now: Date): boolean {
  return expiresAt !== null && now.getTime() > expiresAt - MARGIN_MS
}

/** @throws {DeliveryError} never in doubt */
export async function requestGrant(
  login: OAuthLogin,
  asked: Readonly<Record<string, string | number>>,
  grantOrigin: string,
  { origin, scope, tools: { send, now } }: GrantParts,
): Promise<Grant> {
  const body = JSON.stringify({
    grant_type: login.kind === 'refresh token' ? 'refresh_token' : 'client_credentials',
    client_id: login.clientId,
    ...(login.clientSecret === null ? {} : { client_secret: login.clientSecret }),
    ...asked,
  })
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const url = `${origin}/oauth/tokens`
  // The answer has secrets that are not in the settings, so it is kept out of the attempt's record.
  const answer = await recordExchanges([], () => send({ method: 'POST', url, headers, body })).catch(noAnswerToRead)
  if (answer.status !== 200 && answer.status !== 201) throw refused(login, answer, now(), scope)
  const token = jsonAs(answer, TokenAnswer)
  if (token === null)
    throw new DeliveryError('hold', `Zendesk: ${url} did not answer with a token; check url`, {
      status: answer.status,
      setting: 'url',
    })
  const seconds = token.expires_in ?? null
  return {
    origin: grantOrigin,
    accessToken: token.access_token,
    refreshToken: token.refresh_token ?? null,
    expiresAt: seconds === null ? null : now().getTime() + seconds * 1000,
    scope: token.scope ?? null,
  }
}

/** The codes of RFC 6749, section 5.2. The description is not quoted, because it may repeat what was sent. */
function refused(login: OAuthLogin, answer: Response, now: Date, scope: string): DeliveryError {
  const { status } = answer
  const { setting, fix } = remedy(login)
  if (status !== 400 && status !== 401 && status !== 403)
    return ofRead(refusal("Zendesk's token endpoint", answer, now))
  const code = errorCode(answer)
  if (code === 'invalid_grant' && login.kind === 'refresh token')
    return new DeliveryError(
      'pause',
      `Zendesk no longer accepts the refresh token: it expired, was revoked, or was replaced by one that was lost; ${fix}`,
      { status, setting },
    )
  if (code === 'invalid_scope')
    return new DeliveryError(
      'hold',
      `Zendesk's OAuth client may not have the scopes "${scope}"; allow them in Zendesk`,
      { status, setting },
    )
  return new DeliveryError('hold', `Zendesk did not issue a token (${code ?? status}); ${fix}`, { status, setting })
}
