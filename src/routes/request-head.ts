import type { FastifyRequest } from 'fastify'

/** At most as long as the database stores it. */
export function contentTypeOf({ raw: { rawHeaders } }: FastifyRequest): string | null {
  const at = rawHeaders.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === 'content-type')
  return at === -1 ? null : (rawHeaders[at + 1] ?? '').slice(0, 255)
}

const KEPT_HEADERS = ['content-length', 'content-encoding', 'transfer-encoding', 'user-agent']

/** The stored part of a refused request's head; never its path, which holds the secret. */
export function headOf(request: FastifyRequest): Record<string, string> {
  const head: Record<string, string> = {
    method: request.method,
    route: request.routeOptions.url ?? '',
    address: request.ip,
  }
  const contentType = contentTypeOf(request)
  if (contentType !== null) head['content-type'] = contentType.slice(0, 200)
  for (const name of KEPT_HEADERS) {
    const value = request.headers[name]
    if (typeof value === 'string') head[name] = value.slice(0, 200)
  }
  return head
}
