import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * A pooler like PgBouncer with pool_mode = transaction: each transaction of a client gets the next session of the server
 * that is free, and what it has set or prepared in another one is not there. Speaks PostgreSQL's protocol, version 3
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html), with a server that asks for no password.
 */
export interface Pooler {
  readonly url: string
  /** How many transactions had another session than the client's one before. */
  switches(): number
  close(): Promise<void>
}

const SSL_REQUEST = 80_877_103
const READY = 'Z'.charCodeAt(0)
/** Messages that the server answers with "ready for query": a simple query and Sync. */
const ENDS_WITH_READY = new Set(['Q', 'S'].map((letter) => letter.charCodeAt(0)))
const IDLE = 'I'.charCodeAt(0)

interface ServerSession {
  readonly socket: Socket
  /** What it said about itself, which each client is told. */
  greeting: Buffer
  client: ClientSession | null
}

interface ClientSession {
  readonly socket: Socket
  session: ServerSession | null
  last: ServerSession | null
  /** Messages that wait for a session. */
  waiting: Buffer[]
  /** How many answers are still to come. */
  unanswered: number
}

/** @param size how many sessions of the server there are for all clients */
export async function startPooler(serverUrl: string, size: number): Promise<Pooler> {
  const server = new URL(serverUrl)
  const sessions: ServerSession[] = []
  const queue: ClientSession[] = []
  const sockets = new Set<Socket>()
  let switched = 0
  for (let count = 0; count < size; count += 1) sessions.push(await openSession(server, sockets, served))

  /** The answer of the server. */
  function served(session: ServerSession, message: Buffer): void {
    const { client } = session
    if (client === null) return
    client.socket.write(message)
    if (message[0] !== READY) return
    client.unanswered -= 1
    if (message[5] !== IDLE || client.unanswered > 0) return
    session.client = null
    client.session = null
    serveNext()
  }

  function serveNext(): void {
    for (;;) {
      const free = sessions.findIndex(({ client }) => client === null)
      const [client] = queue
      if (client === undefined || free === -1) return
      queue.shift()
      // The next one is another one, so that a client does not get its own one back.
      const [session] = sessions.splice(free, 1)
      if (session === undefined) return
      sessions.push(session)
      if (client.last !== null && client.last !== session) switched += 1
      Object.assign(client, { session, last: session })
      session.client = client
      for (const message of client.waiting.splice(0)) session.socket.write(message)
    }
  }

  function asked(client: ClientSession, message: Buffer): void {
    if (message[0] === 'X'.charCodeAt(0)) return void client.socket.end()
    if (ENDS_WITH_READY.has(message[0] ?? 0)) client.unanswered += 1
    if (client.session !== null) return void client.session.socket.write(message)
    client.waiting.push(message)
    if (queue.includes(client)) return
    queue.push(client)
    serveNext()
  }

  const pooler = createServer((socket) => {
    sockets.add(socket.setNoDelay(true))
    const client: ClientSession = { socket, session: null, last: null, waiting: [], unanswered: 0 }
    let isGreeted = false
    socket.on('error', () => {})
    onMessages(
      socket,
      () => isGreeted,
      (message) => {
        if (isGreeted) return asked(client, message)
        if (message.readInt32BE(4) === SSL_REQUEST) return void socket.write('N')
        isGreeted = true
        socket.write(Buffer.concat([sessions[0]?.greeting ?? Buffer.alloc(0), keyOfNobody(), READY_NOW]))
      },
    )
  })
  pooler.listen(0, '127.0.0.1')
  await once(pooler, 'listening')
  const url = new URL(serverUrl)
  url.host = `127.0.0.1:${(pooler.address() as AddressInfo).port}`
  return {
    url: url.href,
    switches: () => switched,
    async close() {
      for (const socket of sockets) socket.destroy()
      pooler.close()
      await once(pooler, 'close')
    },
  }
}

const READY_NOW = Buffer.from([READY, 0, 0, 0, 5, IDLE])

/** A pooler tells a process of its own making. */
function keyOfNobody(): Buffer {
  const key = Buffer.alloc(13)
  key.write('K')
  key.writeInt32BE(12, 1)
  key.writeInt32BE(randomInt(1_000_000, 2_000_000), 5)
  return key
}

async function openSession(
  { hostname, port, username, pathname }: URL,
  sockets: Set<Socket>,
  served: (session: ServerSession, message: Buffer) => void,
): Promise<ServerSession> {
  const socket = connect(Number(port), hostname).setNoDelay(true)
  sockets.add(socket)
  socket.on('error', () => {})
  const session: ServerSession = { socket, greeting: Buffer.alloc(0), client: null }
  const said = [
    'user',
    username,
    'database',
    pathname.slice(1),
    'application_name',
    'pooler',
    'client_encoding',
    'UTF8',
  ]
  const body = Buffer.from(`${said.join('\0')}\0\0`)
  const start = Buffer.alloc(8)
  start.writeInt32BE(8 + body.length, 0)
  start.writeInt32BE(3 << 16, 4)
  socket.write(Buffer.concat([start, body]))
  await new Promise<void>((resolve, reject) => {
    let isReady = false
    onMessages(
      socket,
      () => true,
      (message) => {
        if (isReady) return served(session, message)
        if (message[0] === 'E'.charCodeAt(0)) return reject(new Error(message.toString()))
        if (message[0] === READY) {
          isReady = true
          return resolve()
        }
        // The key for cancelling is not passed on.
        if (message[0] !== 'K'.charCodeAt(0)) session.greeting = Buffer.concat([session.greeting, message])
      },
    )
  })
  return session
}

/** Takes the bytes apart; only the very first message of a client has no letter. */
function onMessages(socket: Socket, hasLetter: () => boolean, take: (message: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data])
    for (;;) {
      const letter = hasLetter() ? 1 : 0
      if (rest.length < letter + 4) return
      const length = letter + rest.readInt32BE(letter)
      if (rest.length < length) return
      take(rest.subarray(0, length))
      rest = rest.subarray(length)
    }
  })
}
