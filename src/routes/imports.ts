import { timingSafeEqual } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Feed, Served } from '../imports/feed.ts'
import { FEED_FORMATS, type FeedFormat, write } from '../imports/feed-format.ts'
import { ImportError } from '../imports/import-error.ts'
import type { ImportAccess } from '../imports/imports.ts'
import { addressLimit } from './address-limit.ts'
import type { Guesses } from './guesses.ts'
import { type ProblemCode, sendProblem } from './problems.ts'
import { isOneOf, secretDigest } from './secret.ts'

type ImportDoor = ImportAccess & { readonly feed: Pick<Feed, 'serve'> }

export interface ImportParts {
  door(integration: string): ImportDoor | undefined
  readonly guesses: Guesses
  /** 0: no limit. */
  readonly perAddressPerMinute: number
}

/** Sources and clients may be slow; a connection without any data for this long is closed. */
const IDLE_MS = 120_000

/** `GET /imports/{integration}.xml` and `/imports/{integration}/{secret}.xml`: the URL that Tracker's import panel reads. */
export async function importRoutes(app: FastifyInstance, parts: ImportParts): Promise<void> {
  const { door, guesses } = parts
  const overLimit = addressLimit(app, parts.perAddressPerMinute)

  /** Behind the door only the address's limit is left. */
  async function admit(request: FastifyRequest, reply: FastifyReply, found: ImportDoor, asked: Asked) {
    return (await overLimit(request, reply)) ?? (await answer(request, reply, found, asked))
  }

  app.route<{ Params: { file: string } }>({
    method: ['GET', 'HEAD'],
    url: '/imports/:file',
    async handler(request, reply) {
      const asked = nameAndFormat(request.params.file)
      const found = asked === null ? undefined : door(asked.name)
      if (asked === null || found === undefined) return unknown(reply)
      if (found.isPublic) return await admit(request, reply, found, asked)
      if (found.login === null) return unknown(reply)
      const of = { integration: asked.name }
      // Some clients send their first request without a login.
      if (request.headers.authorization === undefined) return challenge(reply, asked.name)
      const refused = guesses.refuse(request, reply, 'import login', of)
      if (refused !== null) return refused
      if (!timingSafeEqual(found.login, sentLogin(request)))
        return guesses.wrong(request, reply, 'import login', of) ?? challenge(reply, asked.name)
      return await admit(request, reply, found, asked)
    },
  })

  app.route<{ Params: { integration: string; file: string } }>({
    method: ['GET', 'HEAD'],
    url: '/imports/:integration/:file',
    async handler(request, reply) {
      const { integration: name } = request.params
      const asked = nameAndFormat(request.params.file)
      if (asked === null) return unknown(reply)
      const found = door(name)
      // A wrong secret and an unknown integration take the same time and get the same answer.
      const matches = isOneOf(asked.name, found?.secretDigests ?? [])
      if (found === undefined || !matches) {
        const of = { integration: found === undefined ? null : name }
        return guesses.wrong(request, reply, 'import', of) ?? unknown(reply)
      }
      return await admit(request, reply, found, { name, format: asked.format })
    },
  })
}

interface Asked {
  readonly name: string
  readonly format: FeedFormat
}

function nameAndFormat(file: string): Asked | null {
  const { name, format } = /^(?<name>.+)\.(?<format>xml|json)$/.exec(file)?.groups ?? {}
  if (name === undefined || (format !== 'xml' && format !== 'json')) return null
  return { name, format: FEED_FORMATS[format] }
}

/** RFC 7617; a missing login counts as a wrong one. */
function sentLogin({ headers: { authorization = '' } }: FastifyRequest): Buffer {
  const sent = /^basic +([a-z0-9+/=_-]+)$/i.exec(authorization)?.[1] ?? ''
  return secretDigest(Buffer.from(sent, 'base64').toString())
}

function challenge(reply: FastifyReply, name: string): FastifyReply {
  void reply.header('www-authenticate', `Basic realm="${name}", charset="UTF-8"`)
  return sendProblem(reply, 'unauthorized', {
    detail: `send import.username and import.password of the integration ${name}; in Tracker they are the Basic Auth Username and Password`,
  })
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { feed }: ImportDoor,
  { name, format }: Asked,
): Promise<FastifyReply> {
  request.raw.socket?.setTimeout?.(IDLE_MS)
  let served: Served
  try {
    served = await feed.serve()
  } catch (error) {
    if (error instanceof ImportError) return failed(reply, error, name)
    throw error
  }
  const etag = served.tag === null ? null : `"${served.tag}-${format.name}"`
  void reply.headers({ ...headersOf(served), ...(etag === null ? {} : { etag }) })
  if (etag !== null && isKnown(request.headers['if-none-match'], etag)) {
    served.close()
    return reply.code(304).send()
  }
  void reply.type(format.contentType)
  if (request.method === 'HEAD') {
    served.close()
    return reply.send()
  }
  const body = Readable.from(write(format, served.stories), { objectMode: false })
  body.once('close', served.close)
  return reply.send(body)
}

/** RFC 9111; for Warning, which says more than Age, its predecessor RFC 7234, section 5.5. */
function headersOf({ ageMs, stale, freshMs }: Served): Record<string, string> {
  const maxAge = Math.floor(freshMs / 1000)
  const warnings = [
    ...(stale === null ? [] : ['110 - "Response is Stale"']),
    ...(stale === 'failed' ? ['111 - "Revalidation Failed"'] : []),
  ]
  return {
    'cache-control': `private, ${maxAge === 0 ? 'no-cache' : `max-age=${maxAge}`}`,
    'x-content-type-options': 'nosniff',
    ...(ageMs === null ? {} : { age: String(Math.floor(ageMs / 1000)) }),
    ...(warnings.length === 0 ? {} : { warning: warnings.join(', ') }),
  }
}

function isKnown(sent: string | undefined, etag: string): boolean {
  if (sent === undefined) return false
  return sent.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag)
}

export const IMPORT_FAILURES = {
  stopping: 'stopping',
  store: 'store',
  slow: 'source-slow',
  source: 'source-failed',
} as const satisfies Readonly<Record<ImportError['reason'], ProblemCode>>

function failed(reply: FastifyReply, { reason, message, retryAfterMs }: ImportError, name: string): FastifyReply {
  return sendProblem(reply, IMPORT_FAILURES[reason], {
    detail: `integration ${name}: ${message}`,
    ...(retryAfterMs === null ? {} : { retryAfterSeconds: retryAfterMs / 1000 }),
  })
}

function unknown(reply: FastifyReply): FastifyReply {
  return sendProblem(reply, 'not-found', {
    detail: 'this import does not exist; check the integration and the secret in the Import API URL',
  })
}
