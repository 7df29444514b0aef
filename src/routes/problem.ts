import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
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
  return reply.code(status).type('application/problem+json').send(bodyOf({ status, type, title, detail }))
}

function bodyOf({ status, type, title, detail }: Problem): string {
  return JSON.stringify({ type: `urn:tracker-relay:${type}`, title, status, detail })
}

export const NOT_FOUND: Problem = {
  status: 404,
  type: 'not-found',
  title: 'Not found',
  detail: 'there is nothing at this address; check the project and the secret of the hook URL',
}

export const STOPPING: Problem = {
  status: 503,
  type: 'stopping',
  title: 'The relay is stopping',
  detail: 'nothing was stored; send it again',
  retryAfter: 5,
}

/**
 * Answers what is no request at all, or what came too slowly, and ends the connection. Nothing of what came is
 * logged: it may hold a hook's secret.
 */
export function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const problem = problemOfBytes(error.code)
  const body = bodyOf(problem)
  if (socket.writable)
    socket.write(
      [
        `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
        'content-type: application/problem+json',
        `content-length: ${Buffer.byteLength(body)}`,
        'connection: close',
        '',
        body,
      ].join('\r\n'),
    )
  socket.destroy()
}

function problemOfBytes(code: string | undefined): Problem {
  const title = 'The request cannot be read'
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { status: 408, type: 'too-slow', title, detail: 'the request took too long to come in' }
  if (code === 'HPE_HEADER_OVERFLOW')
    return { status: 431, type: 'headers-too-large', title, detail: 'the headers are over the limit of 16 KiB' }
  return { status: 400, type: 'bad-request', title, detail: 'this is no HTTP request' }
}

/** What Fastify itself finds wrong with a request, and our own mistakes, in the same form as everything else. */
export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = error.statusCode ?? 500
  if (status === 429)
    return sendProblem(reply, {
      status,
      type: 'too-many-requests',
      title: 'Too many requests',
      detail: error.message,
    })
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
