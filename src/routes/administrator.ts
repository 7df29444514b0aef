import type { FastifyReply, FastifyRequest } from 'fastify'
import { type AdminToken, administratorWith, bearerIn } from './administrators.ts'
import type { Guesses } from './guesses.ts'
import { sessionIn } from './pages/passes.ts'
import { sendNotFound, sendProblem } from './problems.ts'

/**
 * Lets only administrators with the role `operate` pass: any name with a token as the password (Basic), or the token
 * alone (Bearer); and whoever has signed in on the page. Without any token there is nothing here.
 */
export function administratorOnly(
  tokens: () => readonly AdminToken[],
  guesses: Guesses,
  now: () => number,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined> {
  return async (request, reply) => {
    const operators = tokens().filter(({ role }) => role === 'operate')
    if (operators.length === 0) return sendNotFound(reply)
    const session = sessionIn(request.headers.cookie, operators, now())
    if (session !== null) {
      request.administrator = { name: session.name, role: session.role }
      return undefined
    }
    // A browser sends its first request without a login.
    const isGuess = request.headers.authorization !== undefined
    const refused = isGuess ? guesses.refuse(request, reply, 'administrator', {}) : null
    if (refused !== null) return refused
    request.administrator = administratorWith(sentToken(request), operators)
    if (request.administrator !== null) return undefined
    const tooMany = isGuess ? guesses.wrong(request, reply, 'administrator', {}) : null
    if (tooMany !== null) return tooMany
    void reply.header('www-authenticate', 'Basic realm="Tracker Relay", charset="UTF-8"')
    return sendProblem(reply, 'unauthorized', {
      detail:
        'log in with any name, and as the password with server.admin_token or a token of admin.tokens that may operate',
    })
  }
}

/** Empty if there is none. */
function sentToken(request: FastifyRequest): string {
  const { authorization = '' } = request.headers
  const [scheme = '', value = ''] = authorization.split(' ', 2)
  if (!/^basic$/i.test(scheme)) return bearerIn(request)
  const pair = Buffer.from(value, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1)
}
