import { timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Guesses } from './guesses.ts'
import { sendNotFound, sendProblem } from './problems.ts'
import { secretDigest } from './secret.ts'

/**
 * Lets only the administrator pass: any name with `server.admin_token` as the password (Basic), or the token alone
 * (Bearer). Without a token there is nothing here.
 */
export function administratorOnly(
  adminToken: () => string | undefined,
  guesses: Guesses,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined> {
  return async (request, reply) => {
    const expected = adminToken()
    if (expected === undefined) return sendNotFound(reply)
    // A browser sends its first request without a login.
    const isGuess = request.headers.authorization !== undefined
    const refused = isGuess ? guesses.refuse(request, reply, 'administrator', {}) : null
    if (refused !== null) return refused
    if (timingSafeEqual(secretDigest(sentToken(request)), secretDigest(expected))) return undefined
    const tooMany = isGuess ? guesses.wrong(request, reply, 'administrator', {}) : null
    if (tooMany !== null) return tooMany
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
