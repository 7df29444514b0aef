import type { FastifyRequest } from 'fastify'

/** At most as long as the database stores it. */
export function contentTypeOf({ raw: { rawHeaders } }: FastifyRequest): string | null {
  const at = rawHeaders.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === 'content-type')
  return at === -1 ? null : (rawHeaders[at + 1] ?? '').slice(0, 255)
}

const KEPT_HEADERS = ['content-length', 'content-encoding', 'transfer-encoding', 'user-agent']

/** Those of the named headers that came, by their names in lower case. */
export function headersOf({ headers }: FastifyRequest, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of names) {
    const value = headers[name]
    if (value !== undefined) found[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return found
}

/**
 * The stored part of a refused request's head; never its path, which holds the secret.
 * @param names further headers that are kept
 */
export function headOf(request: FastifyRequest, names: readonly string[] = []): Record<string, string> {
  const head: Record<string, string> = {
    method: request.method,
    route: request.routeOptions.url ?? '',
    address: request.ip,
  }
  const contentType = contentTypeOf(request)
  if (contentType !== null) head['content-type'] = contentType.slice(0, 200)
  for (const name of [...KEPT_HEADERS, ...names]) {
    const value = request.headers[name]
    if (typeof value === 'string') head[name] = value.slice(0, 200)
  }
  return head
}
