import type { IncomingMessage, Server } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Requests whose clients hold the body back until they are told to go on (RFC 9110, section 10.1.1). */
const waiting = new WeakSet<IncomingMessage>()

/** Without this, Node tells every client to go on before anybody has looked at the request. */
export function lookBeforeContinue(app: FastifyInstance): void {
  const server: Server = app.server
  server.on('checkContinue', (request, response) => {
    waiting.add(request)
    app.routing(request, response)
  })
  // A body that is not wanted may come all the same, so the next request could not be found behind it.
  app.addHook('onSend', (request, reply, payload, done) => {
    if (waiting.has(request.raw)) void reply.header('connection', 'close')
    done(null, payload)
  })
}

export function isHeldBack({ raw }: FastifyRequest): boolean {
  return waiting.has(raw)
}

/** Lets the body come, if it was held back. */
export function continueNow({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (waiting.delete(raw)) reply.raw.writeContinue()
}
