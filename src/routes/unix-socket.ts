import { chmodSync, statSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** The user and the group of the relay may connect: the proxy is put into that group. */
const MODE = 0o660

/**
 * Listens on a unix socket. One that a relay has left which was killed is removed first.
 * @returns the address, as proxies write it
 * @throws if another process listens there, or something else is there
 */
export async function listenOnSocket(app: FastifyInstance, path: string): Promise<string> {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found !== undefined) {
    if (!found.isSocket()) throw new Error('what is there is not a socket')
    if (await isListenedOn(path)) throw new Error('another process listens there')
    unlinkSync(path)
  }
  await app.listen({ path })
  chmodSync(path, MODE)
  return `unix:${path}`
}

function isListenedOn(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false)
      else reject(error)
    })
  })
}
