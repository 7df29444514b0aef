import { timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem } from './problems.ts'
import { secretDigest } from './secret.ts'

/**
 * A hook that lets nobody but the administrator pass: any name with `server.admin_token` as the password (Basic), or
 * the token alone (Bearer). It belongs behind the rate limit, which counts guesses too.
 */
export function administratorOnly(
  adminToken: string,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined> {
  const expected = secretDigest(adminToken)
  return async (request, reply) => {
    if (timingSafeEqual(secretDigest(sentToken(request)), expected)) return undefined
    void reply.header('www-authenticate', 'Basic realm="Tracker Relay", charset="UTF-8"')
    return sendProblem(reply, 'unauthorized', {
      detail: 'log in with any name, and the value of server.admin_token as the password',
    })
  }
}

/** Without one it is empty, which is never the administrator's. */
function sentToken({ headers: { authorization = '' } }: FastifyRequest): string {
  const [scheme = '', value = ''] = authorization.split(' ', 2)
  if (/^bearer$/i.test(scheme)) return value
  if (!/^basic$/i.test(scheme)) return ''
  const pair = Buffer.from(value, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1)
}
