import { basicAuth } from '../../kit/basic-auth.ts'
import { type Grant, type GrantParts, isOver, requestGrant } from './grant.ts'
import type { Login } from './login.ts'
import { refreshing } from './refreshing.ts'

/** Gives each request its Authorization header. */
export interface Access {
  /** @throws {DeliveryError} when no token can be had */
  header(): Promise<string>
  /** Told that Zendesk answered 401 to this header: true when another one can be had. */
  renew(refused: string): boolean
  /** The scopes that Zendesk granted, as it wrote them; null when it has not told them. */
  scope(): string | null
}

/** Zendesk takes 300 to 172,800 seconds; half an hour is its own default for new clients. */
const LIFETIME_SECONDS = 1800

export function createAccess(login: Login, parts: GrantParts): Access {
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

function fixed(value: string): Access {
  return { header: async () => value, renew: () => false, scope: () => null }
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
