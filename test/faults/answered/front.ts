import { createServer, type IncomingMessage, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { request } from 'undici'

/**
 * Stands before a target and knows of each answer how far it has come: carried out and held here, on its way, or read
 * by the relay.
 */
export interface Front {
  readonly url: string
  /** In the order of arrival. */
  readonly passed: readonly Passed[]
  /** From now on, the answers to those that `which` picks wait here. The target has carried them out, or refused to. */
  hold(which: (asked: Passed) => boolean, how?: 'carried out' | 'refused'): void
  /** Those that wait go out, and none is held any more. */
  release(): void
  close(): Promise<void>
}

export interface Passed {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  /** `gone`: the relay closed the connection before it was answered. */
  readonly stage: 'asked' | 'held' | 'answered' | 'read' | 'gone'
}

type Passing = { -readonly [Field in keyof Passed]: Passed[Field] }

interface TargetAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

interface Holding {
  readonly which: (asked: Passed) => boolean
  readonly how: 'carried out' | 'refused'
  readonly waiting: (() => void)[]
}

const REFUSAL: TargetAnswer = {
  status: 503,
  headers: { 'content-type': 'text/plain' },
  body: Buffer.from('Service Unavailable'),
}

/** Of one connection, not of what is sent over it. */
const OF_THE_CONNECTION = ['connection', 'content-length', 'keep-alive', 'transfer-encoding']

export async function startFront(to: { readonly url: string }): Promise<Front> {
  const passed: Passing[] = []
  let holding: Holding | null = null

  async function pass(message: IncomingMessage): Promise<void> {
    const { method = '', url: path = '', headers, socket } = message
    const asked: Passing = { method, path, headers, body: await bodyOf(message), stage: 'asked' }
    passed.push(asked)
    socket.once('close', () => {
      asked.stage = asked.stage === 'answered' ? 'read' : 'gone'
    })
    const held = holding?.which(asked) === true ? holding : null
    const answer = held?.how === 'refused' ? REFUSAL : await askTarget(`${to.url}${path}`, asked)
    if (held !== null && held === holding && asked.stage === 'asked') {
      asked.stage = 'held'
      await new Promise<void>((resolve) => held.waiting.push(resolve))
    }
    if (socket.destroyed) return
    asked.stage = 'answered'
    answerOnce(socket, answer)
  }

  const server = createServer((message) => void pass(message).catch((error: Error) => message.socket.destroy(error)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    passed,
    hold(which, how = 'carried out') {
      holding = { which, how, waiting: [] }
    },
    release() {
      const released = holding?.waiting ?? []
      holding = null
      for (const resolve of released) resolve()
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

/**
 * Asks the client to close the connection, and leaves that to it: a client that has read the whole answer does, so that
 * the end of the connection tells that it has.
 */
function answerOnce(socket: Socket, { status, headers, body }: TargetAnswer): void {
  const lines = Object.entries(headers)
    .filter(([name]) => !OF_THE_CONNECTION.includes(name))
    .flatMap(([name, value]) => [value ?? []].flat().map((each) => `${name}: ${each}`))
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...lines,
    'connection: close',
    ...(status === 204 ? [] : [`content-length: ${body.length}`]),
  ]
  socket.write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]))
}

async function askTarget(url: string, { method, headers, body }: Passed): Promise<TargetAnswer> {
  const answer = await request(url, {
    method: method as 'GET',
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.includes(name))),
    ...(body.length === 0 ? {} : { body }),
  })
  return { status: answer.statusCode, headers: answer.headers, body: Buffer.from(await answer.body.arrayBuffer()) }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
