import { basicAuth } from '../../kit/basic-auth.ts'
import { type Grant, type GrantParts, isOver, requestGrant } from './grant.ts'
import type { Login } from './login.ts'
import { refreshing } from './refreshing.ts'

/** Gives each request its Authorization header. */
export interface Authorizer {
  /** @throws {DeliveryError} if Zendesk issues no token */
  header(): Promise<string>
  /** Called after a 401: true if another header can be had. */
  renew(refused: string): boolean
  /** As Zendesk wrote them; null if it has not told them. */
  scope(): string | null
}

/** Zendesk accepts 300 to 172,800 seconds; half an hour is its default for new clients. */
const LIFETIME_SECONDS = 1800

export function createAuthorizer(login: Login, parts: GrantParts): Authorizer {
  switch (login.kind) {
    case 'token':
      return fixed(`Bearer ${login.token}`)
    case 'api token':
      return fixed(basicAuth(`${login.email}/token`, login.token))
    case 'password':
      return fixed(basicAuth(login.email, login.password))
    case 'client credentials':
      return renewing(parts.tools.now, () =>
        requestGrant(login, { scope: parts.scope, expires_in: LIFETIME_SECONDS }, '', parts),
      )
    case 'refresh token':
      return renewing(parts.tools.now, refreshing(login, parts))
  }
}

function fixed(value: string): Authorizer {
  return { header: async () => value, renew: () => false, scope: () => null }
}

/** Keeps a token until it expires or is refused; requests that need the next one share it. */
function renewing(now: () => Date, obtain: (refused: string | null) => Promise<Grant>): Authorizer {
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
