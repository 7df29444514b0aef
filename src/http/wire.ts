import { connect, type Socket } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import type { AddressGuard } from './address-guard.ts'
import { failureOf, timeoutOf } from './failure.ts'
import type { Exchange } from './send.ts'

/** The way to a target that does not speak HTTP. A proxy is not used: those of HTTP mostly allow nothing else. */
export interface Wire {
  /**
   * Opens a connection to an address that the address guard has examined.
   * @throws {SendError} with `sent` 'no'
   */
  open(host: string, port: number): Promise<Socket>
  /** What is trusted, and who the relay is, in TLS on such a connection. */
  readonly tls: SecureContextOptions
  /** Adds what was said to the attempt's record, without secrets and capped. */
  record(exchange: Exchange): void
}

export function openSocket(guard: AddressGuard, connectMs: number, host: string, port: number): Promise<Socket> {
  guard.examineHost(host)
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, lookup: guard.lookup })
    const timer = setTimeout(() => socket.destroy(timeoutOf(host, connectMs, false)), connectMs)
    const failed = (error: Error): void => {
      clearTimeout(timer)
      reject(failureOf(error, `${host}:${port}`, false, false))
    }
    socket.once('error', failed)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', failed)
      resolve(socket)
    })
  })
}
