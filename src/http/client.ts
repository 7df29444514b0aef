import { performance } from 'node:perf_hooks'
import { type AddressGuard, createAddressGuard, type Resolve, resolveBySystem } from './address-guard.ts'
import { attemptNow, fenceBefore, type TracedRequest } from './attempt.ts'
import { certificateRefused, proxyRefused } from './failure.ts'
import { Known } from './known.ts'
import { addressShown, problemShown, record, recordExchange } from './recording.ts'
import { createRedactor } from './redact.ts'
import { roundTrip } from './round-trip.ts'
import { type Request, type Response, type Send, SendError } from './send.ts'
import { agentFor, tlsOf, type Way } from './way.ts'
import { openSocket, type Wire } from './wire.ts'

const LONGEST_CONNECT_MS = 10_000
const DEFAULT_MAX_BYTES = 64 * 1024
/** The limit for all headers of an answer together; JIRA and Twitter send about 6 KiB. */
const MAX_HEADER_BYTES = 32 * 1024

export interface ClientOptions extends Way {
  readonly userAgent: string
  readonly timeoutMs: number
  /** Refuse addresses of private networks, this machine and the like; `allowAddresses` lists the exceptions. */
  readonly blockPrivateAddresses: boolean
  readonly allowAddresses: readonly string[]
  /** Texts that no record of an exchange may show. */
  readonly secrets: readonly string[]
  /** Default: the system's own resolver. */
  readonly resolve?: Resolve
  /** Default: over the network. */
  readonly roundTrip?: typeof roundTrip
}

export interface Client {
  readonly send: Send
  readonly wire: Wire
  close(): Promise<void>
}

/** One client for each integration: integrations share no connections and no limits. */
export function createClient(options: ClientOptions): Client {
  const guard = createAddressGuard({
    blockPrivateAddresses: options.blockPrivateAddresses,
    allow: options.allowAddresses,
    resolve: options.resolve ?? resolveBySystem,
  })
  const hide = createRedactor(options.secrets)
  const agent = agentFor({ ...options, guard, connectMs: LONGEST_CONNECT_MS, maxHeaderSize: MAX_HEADER_BYTES })
  const hasProxy = options.proxy !== undefined
  const addresses = new Known((address: string) => addressOf(address, guard))
  const travel = options.roundTrip ?? roundTrip

  async function sendOnce(request: Request, headers: Readonly<Record<string, string>>): Promise<Response> {
    const url = addresses.of(request.url)
    examineHeaders(headers)
    // A proxy looks the name up by itself, so it is looked at here first.
    if (hasProxy) await guard.examineName(url.hostname)
    const timeoutMs = request.timeoutMs ?? options.timeoutMs
    const fence = fenceBefore(request)
    await fence?.ask()
    const response = await travel(
      agent,
      {
        origin: url.origin,
        path: url.path,
        method: request.method,
        headers,
        body: request.body ?? null,
      },
      url.host,
      {
        timeoutMs,
        connectMs: Math.min(LONGEST_CONNECT_MS, timeoutMs),
        maxBytes: request.maxBytes ?? DEFAULT_MAX_BYTES,
      },
      () => fence?.tooLate() ?? null,
    )
    if (hasProxy && response.status === 407) throw proxyRefused(url.host, 407)
    const refused = certificateRefused(response, url.host)
    if (refused !== null) throw refused
    return response
  }

  function trace(request: Request, headers: Readonly<Record<string, string>>): TracedRequest | null {
    const tracer = attemptNow()?.trace
    if (tracer === undefined) return null
    const { host } = URL.canParse(request.url) ? new URL(request.url) : { host: '' }
    return tracer.begin({ method: request.method, url: addressShown(hide, request, headers), host })
  }

  return {
    async send(request) {
      const own = headersOf(request, options)
      const traced = trace(request, own)
      const headers = request.tellsTrace === true && traced !== null ? { ...traced.headers, ...own } : own
      const began = performance.now()
      const took = (): number => Math.round(performance.now() - began)
      try {
        const response = await sendOnce(request, headers)
        traced?.end({ status: response.status, problem: null })
        record(hide, request, headers, response, took())
        return response
      } catch (error) {
        if (error instanceof Error) record(hide, request, headers, error, took())
        const problem = error instanceof Error ? problemShown(hide, headers, error) : 'failed'
        traced?.end({ status: null, problem })
        throw error
      }
    },
    wire: {
      open: (host, port) => openSocket(guard, Math.min(LONGEST_CONNECT_MS, options.timeoutMs), host, port),
      get tls() {
        return tlsOf(options)
      },
      record: (exchange) => recordExchange(hide, exchange),
    },
    async close() {
      await agent.destroy()
    },
  }
}

interface Address {
  readonly origin: string
  readonly host: string
  readonly hostname: string
  readonly path: string
}

/** @throws {SendError} The message repeats no path or query of the address, which may hold a secret. */
function addressOf(address: string, guard: AddressGuard): Address {
  const invalid = (why: string): SendError => new SendError('no', 'invalid request', why)
  if (!URL.canParse(address)) throw invalid('the address to send to is not a URL')
  const url = new URL(address)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw invalid(`the address to send to must be http or https, not ${url.protocol.slice(0, 20)}`)
  if (url.username !== '' || url.password !== '')
    throw invalid(`the address of ${url.host} holds a user name or password, which belong in settings of their own`)
  guard.examineHost(url.hostname)
  const { origin, host, hostname } = url
  return { origin, host, hostname, path: `${url.pathname}${url.search}` }
}

/** The request's headers replace ours, except the encoding: unpacking costs more than it saves. */
function headersOf(request: Request, { userAgent, headers }: ClientOptions): Record<string, string> {
  const given = [headers, request.headers].flatMap((each) =>
    Object.entries(each ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const),
  )
  return Object.fromEntries([['user-agent', userAgent], ...given, ['accept-encoding', 'identity']])
}

/** Set by the connection, not by the sender. */
const reserved = ['host', 'content-length', 'transfer-encoding', 'connection', 'keep-alive', 'upgrade', 'expect', 'te']

/** RFC 9110, sections 5.1 and 5.5. The value is not repeated, since it may be a secret. */
function examineHeaders(headers: Readonly<Record<string, string>>): void {
  for (const name in headers) {
    const value = headers[name]
    if (!settable.of(name)) throw new SendError('no', 'invalid request', `the header ${shown(name)} cannot be set`)
    if (typeof value !== 'string' || /[^\t\x20-\x7e\x80-\xff]/.test(value))
      throw new SendError(
        'no',
        'invalid request',
        `the header ${shown(name)} has a character that is not allowed in headers`,
      )
  }
}

const settable = new Known((name: string) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && !reserved.includes(name))

const shown = (name: string): string => JSON.stringify(name.slice(0, 60))
