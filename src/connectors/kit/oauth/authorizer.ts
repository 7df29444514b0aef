import { type Grant, type Issuer, isOver, type OAuthTools, requestGrant } from './grant.ts'
import { refreshing } from './refreshing.ts'

/** Gives each request its Authorization header. */
export interface Authorizer {
  /** @throws {DeliveryError} if no token is issued */
  header(): Promise<string>
  /** Called after a 401: true if another header can be had. */
  renew(refused: string): boolean
  /** As the issuer wrote them; null if it has not told them. */
  scope(): string | null
  /** What was issued, which is in no setting and no message may show. */
  issued(): readonly string[]
}

export function fixedHeader(value: string): Authorizer {
  return { header: async () => value, renew: () => false, scope: () => null, issued: () => [] }
}

/** Keeps a token until it expires or is refused; requests that need the next one share it. */
export function issuedHeader(issuer: Issuer, tools: OAuthTools): Authorizer {
  const { refreshToken } = issuer
  const obtain =
    refreshToken === null
      ? () => requestGrant(issuer, { ...issuer.asked }, '', tools)
      : refreshing(issuer, refreshToken, tools)
  return keptHeader(obtain, tools.now)
}

/**
 * The same for tokens that are issued in a way of their own.
 * @param obtain is given the token that was refused, if one was; one call is under way at a time
 */
export function keptHeader(obtain: (refused: string | null) => Promise<Grant>, now: () => Date): Authorizer {
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
    issued: () => (grant === null ? [] : [grant.accessToken]),
  }
}
