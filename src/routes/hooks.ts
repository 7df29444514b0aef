import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type {} from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Arrival, type Journal, type Project, RefusedError } from '../queue/journal.ts'
import { StoreError } from '../queue/store/store-error.ts'
import { NOT_FOUND, sendProblem } from './problem.ts'

/** A project with the secrets that open its hook: two while one replaces the other. */
export interface HookProject extends Project {
  readonly secretDigests: readonly Buffer[]
}

export interface HookParts {
  readonly journal: Pick<Journal, 'accept' | 'refuse'>
  project(id: string): HookProject | undefined
  readonly bodyLimitBytes: number
  /** 0: no limit. */
  readonly perProjectPerMinute: number
  readonly perAddressPerMinute: number
}

/** Secrets are compared by digest, so that the comparison takes the same time whatever was sent. */
export function secretDigest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

const NO_SECRET = secretDigest('')

/** `POST /hooks/{project}/{secret}`: Tracker's activity web hook. */
export async function hookRoutes(app: FastifyInstance, parts: HookParts): Promise<void> {
  // The body is taken as it is, whatever it is called; only its bytes say what it is.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))

  const overProjectLimit = limiter(app, parts.perProjectPerMinute)
  const perAddress =
    parts.perAddressPerMinute === 0
      ? {}
      : {
          rateLimit: {
            max: parts.perAddressPerMinute,
            timeWindow: 60_000,
            keyGenerator: ({ ip }: FastifyRequest) => ip,
          },
        }

  app.post<{ Params: { project: string; secret: string } }>(
    '/hooks/:project/:secret',
    // The limit is enforced while the body is read, so that the beginning of a body that is too long is kept.
    { config: perAddress, bodyLimit: Number.MAX_SAFE_INTEGER },
    async (request, reply) => {
      const project = authenticate(parts, request.params)
      if (project === null) return sendProblem(reply, NOT_FOUND)
      const wait = await overProjectLimit(request, project.id)
      if (wait !== null) return tooMany(reply, wait, `project ${project.id}`)
      return await receive(parts, project, request, reply)
    },
  )
}

/** A wrong secret and an unknown project take the same time and get the same answer. */
function authenticate(
  parts: HookParts,
  { project: id, secret }: { project: string; secret: string },
): HookProject | null {
  const project = parts.project(id)
  const digest = secretDigest(secret)
  let matches = false
  for (const known of project?.secretDigests ?? [NO_SECRET]) if (timingSafeEqual(known, digest)) matches = true
  return project !== undefined && matches ? project : null
}

async function receive(
  parts: HookParts,
  project: HookProject,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { journal, bodyLimitBytes } = parts
  const arrival = { project, contentType: request.headers['content-type'] ?? null, head: headOf(request) }
  try {
    const encoding = request.headers['content-encoding'] ?? 'identity'
    if (encoding !== 'identity')
      return await refuse(
        journal,
        { ...arrival, body: Buffer.alloc(0) },
        new RefusedError(
          415,
          'content encoding',
          `the body is "${encoding.slice(0, 40)}" encoded; send it uncompressed`,
        ),
        0,
        reply,
      )
    const { body, bytes } = await readBody(request.body as IncomingMessage | undefined, bodyLimitBytes)
    if (bytes > bodyLimitBytes)
      return await refuse(
        journal,
        { ...arrival, body },
        new RefusedError(
          413,
          'too large',
          `the body is over the limit of ${bodyLimitBytes} bytes (server.body_limit_bytes)`,
        ),
        bytes,
        reply,
      )
    const { id, deliveries, duplicate } = await journal.accept({ ...arrival, body })
    return reply.code(duplicate ? 200 : 202).send({ id: String(id), deliveries, duplicate })
  } catch (error) {
    if (error instanceof RefusedError) return refused(reply, error)
    if (error instanceof StoreError) return unstored(reply, error)
    throw error
  }
}

async function refuse(
  journal: HookParts['journal'],
  arrival: Arrival,
  error: RefusedError,
  bytes: number,
  reply: FastifyReply,
): Promise<FastifyReply> {
  await journal.refuse(arrival, error, bytes)
  // What is left of the body is not waited for.
  void reply.header('connection', 'close')
  return refused(reply, error)
}

function refused(reply: FastifyReply, error: RefusedError): FastifyReply {
  return sendProblem(reply, {
    status: error.status,
    type: error.reason.replaceAll(' ', '-'),
    title: 'Not an activity that can be taken',
    detail: error.message,
  })
}

function unstored(reply: FastifyReply, error: StoreError): FastifyReply {
  return sendProblem(reply, {
    status: 503,
    type: `store-${error.reason}`,
    title: 'The activity could not be stored',
    detail: `${error.message}; send it again`,
    retryAfter: 5,
  })
}

function tooMany(reply: FastifyReply, waitMs: number, of: string): FastifyReply {
  return sendProblem(reply, {
    status: 429,
    type: 'too-many-requests',
    title: 'Too many requests',
    detail: `${of} is over its limit for this minute`,
    retryAfter: waitMs / 1000,
  })
}

/** @returns null when the request may go on, else how long to wait, in milliseconds */
function limiter(
  app: FastifyInstance,
  max: number,
): (request: FastifyRequest, project: string) => Promise<number | null> {
  if (max === 0) return async () => null
  const check = app.createRateLimit({
    max,
    timeWindow: 60_000,
    keyGenerator: (request) => (request.params as { project: string }).project,
  })
  return async (request) => {
    const result = await check(request)
    return !result.isAllowed && result.isExceeded ? result.ttl : null
  }
}

/** Reads up to the limit and stops; `bytes` is over the limit when there was more. */
function readBody(stream: IncomingMessage | undefined, limit: number): Promise<{ body: Buffer; bytes: number }> {
  if (stream === undefined) return Promise.resolve({ body: Buffer.alloc(0), bytes: 0 })
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const done = (): void => {
      stream.off('data', onData).off('error', brokenOff).off('close', brokenOff)
      resolve({ body: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks), bytes })
    }
    function onData(chunk: Buffer): void {
      bytes += chunk.length
      if (bytes <= limit) {
        chunks.push(chunk)
        return
      }
      chunks.push(chunk.subarray(0, Math.max(0, chunk.length - (bytes - limit))))
      // Paused, not destroyed: the answer still has to go out over this connection.
      stream?.pause()
      done()
    }
    function brokenOff(): void {
      reject(new RefusedError(400, 'incomplete', 'the body broke off before its end'))
    }
    stream.on('data', onData)
    stream.once('end', done)
    stream.once('error', brokenOff)
    stream.once('close', brokenOff)
  })
}

const KEPT_HEADERS = ['content-type', 'content-length', 'content-encoding', 'transfer-encoding', 'user-agent']

function headOf(request: FastifyRequest): Record<string, string> {
  const head: Record<string, string> = {
    method: request.method,
    route: request.routeOptions.url ?? '',
    address: request.ip,
  }
  for (const name of KEPT_HEADERS) {
    const value = request.headers[name]
    if (typeof value === 'string') head[name] = value.slice(0, 200)
  }
  return head
}
