import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { recordExchanges } from '../../http/recording.ts'
import type { Request, Response, Send } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { noAnswerToRead } from '../kit/answer.ts'
import { type Login, remedy } from './login.ts'
import { errorCode, refusedRead } from './refusal.ts'
import type { Settings } from './settings.ts'
import { hasView } from './view-id.ts'

/** Gives each request its Authorization header. */
export interface Access {
  /** @throws {DeliveryError} when no token can be had */
  header(): Promise<string>
  /** Told that Zendesk answered 401 to this header: true when another one can be had. */
  renew(refused: string): boolean
  /** The scopes that Zendesk granted, as it wrote them; null when it has not told them. */
  scope(): string | null
}

/** Where the refresh token lives that replaces the one in the settings. */
export interface TokenStore {
  load(): Promise<string | null>
  save(value: string): Promise<void>
}

/** What the connector writes and what its check reads; no more. */
const SCOPE = 'tickets:read tickets:write users:read'
/** Views have no scope of their own: Zendesk wants this one, which covers all that is read. */
const READ = 'read'

/** The scopes that the settings need; an integration that only imports needs none to write. */
export function scopeOf(settings: Settings): string {
  if (!hasView(settings)) return SCOPE
  return settings.update_comments || settings.update_state ? `${SCOPE} ${READ}` : READ
}
/** Zendesk takes 300 to 172,800 seconds; half an hour is its own default for new clients. */
const LIFETIME_SECONDS = 1800
/** A token this close to its end is replaced first, so that it does not end on the way. */
const MARGIN_MS = 60_000

const TokenAnswer = Type.Object({
  access_token: Type.String({ minLength: 1 }),
  refresh_token: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  expires_in: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
  scope: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})

const Grant = Type.Object({
  /** Whose successor this is: a new token in the settings replaces what is kept. */
  origin: Type.String(),
  accessToken: Type.String(),
  refreshToken: Type.Union([Type.String(), Type.Null()]),
  /** milliseconds since 1970; null for a token without an end */
  expiresAt: Type.Union([Type.Number(), Type.Null()]),
  scope: Type.Union([Type.String(), Type.Null()]),
})
type Grant = Static<typeof Grant>

type OAuthLogin = Extract<Login, { kind: 'client credentials' | 'refresh token' }>

export interface AccessParts {
  readonly origin: string
  readonly send: Send
  readonly now: () => Date
  /** What is asked for where the login lets one ask; what the user allows decides otherwise. */
  readonly scope: string
  /** null where the relay has no place for credentials */
  readonly store: TokenStore | null
}

export function createAccess(login: Login, parts: AccessParts): Access {
  if (login.kind === 'token') return fixed(`Bearer ${login.token}`)
  if (login.kind === 'api token') return fixed(basic(`${login.email}/token`, login.token))
  if (login.kind === 'password') return fixed(basic(login.email, login.password))
  if (login.kind === 'client credentials')
    return renewing(parts.now, async () => {
      const answer = await requestToken(login, { scope: parts.scope, expires_in: LIFETIME_SECONDS }, parts)
      return grantOf(answer, '', parts.now())
    })
  return renewing(parts.now, refreshing(login, parts))
}

