import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** The messages of PostgreSQL's protocol that matter to a pooler (postgresql.org/docs/current/protocol-message-formats.html). */
const QUERY = 'Q'
const SYNC = 'S'
const TERMINATE = 'X'
const READY = 'Z'
const NOTIFICATION = 'A'
const IDLE = 'I'

interface Backend {
  readonly socket: Socket
  client: Client | null
  /** What the client has asked for and the server has not answered yet. */
  unanswered: number
}

interface Client {
  readonly socket: Socket
  backend: Backend | null
  /** Of messages that wait for a backend. */
  readonly waiting: Buffer[]
}

export interface TransactionPooler {
  readonly url: string
  /** Notifications of sessions that nobody had at that moment. */
  dropped(): number
}

/**
 * A proxy before a PostgreSQL server that trusts everybody. Like PgBouncer in its mode "transaction", it lends a client one
 * of a few sessions for each transaction: what a client has set up in a session, such as LISTEN, is not where it is next.
 */
export async function startTransactionPooler(
  t: { teardown(work: () => Promise<void>): void },
  serverUrl: string,
  sessions = 3,
): Promise<TransactionPooler> {
  const server = new URL(serverUrl)
  const free: Backend[] = []
  const queue: Client[] = []
  const sockets = new Set<Socket>()
  let dropped = 0

  async function openBackend(): Promise<Backend> {
    const socket = connect({ host: server.hostname, port: Number(server.port) })
    sockets.add(socket)
    await once(socket, 'connect')
    socket.write(startup({ user: server.username, database: server.pathname.slice(1) }))
    const backend: Backend = { socket, client: null, unanswered: 0 }
    const isReady = new Promise<void>((resolve) => {
      let isOpen = false
      readMessages(socket, (type, message) => {
        if (isOpen) return answered(backend, type, message)
        if (type !== READY) return
        isOpen = true
        resolve()
      })
    })
    socket.on('error', () => {})
    socket.on('close', () => backend.client?.socket.destroy())
    await isReady
    return backend
  }

  function answered(backend: Backend, type: string, message: Buffer): void {
    if (backend.client === null) {
      if (type === NOTIFICATION) dropped += 1
      return
    }
    backend.client.socket.write(message)
    if (type !== READY) return
    backend.unanswered -= 1
    if (backend.unanswered > 0 || message.toString('latin1', 5, 6) !== IDLE) return
    backend.client.backend = null
    backend.client = null
    free.push(backend)
    lend()
  }

  function lend(): void {
    while (free.length > 0 && queue.length > 0) {
      const client = queue.shift()
      // Never twice the same one in a row.
      const backend = client === undefined || client.socket.destroyed ? undefined : free.shift()
      if (client === undefined || backend === undefined) continue
      client.backend = backend
      backend.client = client
      for (const message of client.waiting.splice(0)) pass(backend, message)
    }
  }

  function pass(backend: Backend, message: Buffer): void {
    const type = message.toString('latin1', 0, 1)
    if (type === QUERY || type === SYNC) backend.unanswered += 1
    backend.socket.write(message)
  }

  const pooler = createServer((socket) => {
    sockets.add(socket)
    const client: Client = { socket, backend: null, waiting: [] }
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      const { backend } = client
      if (backend === null) return
      // It may be in the midst of something: such a session is of no more use.
      backend.client = null
      backend.socket.destroy()
      void openBackend().then((opened) => {
        free.push(opened)
        lend()
      })
    })
    socket.once('data', (first) => {
      socket.pause()
      // The rest of what came is not looked at: clients wait for the answer.
      if (first.readInt32BE(4) !== PROTOCOL) return socket.destroy()
      socket.write(WELCOME)
      readMessages(socket, (type, message) => {
        if (type === TERMINATE) return socket.end()
        if (client.backend !== null) return pass(client.backend, message)
        if (client.waiting.push(message) === 1) queue.push(client)
        lend()
      })
      socket.resume()
    })
  })
  free.push(...(await Promise.all(Array.from({ length: sessions }, openBackend))))
  pooler.listen(0, '127.0.0.1')
  await once(pooler, 'listening')
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    pooler.close()
    await once(pooler, 'close')
  })
  const url = new URL(serverUrl)
  url.host = `127.0.0.1:${(pooler.address() as AddressInfo).port}`
  return { url: url.href, dropped: () => dropped }
}

const PROTOCOL = 196_608

function startup(parameters: Readonly<Record<string, string>>): Buffer {
  const texts = Object.entries(parameters).flat()
  const body = Buffer.concat([int32(PROTOCOL), Buffer.from(`${texts.join('\0')}\0\0`)])
  return Buffer.concat([int32(body.length + 4), body])
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

const message = (type: string, body: Buffer): Buffer => Buffer.concat([Buffer.from(type), int32(body.length + 4), body])

/** AuthenticationOk, BackendKeyData, ReadyForQuery. */
const WELCOME = Buffer.concat([
  message('R', int32(0)),
  message('S', Buffer.from('client_encoding\0UTF8\0')),
  message('K', Buffer.concat([int32(1), int32(1)])),
  message(READY, Buffer.from(IDLE)),
])

function readMessages(socket: Socket, take: (type: string, message: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data])
    while (rest.length >= 5) {
      const length = 1 + rest.readInt32BE(1)
      if (rest.length < length) return
      take(rest.toString('latin1', 0, 1), rest.subarray(0, length))
      rest = rest.subarray(length)
    }
  })
}
