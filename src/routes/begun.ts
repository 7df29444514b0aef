import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Credentials } from '../connectors/contract/connector.ts'
import { SealError } from '../connectors/contract/seal-error.ts'
import { secretDigest } from './secret.ts'

/**
 * An authorisation that a browser has begun and not ended yet. What must be kept secret until then is among the
 * credentials; the browser has a cookie with the id of it.
 */

/** X's PIN and tokens of a request live for minutes; nobody needs longer to agree. */
const LONGEST_MS = 15 * 60_000
const COOKIE = 'relay_connect'

/** Where the integration's authorisation is kept. */
const keptAs = (type: string, name: string): string => `connect/${type}/${name}`

interface Begun {
  readonly type: string
  readonly name: string
  readonly pending: string
  readonly now: number
}

/** Keeps what was begun. @returns the id for the browser's cookie */
export async function keepBegun(credentials: Credentials, { type, name, pending, now }: Begun): Promise<string> {
  const id = randomBytes(24).toString('base64url')
  await credentials.save(keptAs(type, name), JSON.stringify({ id, pending, until: now + LONGEST_MS }))
  return id
}

/** @param path of the integration's pages, as browsers know it */
export function setCookie(reply: FastifyReply, id: string, path: string, isSecure: boolean): void {
  const secure = isSecure ? '; Secure' : ''
  void reply.header(
    'set-cookie',
    `${COOKIE}=${id}; Path=${path}; Max-Age=${LONGEST_MS / 1000}; HttpOnly; SameSite=Lax${secure}`,
  )
}

/**
 * What was begun can be ended once, and only by the browser that began it.
 * @returns null when this browser has begun nothing, or too long ago
 */
export async function takeBegun(
  credentials: Credentials,
  { type, name, request, now }: Pick<Begun, 'type' | 'name' | 'now'> & { readonly request: FastifyRequest },
): Promise<string | null> {
  const kept = await credentials.load(keptAs(type, name)).catch((error: unknown) => {
    if (error instanceof SealError) return null
    throw error
  })
  if (kept === null) return null
  const { id, pending, until } = JSON.parse(kept) as { id: string; pending: string; until: number }
  if (!timingSafeEqual(secretDigest(cookieOf(request)), secretDigest(id))) return null
  await credentials.forget(keptAs(type, name))
  return now < until ? pending : null
}

function cookieOf({ headers: { cookie = '' } }: FastifyRequest): string {
  const pair = cookie.split(/;\s*/).find((each) => each.startsWith(`${COOKIE}=`))
  return pair?.slice(COOKIE.length + 1) ?? ''
}
