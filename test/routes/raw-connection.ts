import { connect, type Socket } from 'node:net'

/** A connection that sends what no HTTP library would, and keeps everything that comes back. */
export interface RawConnection {
  readonly socket: Socket
  send(bytes: string | Buffer): void
  received(): string
  /** Resolves with everything that came when the other side has closed; a reset counts as closed. */
  readonly closed: Promise<string>
  isClosed(): boolean
}

export async function connectRaw(t: { teardown(work: () => void): void }, port: number): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1' })
  const chunks: Buffer[] = []
  let over = false
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {})
  const received = (): string => Buffer.concat(chunks).toString('latin1')
  const closed = new Promise<string>((resolve) =>
    socket.once('close', () => {
      over = true
      resolve(received())
    }),
  )
  t.teardown(() => void socket.destroy())
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  return { socket, send: (bytes) => void socket.write(bytes), received, closed, isClosed: () => over }
}

/** The pieces of an answer as it came over the wire. */
export function parts(answer: string): { status: number; headers: Record<string, string>; body: string } {
  const [head = '', body = ''] = answer.split(/\r\n\r\n(.*)/s)
  const [first = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  return { status: Number(first.split(' ')[1]), headers, body }
}
