import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The answer is one thing, which a client can ask for again only if it has changed. */
    readonly isOneThing?: boolean
  }
}

/** A strong ETag, of the body's hash; 304 for a client that has the body (RFC 9110, section 13.1.2). */
export async function withETag(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  if (request.routeOptions.config.isOneThing !== true || reply.statusCode !== 200 || typeof payload !== 'string')
    return payload
  const etag = `"${createHash('sha256').update(payload).digest('base64url')}"`
  void reply.header('etag', etag).header('cache-control', 'private, no-cache')
  if (!isKnown(request.headers['if-none-match'], etag)) return payload
  void reply.code(304).removeHeader('content-type').removeHeader('content-length')
  return ''
}

export function isKnown(sent: string | undefined, etag: string): boolean {
  if (sent === undefined) return false
  return sent.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag)
}
