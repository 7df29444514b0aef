import { type AddressInfo, createServer, type Socket } from 'node:net'

/** A server that speaks bytes, for answers that no HTTP library would give. */
export interface RawServer {
  readonly url: string
  readonly port: number
  /** Every whole request so far, as text. */
  readonly requests: readonly string[]
  /** How many connections were made, and how many of them are still open. */
  readonly connections: { readonly made: number; readonly open: number }
  close(): Promise<void>
}

/** `answer` is called for each whole request, `nth` counts them from 1 over all connections. */
export async function startRawServer(answer: (socket: Socket, nth: number) => void): Promise<RawServer> {
  const requests: string[] = []
  const sockets = new Set<Socket>()
  const connections = { made: 0, open: 0 }
  const server = createServer((socket) => {
    connections.made += 1
    connections.open += 1
    sockets.add(socket)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      const length = Number(/^content-length: (\d+)\r$/im.exec(text)?.[1] ?? 0)
      if (end === -1 || text.length < end + 4 + length) return
      requests.push(text)
      text = ''
      answer(socket, requests.length)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      connections.open -= 1
      sockets.delete(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    requests,
    connections,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** Writes the same piece for as long as the reader takes it, without waiting for the whole to be read. */
export function pour(socket: Socket, piece: Buffer): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece)) {
      /* until the reader is slower than we are */
    }
  }
  socket.on('drain', more)
  more()
}

/** One byte every few milliseconds, round and round. */
export function drip(socket: Socket, text: string): void {
  let at = 0
  const timer = setInterval(() => {
    socket.write(text.charAt(at % text.length))
    at += 1
  }, 5)
  socket.on('close', () => clearInterval(timer))
}
