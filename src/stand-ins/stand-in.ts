import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * The common part of the stand-in servers: a real HTTP server on loopback that records what it was asked, and can
 * be told to fail in the ways real servers fail. What a target accepts and answers is each stand-in's own.
 */

export interface Recorded {
  readonly method: string
  /** Path and query, exactly as they were sent. */
  readonly target: string
  /** Path without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly at: Date
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Buffer
}

export type Fault =
  | 'hang' /* reads the request, does nothing, never answers */
  | 'reset' /* closes the connection before the request is worked on */
  | 'lose the answer' /* works on the request, then closes the connection instead of answering */
  | 'drip' /* works on it, then sends the answer's body one byte a second */
  | 'endless body' /* works on it, then sends a body that never ends, as fast as the reader reads */
  | 'reset mid-body' /* works on it, sends half of the answer, closes the connection */
  | 'garbage' /* answers bytes that are not HTTP */
  | Answer /* answers this without working on the request */
  | { readonly instead: Answer } /* works on the request, then answers this */

export interface StandIn {
  readonly url: string
  readonly port: number
  readonly requests: readonly Recorded[]
  /** The next requests (those that `where` picks) meet these faults, one each. */
  fault(fault: Fault, options?: { times?: number; where?: (request: Recorded) => boolean }): void
  /** Every request meets this fault until it is called with null. */
  down(fault: Fault | null): void
  close(): Promise<void>
}

export type Handle = (request: Recorded) => Answer | Promise<Answer>

export async function startStandIn(handle: Handle, options: { port?: number } = {}): Promise<StandIn> {
  const requests: Recorded[] = []
  const planned: { fault: Fault; left: number; where: (request: Recorded) => boolean }[] = []
  let down: Fault | null = null

  function takeFault(request: Recorded): Fault | null {
    if (down !== null) return down
    const found = planned.find((each) => each.left > 0 && each.where(request))
    if (found === undefined) return null
    found.left -= 1
    return found.fault
  }

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await record(message)
    requests.push(request)
    const fault = takeFault(request)
    if (fault === null) return send(response, await handle(request))
    if (typeof fault === 'object' && 'status' in fault) return send(response, fault)
    if (typeof fault === 'object') {
      await handle(request)
      return send(response, fault.instead)
    }
    if (fault === 'hang') return
    if (fault === 'reset') return void message.socket.destroy()
    if (fault === 'garbage') return void message.socket.end('\u0000\u0001 this is not HTTP\r\n\r\n')
    spoil(fault, response, await handle(request))
  }

  const server = createServer((message, response) => {
    serve(message, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
      response.end(`stand-in failed: ${String(error)}`)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', () => resolve())
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    fault(fault, { times = 1, where = () => true } = {}) {
      planned.push({ fault, left: times, where })
    },
    down(fault) {
      down = fault
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

async function record(message: IncomingMessage): Promise<Recorded> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  const url = new URL(message.url ?? '/', 'http://stand-in')
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  return {
    method: message.method ?? '',
    target: message.url ?? '/',
    path: url.pathname,
    query: url.searchParams,
    headers,
    body: Buffer.concat(chunks),
    at: new Date(),
  }
}

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, answer.headers as Record<string, string | string[]>)
  response.end(answer.body)
}

function spoil(
  fault: 'lose the answer' | 'drip' | 'endless body' | 'reset mid-body',
  response: ServerResponse,
  answer: Answer,
): void {
  const body = Buffer.from(answer.body ?? '')
  if (fault === 'lose the answer') {
    response.socket?.destroy()
    return
  }
  const headers = { ...answer.headers } as Record<string, string | string[]>
  if (fault === 'reset mid-body') {
    response.writeHead(answer.status, { ...headers, 'content-length': String(body.length + 100) })
    response.write(body)
    setTimeout(() => response.socket?.destroy(), 20)
    return
  }
  response.writeHead(answer.status, headers)
  if (fault === 'drip') {
    let at = 0
    const timer = setInterval(
      () =>
        response.write(
          body.subarray(at % Math.max(1, body.length), (at++ % Math.max(1, body.length)) + 1).toString() || ' ',
        ),
      1000,
    )
    response.on('close', () => clearInterval(timer))
    return
  }
  // Node drops the body of an answer that can have none, and is always ready for more of it.
  if (answer.status === 204 || response.req.method === 'HEAD') return void response.end()
  const flood = Buffer.alloc(64 * 1024, 0x61)
  const pour = (): void => {
    while (!response.destroyed && response.write(flood)) {
      /* until the reader is slower than we are */
    }
  }
  response.on('drain', pour)
  pour()
}