function fixed(value: string): Access {
  return { header: async () => value, renew: () => false, scope: () => null }
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`
}

/** Keeps one token until it ends or is refused, and asks for the next one only once at a time. */
function renewing(now: () => Date, obtain: (refused: string | null) => Promise<Grant>): Access {
  let grant: Grant | null = null
  let refused: string | null = null
  let underway: Promise<Grant> | null = null

  async function current(): Promise<Grant> {
    if (grant !== null && grant.accessToken !== refused && !isOver(grant, now())) return grant
    underway ??= obtain(refused).finally(() => {
      underway = null
    })
    grant = await underway
    return grant
  }

  return {
    header: async () => `Bearer ${(await current()).accessToken}`,
    renew(header) {
      refused = header.slice('Bearer '.length)
      return true
    },
    scope: () => grant?.scope ?? null,
  }
}

/**
 * Zendesk answers a refresh with a new pair and ends the old one at once (support.zendesk.com 9182123625370). So the
 * new pair is stored before it is used; one that could not be stored is kept here and stored before anything else.
 */
function refreshing(
  login: Extract<Login, { kind: 'refresh token' }>,
  parts: AccessParts,
): (refused: string | null) => Promise<Grant> {
  const { store, now } = parts
  const origin = createHash('sha256').update(login.refreshToken).digest('hex').slice(0, 16)
  let unsaved: Grant | null = null

  async function load(from: TokenStore): Promise<Grant | null> {
    const kept = parseGrant(await from.load().catch((error: unknown) => storeFailed(error)))
    return kept?.origin === origin ? kept : null
  }

  async function save(to: TokenStore, grant: Grant): Promise<Grant> {
    unsaved = grant
    await to.save(JSON.stringify(grant)).catch((error: unknown) => storeFailed(error))
    unsaved = null
    return grant
  }

  return async (refused) => {
    if (store === null)
      throw new DeliveryError(
        'pause',
        'Zendesk: the relay has no place to keep the token that replaces oauth_refresh_token; set up its credential store, or log in with oauth_client_id and oauth_client_secret',
      )
    if (unsaved !== null) return await save(store, unsaved)
    const kept = await load(store)
    if (kept !== null && kept.accessToken !== refused && !isOver(kept, now())) return kept
    const refreshToken = kept?.refreshToken ?? login.refreshToken
    try {
      const answer = await requestToken(login, { refresh_token: refreshToken }, parts)
      return await save(store, grantOf(answer, origin, now()))
    } catch (error) {
      if (!(error instanceof DeliveryError) || error.verdict !== 'pause') throw error
      // Another process of the relay may have been quicker; its pair is the living one.
      const other = await load(store)
      if (other !== null && other.refreshToken !== refreshToken) return other
      throw error
    }
  }
}

function storeFailed(cause: unknown): never {
  throw new DeliveryError('hold', 'Zendesk: the OAuth tokens could not be read from or stored in the database', {
    cause,
  })
}

async function requestToken(
  login: OAuthLogin,
  extra: Readonly<Record<string, string | number>>,
  { origin, send, now, scope }: AccessParts,
): Promise<Static<typeof TokenAnswer>> {
  const grantType = login.kind === 'refresh token' ? 'refresh_token' : 'client_credentials'
  const request: Request = {
    method: 'POST',
    url: `${origin}/oauth/tokens`,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({
      grant_type: grantType,
      client_id: login.clientId,
      ...(login.clientSecret === null ? {} : { client_secret: login.clientSecret }),
      ...extra,
    }),
  }
  // Its answer is a secret that no setting names, so the attempt's record must not have it.
  const answer = await recordExchanges([], () => send(request)).catch(noAnswerToRead)
  if (answer.status !== 200 && answer.status !== 201) throw refusedToken(login, answer, now(), scope)
  const body = parse(answer)
  if (Value.Check(TokenAnswer, body)) return body
  throw new DeliveryError('hold', `Zendesk: ${origin}/oauth/tokens did not answer with a token; check url`, {
    status: answer.status,
  })
}

/** The words of RFC 6749, section 5.2. Its description is not quoted: it may repeat what was sent. */
function refusedToken(login: OAuthLogin, answer: Response, now: Date, scope: string): DeliveryError {
  const { status } = answer
  const code = errorCode(answer)
  if (status !== 400 && status !== 401 && status !== 403) return refusedRead('its token endpoint', answer, now)
  if (code === 'invalid_grant' && login.kind === 'refresh token')
    return new DeliveryError(
      'pause',
      `Zendesk takes the refresh token no longer: it has ended, was revoked, or its successor was lost; ${remedy(login).fix}`,
      { status },
    )
  if (code === 'invalid_scope')
    return new DeliveryError('hold', `Zendesk's OAuth client may not have the scopes "${scope}"; allow them there`, {
      status,
    })
  return new DeliveryError('hold', `Zendesk gives out no token (${code ?? status}): ${remedy(login).fix}`, { status })
}

function grantOf(answer: Static<typeof TokenAnswer>, origin: string, now: Date): Grant {
  const seconds = answer.expires_in ?? null
  return {
    origin,
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token ?? null,
    expiresAt: seconds === null ? null : now.getTime() + seconds * 1000,
    scope: answer.scope ?? null,
  }
}

function isOver({ expiresAt }: Grant, now: Date): boolean {
  return expiresAt !== null && now.getTime() > expiresAt - MARGIN_MS
}

function parseGrant(text: string | null): Grant | null {
  try {
    const value: unknown = JSON.parse(text ?? 'null')
    return Value.Check(Grant, value) ? value : null
  } catch {
    return null
  }
}

function parse(answer: Response): unknown {
  try {
    return answer.json()
  } catch {
    return null
  }
}
