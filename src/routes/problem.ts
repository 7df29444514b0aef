import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'

/** An answer that says what was wrong and what to do: RFC 9457, application/problem+json. */
export interface Problem {
  readonly status: number
  /** A word that stays the same, for programs. */
  readonly type: string
  readonly title: string
  readonly detail: string
  /** Seconds; also sent as Retry-After. */
  readonly retryAfter?: number
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const { status, type, title, detail, retryAfter } = problem
  if (retryAfter !== undefined) void reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfter))))
  return reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: `urn:tracker-relay:${type}`, title, status, detail }))
}

export const NOT_FOUND: Problem = {
  status: 404,
  type: 'not-found',
  title: 'Not found',
  detail: 'there is nothing at this address; check the project and the secret of the hook URL',
}

/** What Fastify itself finds wrong with a request, and our own mistakes, in the same form as everything else. */
export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = error.statusCode ?? 500
  if (status < 500)
    return sendProblem(reply, {
      status,
      type: 'bad-request',
      title: 'The request cannot be read',
      detail: error.message,
    })
  request.log.error({ err: error }, 'request failed')
  return sendProblem(reply, {
    status: 500,
    type: 'internal',
    title: 'The relay made a mistake',
    detail: 'nothing was stored; send the activity again',
    retryAfter: 5,
  })
}
