import type { FastifyReply } from 'fastify'
import type { RefusalReason } from '../queue/journal.ts'
import type { StoreError } from '../store/store-error.ts'

/** RFC 9457, application/problem+json. */
interface ProblemType {
  readonly status: number
  /** The same in every answer of this type. */
  readonly title: string
  /** For the documentation. */
  readonly when: string
}

const NOT_TAKEN = 'Not an activity that can be taken'
const NOT_STORED = 'The activity could not be stored'
const NOT_READ = 'The request cannot be read'
const NO_TICKETS = 'The tickets cannot be read'

/** By code, which ends the `type` and never changes. */
export const PROBLEMS = {
  'bad-request': {
    status: 400,
    title: NOT_READ,
    when: 'The bytes are not an HTTP request, or the body is not what its headers say.',
  },
  empty: { status: 400, title: NOT_TAKEN, when: 'The body is empty.' },
  encoding: { status: 400, title: NOT_TAKEN, when: 'The body is not text in an encoding that the relay reads.' },
  'not-an-activity': { status: 400, title: NOT_TAKEN, when: 'The body is neither XML nor JSON of an activity.' },
  syntax: { status: 400, title: NOT_TAKEN, when: 'The XML or JSON is not well-formed.' },
  doctype: { status: 400, title: NOT_TAKEN, when: 'The XML has a document type declaration.' },
  'too-deep': { status: 400, title: NOT_TAKEN, when: 'The XML or JSON is nested too deeply.' },
  list: { status: 400, title: NOT_TAKEN, when: 'The body is a list of activities instead of one.' },
  'missing-field': { status: 400, title: NOT_TAKEN, when: 'The activity lacks a field that every activity has.' },
  'bad-field': { status: 400, title: NOT_TAKEN, when: 'A field of the activity has a value that it cannot have.' },
  incomplete: { status: 400, title: NOT_TAKEN, when: 'The body broke off before its end.' },
  unauthorized: {
    status: 401,
    title: 'A login or a token is needed',
    when: 'The login or the token is missing or wrong; `www-authenticate` tells which is expected.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    when: 'There is nothing at this address, or the secret in it is wrong.',
  },
  'too-slow': {
    status: 408,
    title: NOT_READ,
    when: 'The request took longer than `server.request_timeout_seconds`, or its headers than `server.header_timeout_seconds`.',
  },
  'too-large': { status: 413, title: NOT_TAKEN, when: 'The activity is over `server.body_limit_bytes`.' },
  'body-too-large': { status: 413, title: NOT_READ, when: 'The body of a request other than a hook is too large.' },
  'content-encoding': { status: 415, title: NOT_TAKEN, when: 'The body of the activity is compressed.' },
  'unsupported-media-type': {
    status: 415,
    title: NOT_READ,
    when: 'The body of a request other than a hook has a content type that is not accepted there.',
  },
  'wrong-project': {
    status: 422,
    title: NOT_TAKEN,
    when: 'The activity belongs to another project than the hook.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    when: 'The address or the project is over its limit (`server.rate_limit`).',
  },
  'headers-too-large': { status: 431, title: NOT_READ, when: 'The headers are over 16 KiB.' },
  internal: {
    status: 500,
    title: 'The relay made a mistake',
    when: 'A bug in the relay; the log has the error.',
  },
  'source-failed': {
    status: 502,
    title: NO_TICKETS,
    when: 'The source of an import failed, and there is no earlier list to show.',
  },
  'source-slow': {
    status: 502,
    title: NO_TICKETS,
    when: 'The source of an import has sent no ticket yet, and there is no earlier list to show.',
  },
  store: {
    status: 503,
    title: 'Nobody knows which tickets are linked',
    when: 'An import has `exclude_linked`, and the database cannot be read.',
  },
  'store-busy': { status: 503, title: NOT_STORED, when: 'Another process holds the database.' },
  'store-full': { status: 503, title: NOT_STORED, when: 'The disk or the database is full.' },
  'store-unavailable': { status: 503, title: NOT_STORED, when: 'The database cannot be reached or written.' },
  'store-overloaded': {
    status: 503,
    title: NOT_STORED,
    when: 'More activities are waiting to be stored than the relay keeps in memory.',
  },
  'store-stopping': { status: 503, title: NOT_STORED, when: 'The relay stopped before the activity was stored.' },
  stopping: {
    status: 503,
    title: 'The relay is stopping or reloading',
    when: 'The relay is stopping, or the settings of an import have just been changed.',
  },
} as const satisfies Readonly<Record<string, ProblemType>>

export type ProblemCode = keyof typeof PROBLEMS

export const REFUSALS = {
  empty: 'empty',
  encoding: 'encoding',
  'not an activity': 'not-an-activity',
  syntax: 'syntax',
  doctype: 'doctype',
  'too deep': 'too-deep',
  list: 'list',
  'missing field': 'missing-field',
  'bad field': 'bad-field',
  'too large': 'too-large',
  'content encoding': 'content-encoding',
  'wrong project': 'wrong-project',
  incomplete: 'incomplete',
} as const satisfies Readonly<Record<RefusalReason, ProblemCode>>

export const STORE_FAILURES = {
  busy: 'store-busy',
  full: 'store-full',
  unavailable: 'store-unavailable',
  overloaded: 'store-overloaded',
  stopping: 'store-stopping',
} as const satisfies Readonly<Record<StoreError['reason'], ProblemCode>>

interface Particulars {
  /** What is wrong with this request, and what to do. */
  readonly detail: string
  /** Sent as Retry-After. */
  readonly retryAfterSeconds?: number
}

export function problemBody(code: ProblemCode, detail: string): string {
  const { title, status } = PROBLEMS[code]
  return JSON.stringify({ type: `urn:tracker-relay:${code}`, title, status, detail })
}

export function sendProblem(
  reply: FastifyReply,
  code: ProblemCode,
  { detail, retryAfterSeconds }: Particulars,
): FastifyReply {
  if (retryAfterSeconds !== undefined)
    void reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfterSeconds))))
  return reply.code(PROBLEMS[code].status).type('application/problem+json').send(problemBody(code, detail))
}

/** Does not reveal whether the address or the secret in it is wrong. */
export function sendNotFound(reply: FastifyReply): FastifyReply {
  return sendProblem(reply, 'not-found', {
    detail: 'there is nothing at this address; check the project and the secret of the hook URL',
  })
}
