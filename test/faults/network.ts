import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A network before a server, which behaves as networks do. */
export interface Network {
  /** The server's address through it. */
  readonly url: string
  /** It swallows everything without a word, as after a failover of a router; also the ends of connections. */
  setSilent(silent: boolean): void
  /** The connections that there are never bring anything again, and nobody is told; new ones work. */
  forget(): void
  /** Connections from now on reach another server. */
  leadTo(port: number): void
  /**
   * Replaces what clients say, from the next connection on: for settings that would make a test wait.
   * @param to as long as `from`, or shorter
   */
  rewrite(from: string, to: string): void
  /** How often something was replaced. */
  readonly rewritten: number
}

export async function startNetwork(
  t: { teardown(work: () => Promise<void>): void },
  serverUrl: string,
): Promise<Network> {
  const server = new URL(serverUrl)
  let port = Number(server.port)
  const sockets = new Set<Socket>()
  const forgotten = new WeakSet<Socket>()
  let isSilent = false
  let words: { readonly from: string; readonly to: string }[] = []
  let rewritten = 0

  const passes = (from: Socket): boolean => !isSilent && !forgotten.has(from)

  /** As bytes: a message has its length before it. */
  function said(data: Buffer): Buffer {
    let text = data.toString('latin1')
    for (const { from, to } of words) {
      const parts = text.split(from)
      rewritten += parts.length - 1
      text = parts.join(to.padStart(from.length))
    }
    return Buffer.from(text, 'latin1')
  }

  function pass(from: Socket, to: Socket, change: (data: Buffer) => Buffer): void {
    sockets.add(from)
    from.on('data', (data: Buffer) => {
      if (passes(from)) to.write(change(data))
    })
    from.on('error', () => {})
    from.on('close', () => {
      sockets.delete(from)
      if (passes(from)) to.destroy()
    })
  }

  const network = createServer((near) => {
    const far = connect({ port, host: server.hostname })
    pass(near, far, said)
    pass(far, near, (data) => data)
  })
  network.listen(0, '127.0.0.1')
  await once(network, 'listening')
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    network.close()
    await once(network, 'close')
  })
  const url = new URL(serverUrl)
  url.host = `127.0.0.1:${(network.address() as AddressInfo).port}`
  return {
    url: url.href,
    setSilent(silent) {
      isSilent = silent
    },
    forget() {
      for (const socket of sockets) forgotten.add(socket)
    },
    leadTo(to) {
      port = to
    },
    rewrite(from, to) {
      if (to.length > from.length) throw new Error(`"${to}" is longer than "${from}"`)
      words = [...words, { from, to }]
    },
    get rewritten() {
      return rewritten
    },
  }
}
