import { readDocument } from './document.ts'
import { isRecord } from './schema-walk.ts'
import { type Environment, typed } from './substitute.ts'

/** The defaults of `server.host` and `server.port`. */
export const LISTENING = { host: '127.0.0.1', port: 8080 } as const

export interface Listening {
  readonly host: string
  readonly port: number
  /** In their place, if there is one. */
  readonly socket?: string
}

/**
 * Where a relay with this config listens. Nothing else is checked and no connector is loaded, because the health check
 * asks every few seconds.
 */
export function listeningOf(text: string, environment: Environment): Listening {
  const { value } = readDocument(text, environment)
  if (!isRecord(value)) throw new Error('the config is not valid YAML')
  const server = isRecord(value.server) ? value.server : {}
  const host = server.host ?? LISTENING.host
  const port = typeof server.port === 'string' ? typed(server.port) : (server.port ?? LISTENING.port)
  if (typeof host !== 'string' || host === '') throw new Error('server.host must be a host name or an IP address')
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error('server.port must be a whole number from 0 to 65535')
  return { host: plainHost(host), port, ...(typeof server.socket === 'string' ? { socket: server.socket } : {}) }
}

/** One can listen on a wildcard address, but not connect to it. */
export function reachableHost(host: string): string {
  return ANY[host] ?? host
}

const ANY: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1', '0': '127.0.0.1' }

/** An IPv6 address may be written in brackets, as in URLs. */
export function plainHost(host: string): string {
  return /^\[(.*)\]$/.exec(host)?.[1] ?? host
}
