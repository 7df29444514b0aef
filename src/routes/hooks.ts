import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Tracing } from '../observability/tracing.ts'
import {
  type ActivityLine,
  type ArrivalTrace,
  type Journal,
  type ListReport,
  type Project,
  type RefusalReason,
  RefusedError,
  refusedBySource,
} from '../queue/journal.ts'
import type { Appended } from '../store/entry.ts'
import { StoreError } from '../store/store-error.ts'
import { ParseError } from '../tracker/parse-error.ts'
import { addressLimit } from './address-limit.ts'
import { continueNow, isHeldBack } from './expectation.ts'
import type { Guesses } from './guesses.ts'
import { traceHook } from './hook-trace.ts'
import { PROBLEMS, type ProblemCode, REFUSALS, STORE_FAILURES, sendNotFound, sendProblem, typeOf } from './problems.ts'
import { type ReadBody, readBody } from './read-body.ts'
import { contentTypeOf, headersOf, headOf } from './request-head.ts'
import { isOneOf } from './secret.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The stored activity, for the request's log line. */
    activity: ActivityLine | null
  }
}

/** Has two secrets while one replaces the other. */
export interface HookProject extends Project {
  readonly secretDigests: readonly Buffer[]
}

export const HOOK_ROUTE = '/hooks/:project/:secret'
const HOOK_PROBLEMS: readonly ProblemCode[] = [
  ...Object.values(REFUSALS),
  ...Object.values(STORE_FAILURES),
  'not-found',
  'too-many-requests',
  'stopping',
]
export const HOOK_CODES: readonly number[] = [
  ...new Set([200, 202, ...HOOK_PROBLEMS.map((code) => PROBLEMS[code].status)]),
]
  .filter((code) => code !== PROBLEMS['method-not-allowed'].status)
  .sort((one, other) => one - other)

export interface HookParts {
  readonly journal: Pick<Journal, 'accept' | 'acceptList' | 'refuse'>
  project(id: string): HookProject | undefined
  readonly guesses: Guesses
  now(): number
  readonly tracing: Tracing | null
  readonly bodyLimitBytes: number
  /** 0: no limit. */
  readonly perProjectPerMinute: number
  readonly perAddressPerMinute: number
}

/** In the answer to a list. */
const MOST_PROBLEMS = 100

/**
 * `POST /hooks/{project}/{secret}`: the web hook of Tracker or of another tool; also a list of activities, as Tracker's API
 * gives it.
 */
export async function hookRoutes(app: FastifyInstance, parts: HookParts): Promise<void> {
  // The content type does not matter; the body's bytes alone decide the format.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))

  const overProjectLimit = limiter(app, parts.perProjectPerMinute)
  const overAddressLimit = addressLimit(app, parts.perAddressPerMinute)

  for (const url of [HOOK_ROUTE, `${HOOK_ROUTE}/*`])
    app.route<{ Params: { project: string; secret: string } }>({
      method: ['POST', 'GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'],
      url,
      // readBody enforces the limit, so that the beginning of a body that is too long is kept.
      bodyLimit: Number.MAX_SAFE_INTEGER,
      onRequest: forgetContentType,
      async handler(request, reply) {
        const project = authenticate(parts, request.params)
        if (project === null) {
          const { id = null } = parts.project(request.params.project) ?? {}
          return parts.guesses.wrong(request, reply, 'hook', { project: id }) ?? sendNotFound(reply)
        }
        // Only who knows the secret is traced, and believed about the trace that it comes in.
        const trace = traceHook(parts.tracing, request, reply, { route: HOOK_ROUTE, project: project.id })
        const tooManyOfIt = await overAddressLimit(request, reply)
        if (tooManyOfIt !== null) return tooManyOfIt
        const wait = await overProjectLimit(request, project.id)
        if (wait !== null) return tooMany(reply, wait, `project ${project.id}`)
        if (request.method === 'GET' || request.method === 'HEAD')
          return refused(reply, misdirected(request) ?? wrongMethod(request))
        return await receive(parts, project, request, reply, trace)
      },
    })
}

