import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Answer, Recorded } from './stand-in.ts'

/** The app at X, as its owner has set it up. */
export interface App {
  readonly consumerKey: string
  readonly consumerSecret: string
  readonly clientId: string
  /** null: a public client */
  readonly clientSecret: string | null
  readonly callbacks: readonly string[]
  permission: 'Read' | 'Read and write'
}

export interface User {
  readonly id: string
  readonly screenName: string
}

interface Token {
  readonly secret: string
  readonly write: boolean
}

/** The most that a signature's time may be off, in seconds. */
const SKEW_SECONDS = 300

export const unauthorized: Answer = json(401, {
  title: 'Unauthorized',
  type: 'about:blank',
  status: 401,
  detail: 'Unauthorized',
})

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  }
}

/** The sign-in of X: OAuth 1.0a as RFC 5849 has it, and OAuth 2.0 with PKCE and refresh tokens that work once. */
export function createOAuth(app: App, user: User, base: () => string, now: () => Date) {
  const tokens = new Map<string, Token>()
  const requestTokens = new Map<string, { secret: string; callback: string; verifier: string | null; used: boolean }>()
  const nonces = new Set<string>()
  const codes = new Map<string, { challenge: string; redirect: string; scope: string; at: number; used: boolean }>()
  const accessTokens = new Map<string, { endsAt: number; scope: string }>()
  const refreshTokens = new Map<string, { access: string; scope: string; used: boolean }>()
  let refreshes = 0

  /** Null: the signature is wrong, its nonce was used or its time is off. */
  function signedBy(request: Recorded, find: (token: string) => { secret: string } | undefined) {
    const header = request.headers.authorization ?? ''
    if (!header.startsWith('OAuth ')) return null
    const own = new Map<string, string>()
    for (const part of header.slice(6).split(/,\s*/)) {
      const match = /^([a-z_]+)="([^"]*)"$/.exec(part)
      if (match === null || own.has(match[1] ?? '')) return null
      own.set(match[1] ?? '', decodeURIComponent(match[2] ?? ''))
    }
    const get = (name: string): string => own.get(`oauth_${name}`) ?? ''
    if (get('version') !== '1.0' || get('signature_method') !== 'HMAC-SHA1' || get('consumer_key') !== app.consumerKey)
      return null
    if (Math.abs(Number(get('timestamp')) - now().getTime() / 1000) > SKEW_SECONDS) return null
    const seen = `${get('timestamp')} ${get('nonce')}`
    if (get('nonce').length < 8 || nonces.has(seen)) return null
    const token = get('token') === '' ? { secret: '' } : find(get('token'))
    if (token === undefined) return null
    const pairs: string[] = []
    for (const [name, value] of own) if (name !== 'oauth_signature') pairs.push(pair(name, value))
    for (const [name, value] of request.query) pairs.push(pair(name, value))
    if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
      for (const [name, value] of new URLSearchParams(request.body.toString())) pairs.push(pair(name, value))
    // By bytes: "=" sorts before every character that a name can have, as RFC 5849 wants it.
    pairs.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
    const text = `${request.method}&${strict(`${base()}${request.path}`)}&${strict(pairs.join('&'))}`
    const hmac = createHmac('sha1', `${strict(app.consumerSecret)}&${strict(token.secret)}`)
    if (hmac.update(text).digest('base64') !== get('signature')) return null
    nonces.add(seen)
    return { token: get('token'), callback: get('callback'), verifier: get('verifier') }
  }

  function requestToken(request: Recorded): Answer {
    const signed = signedBy(request, () => undefined)
    if (signed === null) return json(401, { errors: [{ code: 32, message: 'Could not authenticate you.' }] })
    if (signed.callback !== 'oob' && !app.callbacks.includes(signed.callback))
      return {
        status: 403,
        headers: { 'content-type': 'application/xml' },
        body: '<?xml version="1.0" encoding="UTF-8"?><errors><error code="415">Callback URL not approved for this client application. Approved callback URLs can be adjusted in your application settings</error></errors>',
      }
    const token = randomBytes(12).toString('hex')
    const secret = randomBytes(16).toString('hex')
    requestTokens.set(token, { secret, callback: signed.callback, verifier: null, used: false })
    return form(200, { oauth_token: token, oauth_token_secret: secret, oauth_callback_confirmed: 'true' })
  }

  function accessToken(request: Recorded): Answer {
    const signed = signedBy(request, (token) => requestTokens.get(token))
    const begun = signed === null ? undefined : requestTokens.get(signed.token)
    if (signed === null || begun === undefined || begun.used || begun.verifier === null)
      return { status: 401, headers: { 'content-type': 'text/plain' }, body: 'Reverse auth credentials are invalid' }
    if (signed.verifier !== begun.verifier)
      return {
        status: 401,
        headers: { 'content-type': 'text/plain' },
        body: 'Error processing your OAuth request: Invalid oauth_verifier parameter',
      }
    begun.used = true
    const [token, secret] = issue()
    return form(200, { oauth_token: token, oauth_token_secret: secret, user_id: user.id, screen_name: user.screenName })
  }

  /** @param given instead of a token and a secret made up here */
  function issue(given?: readonly [token: string, secret: string]): readonly [token: string, secret: string] {
    const [token, secret] = given ?? [`${user.id}-${randomBytes(15).toString('hex')}`, randomBytes(20).toString('hex')]
    tokens.set(token, { secret, write: app.permission === 'Read and write' })
    return [token, secret]
  }

  function invalidate(request: Recorded): Answer {
    const signed = signedBy(request, (token) => tokens.get(token))
    if (signed === null || signed.token === '')
      return json(401, { errors: [{ code: 89, message: 'Invalid or expired token.' }] })
    tokens.delete(signed.token)
    return json(200, { access_token: signed.token })
  }

  /** What a person does in the browser: where it is sent back to, or the PIN that is shown. */
  function visit(address: string, agree = true): { pin?: string; back?: Record<string, string> } {
    const url = new URL(address)
    if (url.origin !== base()) throw new Error(`the browser was sent to ${url.origin}`)
    if (url.pathname === '/i/oauth2/authorize') return { back: authorize2(url, agree) }
    const begun = requestTokens.get(url.searchParams.get('oauth_token') ?? '')
    if (url.pathname !== '/oauth/authorize' || begun === undefined || begun.used)
      throw new Error('nothing to authorise')
    const token = url.searchParams.get('oauth_token') ?? ''
    if (!agree) return { back: { denied: token } }
    if (begun.callback === 'oob') {
      begun.verifier = String(1_000_000 + (randomBytes(3).readUIntBE(0, 3) % 9_000_000))
      return { pin: begun.verifier }
    }
    begun.verifier = randomBytes(16).toString('hex')
    return { back: { oauth_token: token, oauth_verifier: begun.verifier } }
  }

  function authorize2(url: URL, agree: boolean): Record<string, string> {
    const get = (name: string): string => url.searchParams.get(name) ?? ''
    const right =
      get('response_type') === 'code' &&
      get('client_id') === app.clientId &&
      app.callbacks.includes(get('redirect_uri')) &&
      get('code_challenge_method') === 'S256' &&
      /^[\w-]{43}$/.test(get('code_challenge')) &&
      get('state').length >= 16 &&
      get('state').length <= 500
    if (!right) throw new Error(`X shows "Something went wrong" for ${url.search}`)
    if (!agree) return { error: 'access_denied', state: get('state') }
    const code = randomBytes(24).toString('base64url')
    codes.set(code, {
      challenge: get('code_challenge'),
      redirect: get('redirect_uri'),
      scope: get('scope'),
      at: now().getTime(),
      used: false,
    })
    return { code, state: get('state') }
  }

  /** Null: the client is who it says. */
  function wrongClient(request: Recorded, body: URLSearchParams): Answer | null {
    const expected = `Basic ${Buffer.from(`${app.clientId}:${app.clientSecret}`).toString('base64')}`
    const right =
      app.clientSecret === null
        ? request.headers.authorization === undefined && body.get('client_id') === app.clientId
        : request.headers.authorization === expected
    return right
      ? null
      : json(401, { error: 'unauthorized_client', error_description: 'Missing valid authorization header' })
  }

  function token2(request: Recorded): Answer {
    const body = formOf(request)
    const wrong = wrongClient(request, body)
    if (wrong !== null) return wrong
    if (body.get('grant_type') === 'refresh_token') {
      const kept = refreshTokens.get(body.get('refresh_token') ?? '')
      if (kept === undefined || kept.used)
        return json(400, { error: 'invalid_request', error_description: 'Value passed for the token was invalid.' })
      kept.used = true
      accessTokens.delete(kept.access)
      refreshes += 1
      return grant(kept.scope)
    }
    const code = codes.get(body.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(body.get('code_verifier') ?? '')
      .digest('base64url')
    if (
      body.get('grant_type') !== 'authorization_code' ||
      code === undefined ||
      code.used ||
      now().getTime() - code.at > 30_000 ||
      code.redirect !== body.get('redirect_uri') ||
      code.challenge !== challenge
    )
      return json(400, {
        error: 'invalid_request',
        error_description: 'Value passed for the authorization code was invalid.',
      })
    code.used = true
    return grant(code.scope)
  }

  function grant(scope: string): Answer {
    const access = randomBytes(30).toString('base64url')
    const refresh = randomBytes(30).toString('base64url')
    accessTokens.set(access, { endsAt: now().getTime() + 7_200_000, scope })
    const forever = scope.split(' ').includes('offline.access')
    if (forever) refreshTokens.set(refresh, { access, scope, used: false })
    return json(200, {
      token_type: 'bearer',
      expires_in: 7200,
      access_token: access,
      scope,
      ...(forever ? { refresh_token: refresh } : {}),
    })
  }

  function revoke2(request: Recorded): Answer {
    const body = formOf(request)
    const wrong = wrongClient(request, body)
    if (wrong !== null) return wrong
    const kept = refreshTokens.get(body.get('token') ?? '')
    if (kept !== undefined) {
      kept.used = true
      accessTokens.delete(kept.access)
    }
    accessTokens.delete(body.get('token') ?? '')
    return json(200, { revoked: true })
  }

  return {
    answer(request: Recorded): Answer | null {
      if (request.method !== 'POST') return null
      if (request.path === '/oauth/request_token') return requestToken(request)
      if (request.path === '/oauth/access_token') return accessToken(request)
      if (request.path === '/oauth/invalidate_token') return invalidate(request)
      if (request.path === '/2/oauth2/token') return token2(request)
      if (request.path === '/2/oauth2/revoke') return revoke2(request)
      return null
    },
    /** What the request may do; null: it is nobody's. */
    rights(request: Recorded): { write: boolean; kind: 'oauth1' | 'oauth2' } | null {
      const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
      if (bearer !== undefined) {
        const token = accessTokens.get(bearer)
        if (token === undefined || token.endsAt <= now().getTime()) return null
        return { write: token.scope.split(' ').includes('tweet.write'), kind: 'oauth2' }
      }
      const signed = signedBy(request, (token) => tokens.get(token))
      const token = signed === null ? undefined : tokens.get(signed.token)
      return token === undefined ? null : { write: token.write, kind: 'oauth1' }
    },
    issue,
    visit,
    /** Ends every token of the account, as its owner can under "Connected apps". */
    revokeAll(): void {
      tokens.clear()
      accessTokens.clear()
      refreshTokens.clear()
    },
    /** Ends the access tokens before their time. */
    endAccessTokens(): void {
      accessTokens.clear()
    },
    get refreshes() {
      return refreshes
    },
    get living() {
      return tokens.size + [...refreshTokens.values()].filter(({ used }) => !used).length
    },
  }
}

function formOf(request: Recorded): URLSearchParams {
  const right = request.headers['content-type'] === 'application/x-www-form-urlencoded'
  return new URLSearchParams(right ? request.body.toString() : '')
}

function form(status: number, values: Record<string, string>): Answer {
  return {
    status,
    headers: { 'content-type': 'text/html;charset=utf-8' },
    body: new URLSearchParams(values).toString(),
  }
}

function pair(name: string, value: string): string {
  return `${strict(name)}=${strict(value)}`
}

/** Percent-encoding byte by byte, so that no library's idea of it is shared with the sender. */
function strict(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) =>
      /[A-Za-z0-9._~-]/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
}
