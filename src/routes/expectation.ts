import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Requests whose clients hold the body back until they are told to go on (RFC 9110, section 10.1.1). */
const waiting = new WeakSet<IncomingMessage>()

export function markAsHeldBack(request: IncomingMessage): void {
  waiting.add(request)
}

/** A body that is not wanted may come all the same, so the next request could not be found behind it. */
export function closeUnlessContinued(app: FastifyInstance): void {
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
