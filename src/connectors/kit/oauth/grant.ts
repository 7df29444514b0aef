import { type Static, Type } from 'typebox'
import { recordExchanges } from '../../../http/recording.ts'
import type { Response } from '../../../http/send.ts'
import type { Tools } from '../../contract/connector.ts'
import { DeliveryError } from '../../contract/delivery-error.ts'
import { jsonAs, noAnswerToRead, ofRead, refusal } from '../answer.ts'

/** Who issues tokens to an OAuth client, for a refresh token or for the client's own secret. */
export interface Issuer {
  /** The connector's name: its tokens are stored under it. */
  readonly connector: string
  /** For messages: "Zendesk". */
  readonly name: string
  readonly tokenUrl: string
  /** The setting that `tokenUrl` is from. */
  readonly urlSetting: string
  readonly clientId: string
  /** null for a public client */
  readonly clientSecret: string | null
  /** null: the client's secret alone is the login */
  readonly refreshToken: string | null
  /** Sent with client credentials; a refresh token has its own scope. */
  readonly asked: Readonly<Record<string, string | number>>
  /** Error codes that say, besides `invalid_grant`, that the refresh token is no longer valid. */
  readonly endedBy?: readonly string[]
  /** What to do if the issuer rejects the login, and the setting to correct. */
  readonly remedy: { readonly setting: string; readonly fix: string }
}

export type OAuthTools = Pick<Tools, 'integration' | 'send' | 'now' | 'credentials'>

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

const TokenAnswer = Type.Object({
  access_token: Type.String({ minLength: 1 }),
  refresh_token: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  expires_in: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
  scope: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})

const Fault = Type.Object({ error: Type.String({ pattern: '^[A-Za-z_]{1,60}$' }) })

/** The client is not the one that it says; `access_denied` is Atlassian's word for a wrong secret. */
const OF_THE_CLIENT = ['invalid_client', 'unauthorized_client', 'access_denied']

/** A token is replaced before it could expire on the way. */
const MARGIN_MS = 60_000

export function isOver({ expiresAt }: Grant, now: Date): boolean {
  return expiresAt !== null && now.getTime() > expiresAt - MARGIN_MS
}

/** @throws {DeliveryError} never in doubt */
export async function requestGrant(
  issuer: Issuer,
  asked: Readonly<Record<string, string | number>>,
  origin: string,
  { send, now }: OAuthTools,
): Promise<Grant> {
  const { name, tokenUrl: url, urlSetting: setting, clientId, clientSecret, refreshToken } = issuer
  const body = JSON.stringify({
    grant_type: refreshToken === null ? 'client_credentials' : 'refresh_token',
    client_id: clientId,
    ...(clientSecret === null ? {} : { client_secret: clientSecret }),
    ...asked,
  })
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  // The answer has secrets that are not in the settings, so it is kept out of the attempt's record.
  const answer = await recordExchanges([], () => send({ method: 'POST', url, headers, body })).catch(noAnswerToRead)
  const { status } = answer
  if (status !== 200 && status !== 201) throw refused(issuer, answer, now())
  const token = jsonAs(answer, TokenAnswer)
  if (token === null)
    throw new DeliveryError('hold', `${name}: ${url} did not answer with a token; check ${setting}`, {
      status,
      setting,
    })
  const seconds = token.expires_in ?? null
  return {
    origin,
    accessToken: token.access_token,
    refreshToken: token.refresh_token ?? null,
    expiresAt: seconds === null ? null : now().getTime() + seconds * 1000,
    scope: token.scope ?? null,
  }
}

/** The codes of RFC 6749, section 5.2. The description is not quoted, because it may repeat what was sent. */
function refused(issuer: Issuer, answer: Response, now: Date): DeliveryError {
  const { name, refreshToken, asked, remedy, endedBy = [] } = issuer
  const { setting, fix } = remedy
  const { status } = answer
  if (status !== 400 && status !== 401 && status !== 403)
    return ofRead(refusal(`${name}'s token endpoint`, answer, now))
  const code = jsonAs(answer, Fault)?.error ?? null
  if (refreshToken !== null && code !== null && ['invalid_grant', ...endedBy].includes(code))
    return new DeliveryError(
      'pause',
      `${name} no longer accepts the refresh token: it expired, was revoked, or was replaced by one that was lost; ${fix}`,
      { status, setting },
    )
  if (code === 'invalid_scope')
    return new DeliveryError(
      'hold',
      `${name}'s OAuth client may not have the scopes "${asked.scope ?? ''}"; allow them in ${name}`,
      { status, setting },
    )
  const notIssued = `${name} did not issue a token (${code ?? status})`
  if (refreshToken !== null && code !== null && OF_THE_CLIENT.includes(code))
    return new DeliveryError('hold', `${notIssued}; check oauth_client_id and oauth_client_secret`, {
      status,
      setting: 'oauth_client_secret',
    })
  return new DeliveryError('hold', `${notIssued}; ${fix}`, { status, setting })
}
