import type { IncomingMessage } from 'node:http'
import type {} from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Journal, type Project, RefusedError } from '../queue/journal.ts'
import { StoreError } from '../store/store-error.ts'
import { NOT_FOUND, sendProblem } from './problem.ts'
import { isOneOf } from './secret.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The id of the activity that the request brought, for the line that is logged of it. */
    activity: number | null
  }
}

/** A project with the secrets that open its hook: two while one replaces the other. */
export interface HookProject extends Project {
  readonly secretDigests: readonly Buffer[]
}

/** The one route whose answers are known beforehand. */
export const HOOK_ROUTE = '/hooks/:project/:secret'
export const HOOK_CODES = [200, 202, 400, 404, 413, 415, 422, 429, 503]

export interface HookParts {
  readonly journal: Pick<Journal, 'accept' | 'refuse'>
  project(id: string): HookProject | undefined
  readonly bodyLimitBytes: number
  /** 0: no limit. */
  readonly perProjectPerMinute: number
  readonly perAddressPerMinute: number
}

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
          },
        }

  app.post<{ Params: { project: string; secret: string } }>(
    HOOK_ROUTE,
    // The limit is enforced while the body is read, so that the beginning of a body that is too long is kept.
    { config: perAddress, bodyLimit: Number.MAX_SAFE_INTEGER, onRequest: forgetContentType },
    async (request, reply) => {
      const project = authenticate(parts, request.params)
      if (project === null) {
        const { id = null } = parts.project(request.params.project) ?? {}
        request.log.warn({ project: id }, 'no project with this secret')
        return sendProblem(reply, NOT_FOUND)
      }
      const wait = await overProjectLimit(request, project.id)
      if (wait !== null) return tooMany(reply, wait, `project ${project.id}`)
      return await receive(parts, project, request, reply)
    },
  )
}

/** Some content types Fastify refuses before anybody has looked at the body, so it is told none. */
function forgetContentType(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  request.raw.headers['content-type'] = undefined
  done()
}

/** At most as long as the database keeps it. */
function contentTypeOf({ raw: { rawHeaders } }: FastifyRequest): string | null {
  const at = rawHeaders.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === 'content-type')
  return at === -1 ? null : (rawHeaders[at + 1] ?? '').slice(0, 255)
}

/** A wrong secret and an unknown project take the same time and get the same answer. */
function authenticate(
  parts: HookParts,
  { project: id, secret }: { project: string; secret: string },
): HookProject | null {
  const project = parts.project(id)
  const matches = isOneOf(secret, project?.secretDigests ?? [])
  return project !== undefined && matches ? project : null
}

async function receive(
  parts: HookParts,
  project: HookProject,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { journal, bodyLimitBytes } = parts
  try {
    const read = await readBody(request.body as IncomingMessage | undefined, bodyLimitBytes)
    const arrival = { project, contentType: contentTypeOf(request), head: () => headOf(request), body: read.body }
    const refusal = refusalOf(request, read, bodyLimitBytes)
    if (refusal !== null) {
      await journal.refuse(arrival, refusal, read.bytes)
      return refused(reply, refusal)
    }
    const { id, deliveries, duplicate } = await journal.accept(arrival)
    request.activity = id
    return reply.code(duplicate ? 200 : 202).send({ id: String(id), deliveries, duplicate })
  } catch (error) {
    if (error instanceof RefusedError) return refused(reply, error)
    if (error instanceof StoreError) return unstored(reply, error)
    throw error
  }
}

/** What is wrong with a body before anybody has read a word of it; null: nothing. */
function refusalOf(request: FastifyRequest, { bytes, ended }: Read, limit: number): RefusedError | null {
  // Never unpacked: a few bytes can hold gigabytes.
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding.toLowerCase() !== 'identity')
    return new RefusedError(
      415,
      'content encoding',
      `the body is "${encoding.slice(0, 40)}" encoded; send it uncompressed`,
    )
  if (bytes > limit)
    return new RefusedError(413, 'too large', `the body is over the limit of ${limit} bytes (server.body_limit_bytes)`)
  return ended ? null : new RefusedError(400, 'incomplete', 'the body broke off before its end')
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

interface Read {
  /** At most as much as the limit. */
  readonly body: Buffer
  /** Over the limit when there was more. */
  readonly bytes: number
  /** False when the connection broke off. */
  readonly ended: boolean
}

/** Reads up to the limit. What comes after it is thrown away while the answer goes out, for as long as a request may take. */
function readBody(stream: IncomingMessage | undefined, limit: number): Promise<Read> {
  if (stream === undefined) return Promise.resolve({ body: Buffer.alloc(0), bytes: 0, ended: true })
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const stop = (ended: boolean): void => {
      stream.off('data', onData).off('end', onEnd).off('error', onBreak).off('close', onBreak)
      resolve({
        body: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks),
        bytes,
        ended,
      })
    }
    function onData(chunk: Buffer): void {
      bytes += chunk.length
      if (bytes <= limit) {
        chunks.push(chunk)
        return
      }
      chunks.push(chunk.subarray(0, Math.max(0, chunk.length - (bytes - limit))))
      stop(false)
      stream?.resume()
    }
    const onEnd = (): void => stop(true)
    const onBreak = (): void => stop(false)
    stream.on('data', onData).once('end', onEnd).once('error', onBreak).once('close', onBreak)
  })
}

const KEPT_HEADERS = ['content-length', 'content-encoding', 'transfer-encoding', 'user-agent']

function headOf(request: FastifyRequest): Record<string, string> {
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
