import type {} from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem } from './problems.ts'

/** @returns null if the request may proceed, else the answer */
type AddressLimit = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | null>

/**
 * Counts requests by address, to be asked once a request's secret is known to be right.
 * @param max in a minute; 0: no limit
 */
export function addressLimit(app: FastifyInstance, max: number): AddressLimit {
  if (max === 0) return async () => null
  const check = app.createRateLimit({ max, timeWindow: 60_000 })
  return async (request, reply) => {
    const result = await check(request)
    if (result.isAllowed || !result.isExceeded) return null
    return sendProblem(reply, 'too-many-requests', {
      detail: 'this address is over its limit for this minute',
      retryAfterSeconds: result.ttl / 1000,
    })
  }
}
