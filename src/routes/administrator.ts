import { timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendNotFound, sendProblem } from './problems.ts'
import { secretDigest } from './secret.ts'

/**
 * Lets only the administrator pass: any name with `server.admin_token` as the password (Basic), or the token alone
 * (Bearer). Without a token there is nothing here. Must come after the rate limit, so that guesses are counted too.
 */
export function administratorOnly(
  adminToken: () => string | undefined,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined> {
  return async (request, reply) => {
    const expected = adminToken()
    if (expected === undefined) return sendNotFound(reply)
    if (timingSafeEqual(secretDigest(sentToken(request)), secretDigest(expected))) return undefined
    void reply.header('www-authenticate', 'Basic realm="Tracker Relay", charset="UTF-8"')
    return sendProblem(reply, 'unauthorized', {
      detail: 'log in with any name and with the value of server.admin_token as the password',
    })
  }
}

/** Empty if there is none; the administrator's token is never empty. */
function sentToken({ headers: { authorization = '' } }: FastifyRequest): string {
  const [scheme = '', value = ''] = authorization.split(' ', 2)
  if (/^bearer$/i.test(scheme)) return value
  if (!/^basic$/i.test(scheme)) return ''
  const pair = Buffer.from(value, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1)
}
