import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type ProblemCode, sendProblem } from './problems.ts'

/** Answers Fastify's own errors, and bugs of ours, in the format of all problems. */
export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = error.statusCode ?? 500
  if (status < 500) return sendProblem(reply, problemOf(status), { detail: error.message })
  request.log.error({ err: error }, 'request failed')
  return sendProblem(reply, 'internal', {
    detail: 'nothing was stored; send the activity again',
    retryAfterSeconds: 5,
  })
}

/** Below 500, Fastify and its rate limit use these three statuses and 400. */
function problemOf(status: number): ProblemCode {
  if (status === 429) return 'too-many-requests'
  if (status === 413) return 'body-too-large'
  return status === 415 ? 'unsupported-media-type' : 'bad-request'
}
