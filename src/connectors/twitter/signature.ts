import { createHmac } from 'node:crypto'

export interface Signer {
  readonly key: string
  readonly secret: string
  /** Null until X has issued one. */
  readonly token: { readonly token: string; readonly secret: string } | null
}

export interface ToSign {
  readonly method: string
  readonly url: string
  /** A body of type application/x-www-form-urlencoded; other bodies are not signed. */
  readonly form?: readonly (readonly [string, string])[]
  /** Further `oauth_` parameters, such as oauth_callback and oauth_verifier. */
  readonly extra?: Readonly<Record<string, string>>
  readonly nonce: string
  /** seconds since 1970 */
  readonly timestamp: number
}

/** The Authorization header of OAuth 1.0a with HMAC-SHA1: RFC 5849, sections 3.4 and 3.5.1. */
export function authorization(signer: Signer, request: ToSign): string {
  const own: Record<string, string> = {
    ...request.extra,
    oauth_consumer_key: signer.key,
    oauth_nonce: request.nonce,
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: String(request.timestamp),
    ...(signer.token === null ? {} : { oauth_token: signer.token.token }),
    oauth_version: '1.0',
  }
  const url = new URL(request.url)
  const parameters = [...Object.entries(own), ...url.searchParams, ...(request.form ?? [])]
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .sort(([name, value], [otherName, otherValue]) => order(name, otherName) || order(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
  const base = [request.method.toUpperCase(), `${url.protocol}//${url.host}${url.pathname}`, parameters.join('&')]
  const key = `${encoded(signer.secret)}&${encoded(signer.token?.secret ?? '')}`
  const signature = createHmac('sha1', key).update(base.map(encoded).join('&')).digest('base64')
  const header = Object.entries({ ...own, oauth_signature: signature })
    .sort(([name], [other]) => order(name, other))
    .map(([name, value]) => `${encoded(name)}="${encoded(value)}"`)
  return `OAuth ${header.join(', ')}`
}

/** RFC 3986: everything but letters, digits and "-._~". */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** By bytes, not by a locale. */
function order(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
