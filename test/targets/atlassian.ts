import { randomBytes } from 'node:crypto'
import { type Answer, type Recorded, type StandIn, startStandIn } from '../../src/stand-ins/stand-in.ts'

/**
 * auth.atlassian.com and api.atlassian.com in one: issues tokens to a 3LO app and to a service account, and passes on to
 * a JIRA what comes with a valid one that has the scopes. Refresh tokens rotate; the last one still works for ten minutes
 * after its first use, and its use after that ends all that came of it (developer.atlassian.com, "Implementing the
 * Refresh Token Flow"; Auth0's reuse detection).
 */

export const CLOUD_ID = '11223344-a1b2-3b33-c444-def123456789'
export const app = { id: 'app-client-id', secret: 'ATOA-app-secret' }
export const serviceAccount = { id: 'service-client-id', secret: 'ATOA-service-secret' }
export const ALL_SCOPES = ['read:jira-user', 'read:jira-work', 'write:jira-work']

const LIFETIME_SECONDS = 3600
const LEEWAY_MS = 10 * 60 * 1000
const INACTIVITY_MS = 90 * 24 * 60 * 60 * 1000

export interface AtlassianOptions {
  /** The JIRA that the gateway leads to, and the token that it takes. */
  readonly jira: { readonly url: string }
  readonly token: string
  readonly now: () => Date
  readonly scopes?: readonly string[]
  readonly siteUrl?: string
  readonly port?: number
}

export interface AtlassianStandIn extends StandIn {
  /** How many tokens were issued. */
  readonly grants: number
  /** A person authorises the app: a refresh token. */
  authorize(): string
  revokeAccessTokens(): void
  /** The person removes the app, or changes the password. */
  revokeAll(): void
}

interface Refresh {
  readonly family: number
  readonly issuedAt: number
  usedAt: number | null
}

export async function startAtlassian(options: AtlassianOptions): Promise<AtlassianStandIn> {
  const { now } = options
  const scopes = options.scopes ?? ALL_SCOPES
  const access = new Map<string, number>()
  const refresh = new Map<string, Refresh>()
  let families = 0
  let grants = 0

  function newRefresh(family: number): string {
    const value = `eyJ-refresh-${randomBytes(16).toString('hex')}`
    refresh.set(value, { family, issuedAt: now().getTime(), usedAt: null })
    return value
  }

  function endFamily(family: number): void {
    for (const [value, each] of refresh) if (each.family === family) refresh.delete(value)
  }

  function issue(family: number | null): Answer {
    grants += 1
    const token = `eyJ-access-${randomBytes(16).toString('hex')}`
    access.set(token, now().getTime() + LIFETIME_SECONDS * 1000)
    const given = family === null ? scopes : [...scopes, 'offline_access']
    return json(200, {
      access_token: token,
      expires_in: LIFETIME_SECONDS,
      token_type: 'Bearer',
      scope: given.join(' '),
      ...(family === null ? {} : { refresh_token: newRefresh(family) }),
    })
  }

  function grant({ method, headers, body }: Recorded): Answer {
    if (method !== 'POST') return json(405, {})
    if (headers['content-type'] !== 'application/json') return failed(400, 'invalid_request')
    const asked: Record<string, unknown> = JSON.parse(body.toString())
    const client = [app, serviceAccount].find(({ id }) => id === asked.client_id)
    if (client === undefined || client.secret !== asked.client_secret) return failed(401, 'access_denied')
    if (asked.grant_type === 'client_credentials') {
      if (client !== serviceAccount) return failed(403, 'unauthorized_client')
      if (asked.audience !== 'api.atlassian.com' || !hasOnly(asked, ['audience'])) return failed(403, 'access_denied')
      return issue(null)
    }
    if (asked.grant_type !== 'refresh_token' || !hasOnly(asked, ['refresh_token']))
      return failed(400, 'invalid_request')
    const at = now().getTime()
    const old = refresh.get(String(asked.refresh_token))
    if (old === undefined || client !== app || at - old.issuedAt > INACTIVITY_MS) return failed(403, 'invalid_grant')
    if (old.usedAt !== null && at - old.usedAt > LEEWAY_MS) {
      endFamily(old.family)
      return failed(403, 'invalid_grant')
    }
    old.usedAt ??= at
    return issue(old.family)
  }

  async function handle(request: Recorded): Promise<Answer> {
    const { path, method, query, headers, body } = request
    if (path === '/oauth/token') return grant(request)
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
    if ((access.get(token) ?? 0) <= now().getTime()) return json(401, { code: 401, message: 'Unauthorized' })
    if (path === '/oauth/token/accessible-resources')
      return json(200, [{ id: CLOUD_ID, name: 'acme', url: options.siteUrl ?? options.jira.url, scopes }])
    if (!path.startsWith(`/ex/jira/${CLOUD_ID}/`))
      return json(404, { code: 404, message: 'No site with this cloud id for the token' })
    const needed = path.endsWith('/myself')
      ? 'read:jira-user'
      : method === 'GET' || /\/search/.test(path)
        ? 'read:jira-work'
        : 'write:jira-work'
    if (!scopes.includes(needed)) return json(401, { code: 401, message: 'Unauthorized; scope does not match' })
    const response = await fetch(`${options.jira.url}${path}${query.size === 0 ? '' : `?${query}`}`, {
      method,
      headers: {
        accept: headers.accept ?? '',
        'content-type': headers['content-type'] ?? '',
        'x-atlassian-token': headers['x-atlassian-token'] ?? '',
        authorization: `Bearer ${options.token}`,
      },
      ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
    })
    const type = response.headers.get('content-type')
    return {
      status: response.status,
      headers: type === null ? {} : { 'content-type': type },
      body: Buffer.from(await response.arrayBuffer()),
    }
  }

  const standIn = await startStandIn(handle, options.port === undefined ? {} : { port: options.port })
  return {
    ...standIn,
    get grants() {
      return grants
    },
    authorize() {
      families += 1
      return newRefresh(families)
    },
    revokeAccessTokens: () => access.clear(),
    revokeAll() {
      access.clear()
      refresh.clear()
    },
  }
}

function hasOnly(asked: object, names: readonly string[]): boolean {
  const known = ['grant_type', 'client_id', 'client_secret', ...names]
  return Object.keys(asked).every((name) => known.includes(name))
}

function failed(status: number, error: string): Answer {
  return json(status, { error, error_description: 'Unknown or invalid refresh token.' })
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}