/** Fastify would refuse some content types before the body is read. */
function forgetContentType(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  request.raw.headers['content-type'] = undefined
  done()
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
  trace: ArrivalTrace | null,
): Promise<FastifyReply> {
  const { journal, bodyLimitBytes } = parts
  try {
    const declared = Number(request.headers['content-length'] ?? 0)
    if (isHeldBack(request) && declared > bodyLimitBytes) return refused(reply, tooLarge(bodyLimitBytes))
    continueNow(request, reply)
    const read = await readBody(request.body as IncomingMessage | undefined, bodyLimitBytes)
    const { source } = project
    const arrival = {
      project,
      contentType: contentTypeOf(request),
      headers: headersOf(request, source.headers),
      head: () => headOf(request, source.headers),
      body: read.body,
      trace: trace ?? undefined,
    }
    const refusal = refusalOf(request, read, bodyLimitBytes)
    // Without a body there is nothing to keep.
    if (refusal !== null && NEEDS_BODY.has(refusal.reason) && read.bytes === 0) return refused(reply, refusal)
    if (refusal !== null) {
      await journal.refuse(arrival, refusal, read.bytes)
      return refused(reply, refusal)
    }
    const forged =
      source.verify?.({ headers: request.headers as Headers, body: read.body }, new Date(parts.now())) ?? null
    if (forged !== null) {
      await journal.refuse(arrival, refusedBySource(forged), read.bytes)
      return refused(reply, refusedBySource(forged))
    }
    const bodies = await listIn(journal, arrival)
    if (bodies !== null) return listed(reply, await journal.acceptList(arrival, bodies))
    const tell = (line: ActivityLine): void => {
      request.activity = line
    }
    const accepted = await journal.accept({ ...arrival, tell })
    if ('ignored' in accepted) return reply.code(200).send({ ignored: accepted.ignored })
    const [first, ...others] = accepted.stored
    if (first === undefined || others.length > 0) return listed(reply, reportOf(accepted.stored))
    const { id, deliveries, duplicate } = first
    return reply.code(duplicate ? 200 : 202).send({ id: String(id), deliveries, duplicate })
  } catch (error) {
    if (error instanceof RefusedError) return refused(reply, error)
    if (error instanceof StoreError) return unstored(reply, error)
    throw error
  }
}

/** @throws {RefusedError} if the body is a list that cannot be read */
async function listIn(journal: HookParts['journal'], arrival: Parameters<Journal['accept']>[0]) {
  try {
    return arrival.project.source.split?.(arrival.body) ?? null
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    const refusal = new RefusedError(400, error.reason, error.message)
    await journal.refuse(arrival, refusal, arrival.body.length)
    throw refusal
  }
}

type Headers = Readonly<Record<string, string | undefined>>

/** Of a body that told several things at once. */
function reportOf(stored: readonly Appended[]): ListReport {
  const fresh = stored.filter(({ duplicate }) => !duplicate)
  return {
    activities: stored.length,
    fresh: fresh.length,
    duplicates: stored.length - fresh.length,
    deliveries: fresh.reduce((sum, { deliveries }) => sum + deliveries, 0),
    refused: [],
  }
}

/** Refused if nothing of it can be taken. */
function listed(reply: FastifyReply, { activities, fresh, duplicates, deliveries, refused }: ListReport): FastifyReply {
  const problems = refused.slice(0, MOST_PROBLEMS).map(({ item, reason, message }) => ({
    item,
    type: typeOf(REFUSALS[reason]),
    detail: message,
  }))
  const [first] = refused
  if (first !== undefined && refused.length === activities)
    return sendProblem(reply, 'list', {
      detail: `none of the ${activities} activities can be taken; the first: ${first.message}`,
    })
  const report = { activities, new: fresh, duplicates, refused: refused.length, deliveries, problems }
  return reply.code(fresh > 0 ? 202 : 200).send(report)
}

function refusalOf(request: FastifyRequest, { bytes, ended }: ReadBody, limit: number): RefusedError | null {
  const elsewhere = misdirected(request)
  if (elsewhere !== null) return elsewhere
  if (request.method !== 'POST') return wrongMethod(request)
  // Never decompressed: a few bytes could become gigabytes.
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding.toLowerCase() !== 'identity')
    return new RefusedError(
      415,
      'content encoding',
      `the body is "${encoding.slice(0, 40)}" encoded; send it uncompressed`,
    )
  if (bytes > limit) return tooLarge(limit)
  return ended ? null : new RefusedError(400, 'incomplete', 'the body broke off before its end')
}

function tooLarge(limit: number): RefusedError {
  return new RefusedError(413, 'too large', `the body is over the limit of ${limit} bytes (server.body_limit_bytes)`)
}

const NEEDS_BODY: ReadonlySet<RefusalReason> = new Set(['wrong method', 'wrong path'])

function misdirected({ routeOptions }: FastifyRequest): RefusedError | null {
  if (routeOptions.url === HOOK_ROUTE) return null
  return new RefusedError(404, 'wrong path', "the hook's address ends with its secret; take off what follows it")
}

function wrongMethod({ method }: FastifyRequest): RefusedError {
  return new RefusedError(405, 'wrong method', `this hook works; it takes activities by POST, not by ${method}`)
}

function refused(reply: FastifyReply, { reason, message }: RefusedError): FastifyReply {
  if (reason === 'wrong method') void reply.header('allow', 'POST')
  return sendProblem(reply, REFUSALS[reason], { detail: message })
}

function unstored(reply: FastifyReply, { reason, message }: StoreError): FastifyReply {
  return sendProblem(reply, STORE_FAILURES[reason], { detail: `${message}; send it again`, retryAfterSeconds: 5 })
}

function tooMany(reply: FastifyReply, waitMs: number, of: string): FastifyReply {
  return sendProblem(reply, 'too-many-requests', {
    detail: `${of} is over its limit for this minute`,
    retryAfterSeconds: waitMs / 1000,
  })
}

/** @returns null if the request may proceed, else how long to wait, in milliseconds */
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
