import type { Connection } from '../config/connection-settings.ts'
import { type ProxyChoice, proxyOfEnvironment, type Way } from '../http/way.ts'

/** What the settings and the environment say about the way to a target. */
export function wayToTarget(
  connection: Connection | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Way {
  const { proxy, ca_file, client_certificate, client_key, headers, basic_auth } = connection ?? {}
  return {
    proxy: proxyFor(proxy, env),
    ca: ca_file,
    clientCertificate: client_certificate,
    clientKey: client_key,
    headers: { ...(basic_auth === undefined ? {} : { authorization: basic(basic_auth) }), ...headers },
  }
}

function proxyFor(
  proxy: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): ProxyChoice | undefined {
  if (proxy === 'none') return undefined
  if (proxy !== undefined) return { http: proxy, https: proxy, except: '' }
  return proxyOfEnvironment(env) ?? undefined
}

function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
