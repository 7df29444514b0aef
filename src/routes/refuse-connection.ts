import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { PROBLEMS, type ProblemCode, problemBody } from './problems.ts'

/**
 * Answers bytes that are not a request, or a request that took too long, and closes the connection. Logs nothing, since
 * the bytes may hold a hook's secret.
 */
export function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const [problem, detail] = problemOf(error.code)
  const { status } = PROBLEMS[problem]
  const body = problemBody(problem, detail)
  if (socket.writable)
    socket.write(
      [
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
        'content-type: application/problem+json',
        `content-length: ${Buffer.byteLength(body)}`,
        'connection: close',
        '',
        body,
      ].join('\r\n'),
    )
  socket.destroy()
}

function problemOf(code: string | undefined): readonly [problem: ProblemCode, detail: string] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['too-slow', 'the request took too long to come in']
  if (code === 'HPE_HEADER_OVERFLOW') return ['headers-too-large', 'the headers are over the limit of 16 KiB']
  return ['bad-request', 'this is not an HTTP request']
}
