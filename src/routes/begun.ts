import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Credentials } from '../connectors/contract/connector.ts'
import { SealError } from '../connectors/contract/seal-error.ts'
import { secretDigest } from './secret.ts'

/**
 * An authorisation that a browser has begun and not finished yet. Its secrets are stored as credentials; the browser has
 * a cookie with its id.
 */

/** X's PINs and request tokens are valid for minutes. */
const LONGEST_MS = 15 * 60_000
const COOKIE = 'relay_connect'

const keptAs = (type: string, name: string): string => `connect/${type}/${name}`

interface Begun {
  readonly type: string
  readonly name: string
  readonly pending: string
  readonly now: number
}

/** @returns the id for the browser's cookie */
export async function keepBegun(credentials: Credentials, { type, name, pending, now }: Begun): Promise<string> {
  const id = randomBytes(24).toString('base64url')
  await credentials.save(keptAs(type, name), JSON.stringify({ id, pending, until: now + LONGEST_MS }))
  return id
}

export function setCookie(reply: FastifyReply, id: string, path: string, isSecure: boolean): void {
  const secure = isSecure ? '; Secure' : ''
  void reply.header(
    'set-cookie',
    `${COOKIE}=${id}; Path=${path}; Max-Age=${LONGEST_MS / 1000}; HttpOnly; SameSite=Lax${secure}`,
  )
}

/**
 * An authorisation can be finished once, and only by the browser that began it.
 * @returns null if this browser has begun none, or too long ago
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
