import { timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Guesses } from './guesses.ts'
import { sendProblem } from './problems.ts'
import { secretDigest } from './secret.ts'

/** `operate` may do everything that `read` may. */
export const ROLES = ['read', 'operate'] as const
export type Role = (typeof ROLES)[number]

export interface Administrator {
  /** Who uses the token, for the log and the list of what was done. */
  readonly name: string
  readonly role: Role
}

export interface AdminToken extends Administrator {
  readonly token: string
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once a token of the admin API was recognised. */
    administrator: Administrator | null
  }
}

/** Compares with all of them, even after a match, so that the time reveals nothing. */
export function administratorWith(sent: string, tokens: readonly AdminToken[]): Administrator | null {
  const digest = secretDigest(sent)
  const [found] = tokens.filter(({ token }) => timingSafeEqual(secretDigest(token), digest))
  return found === undefined || sent === '' ? null : { name: found.name, role: found.role }
}

/** RFC 9110, section 11.1: the scheme's case does not matter. A missing token is an empty one. */
export function bearerIn({ headers: { authorization = '' } }: FastifyRequest): string {
  return /^bearer +(\S+) *$/i.exec(authorization)?.[1] ?? ''
}

/**
 * Lets only requests pass whose bearer token has the role that their method needs: `read` looks, `operate` changes.
 * @returns null if the request may proceed, else the answer
 */
export function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  { tokens, guesses }: { readonly tokens: readonly AdminToken[]; readonly guesses: Guesses },
): FastifyReply | null {
  const isGuess = request.headers.authorization !== undefined
  const refused = isGuess ? guesses.refuse(request, reply, 'administrator', {}) : null
  if (refused !== null) return refused
  const found = administratorWith(bearerIn(request), tokens)
  if (found === null) {
    const tooMany = isGuess ? guesses.wrong(request, reply, 'administrator', {}) : null
    if (tooMany !== null) return tooMany
    void reply.header('www-authenticate', 'Bearer realm="Tracker Relay"')
    return sendProblem(reply, 'unauthorized', {
      detail: 'send "Authorization: Bearer ..." with a token of admin.tokens, or with server.admin_token',
    })
  }
  request.administrator = found
  if (found.role === 'operate' || roleFor(request.method) === 'read') return null
  return sendProblem(reply, 'forbidden', {
    detail: `the token "${found.name}" has the role read; this needs a token with the role operate`,
  })
}

export function roleFor(method: string): Role {
  return method === 'GET' || method === 'HEAD' ? 'read' : 'operate'
}
