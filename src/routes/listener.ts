import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { markAsHeldBack } from './expectation.ts'
import { createTurns } from './turns.ts'

interface ListenerSettings {
  readonly http: ServerOptions
  readonly keepAliveTimeout: number
  readonly requestTimeout: number
  readonly connectionTimeout: number
}

/** The HTTP server below Fastify, which takes much longer over a request: there, thousands at once would delay everybody. */
export function listener(settings: ListenerSettings): (handle: RequestListener<typeof IncomingMessage>) => Server {
  const takeTurn = createTurns()
  return (handle) => {
    const begin: RequestListener = (request, response) =>
      takeTurn(request.socket, response, () => handle(request, response))
    const server = createServer(settings.http, begin)
    server.keepAliveTimeout = settings.keepAliveTimeout
    server.requestTimeout = settings.requestTimeout
    server.setTimeout(settings.connectionTimeout)
    // Without this, Node tells every client to go on before anybody has looked at the request.
    server.on('checkContinue', (request, response) => {
      markAsHeldBack(request)
      begin(request, response)
    })
    return server
  }
}
