import { subscribe } from 'node:diagnostics_channel'
import tls, { createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls'
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici'
import type { AddressGuard } from './address-guard.ts'

/** How a target is reached, beside its address. */
export interface Way {
  readonly proxy?: ProxyChoice | undefined
  /** PEM: authorities that are trusted besides those that Node knows. */
  readonly ca?: string | undefined
  /** PEM: what the relay shows to servers that ask who it is. */
  readonly clientCertificate?: string | undefined
  readonly clientKey?: string | undefined
  /** Sent with every request that has none of the same name. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** The URL of the proxy for each kind of target; a user name and password in it are sent to the proxy. */
export interface ProxyChoice {
  readonly http: string | null
  readonly https: string | null
  /** Hosts that are reached directly, as in NO_PROXY: names, endings with a dot, with ports; "*" for all. */
  readonly except: string
}

/** This machine is never reached through a proxy of the environment. */
const LOOPBACK = 'localhost,127.0.0.1,[::1]'

/** As curl reads these variables: the name in lower case first, HTTPS_PROXY for https. Null if none is set. */
export function proxyOfEnvironment(env: Readonly<Record<string, string | undefined>>): ProxyChoice | null {
  const of = (name: string): string | null => env[name.toLowerCase()] || env[name] || null
  const [http, https] = [of('HTTP_PROXY'), of('HTTPS_PROXY')]
  if (http === null && https === null) return null
  const except = of('NO_PROXY') ?? ''
  return { http, https, except: except.trim() === '*' ? '*' : `${except},${LOOPBACK}` }
}

interface AgentParts extends Way {
  readonly guard: AddressGuard
  readonly connectMs: number
  readonly maxHeaderSize: number
}

/** What is trusted in TLS, and what is shown to a target that asks who comes. */
export function tlsOf({ ca, clientCertificate, clientKey }: Way): SecureContextOptions {
  const authorities = ca === undefined ? {} : { ca: [...knownAuthorities(), ca] }
  const ours = clientCertificate === undefined ? {} : { cert: clientCertificate, key: clientKey }
  return { minVersion: 'TLSv1.2', ...authorities, ...ours }
}

/** The address guard looks at names that are connected to directly; a proxy is the operator's own choice. */
export function agentFor({ proxy, ca, clientCertificate, clientKey, ...parts }: AgentParts): Dispatcher {
  // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
  const common = { timeout: parts.connectMs, rejectUnauthorized: true }
  // Made once, since reading all authorities takes some milliseconds.
  const target = { ...common, secureContext: createSecureContext(tlsOf({ ca, clientCertificate, clientKey })) }
  const options = {
    // One deadline for the whole exchange replaces both.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: parts.maxHeaderSize,
    keepAliveMaxTimeout: 30_000,
    connect: { ...target, lookup: parts.guard.lookup },
  }
  if (proxy === undefined) return new Agent(options)
  return new EnvHttpProxyAgent({
    ...options,
    // Without a value undici would look into the environment itself.
    httpProxy: proxy.http ?? '',
    httpsProxy: proxy.https ?? '',
    noProxy: proxy.except,
    requestTls: target,
    proxyTls: { ...common, secureContext: createSecureContext(tlsOf({ ca })) },
    // Many proxies open tunnels for https alone.
    proxyTunnel: false,
  })
}

// A TLS 1.3 server refuses a client without a certificate when the handshake seems done. Node tells why, and then that the
// connection has ended; undici would report the end alone.
subscribe('undici:client:connected', (message) => {
  const { socket } = message as { readonly socket: unknown }
  if (socket instanceof TLSSocket) socket.on('error', (error) => socket.destroy(error))
})

/** Those of NODE_EXTRA_CA_CERTS and of the system are among them only where Node tells them (22.15 and later). */
function knownAuthorities(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?(type: 'default'): string[] }
  return getCACertificates?.('default') ?? tls.rootCertificates
}
