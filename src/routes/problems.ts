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

const problem = (status: number, title: string, when: string): ProblemType => ({ status, title, when })

/** By code, which ends the `type` and never changes. */
export const PROBLEMS = {
  'bad-request': problem(400, NOT_READ, 'The bytes are not an HTTP request, or the body is not what its headers say.'),
  empty: problem(400, NOT_TAKEN, 'The body is empty.'),
  encoding: problem(400, NOT_TAKEN, 'The body is not text in an encoding that the relay reads.'),
  'not-an-activity': problem(400, NOT_TAKEN, 'The body is neither XML nor JSON of an activity.'),
  syntax: problem(400, NOT_TAKEN, 'The XML or JSON is not well-formed.'),
  doctype: problem(400, NOT_TAKEN, 'The XML has a document type declaration.'),
  'too-deep': problem(400, NOT_TAKEN, 'The XML or JSON is nested too deeply.'),
  list: problem(400, NOT_TAKEN, 'The body is a list, and too long, or nothing in it can be taken.'),
  'missing-field': problem(400, NOT_TAKEN, 'The activity lacks a field that every activity has.'),
  'bad-field': problem(400, NOT_TAKEN, 'A field of the activity has a value that it cannot have.'),
  incomplete: problem(400, NOT_TAKEN, 'The body broke off before its end.'),
  'bad-parameter': problem(
    400,
    NOT_READ,
    'A parameter or a field of a request to the admin API is unknown, missing, or has a value that it cannot have; `detail` names it.',
  ),
  unauthorized: problem(
    401,
    'A login or a token is needed',
    'The login or the token is missing or wrong; `www-authenticate` tells which is expected.',
  ),
  signature: problem(
    401,
    'Not signed by the tool',
    'The hook belongs to a tool that signs its requests, and the signature is missing, wrong or too old. The body is kept.',
  ),
  forbidden: problem(403, 'Not allowed', 'The token has the role `read`, and the request needs the role `operate`.'),
  'not-found': problem(404, 'Not found', 'There is nothing at this address, or the secret in it is wrong.'),
  'wrong-path': problem(
    404,
    'Not the address of a hook',
    "The path goes on behind a hook's secret. A body that came is kept.",
  ),
  'method-not-allowed': problem(
    405,
    'Not the method of a hook',
    'The address of the hook is right, but it takes POST only. A body that came is kept.',
  ),
  conflict: problem(
    409,
    'Not possible now',
    'What the request to the admin API is about is in a state that does not allow it.',
  ),
  'too-slow': problem(
    408,
    NOT_READ,
    'The request took longer than `server.request_timeout_seconds`, or its headers than `server.header_timeout_seconds`.',
  ),
  'too-large': problem(413, NOT_TAKEN, 'The activity is over `server.body_limit_bytes`.'),
  'body-too-large': problem(413, NOT_READ, 'The body of a request other than a hook is too large.'),
  'content-encoding': problem(415, NOT_TAKEN, 'The body of the activity is compressed.'),
  'unsupported-media-type': problem(
    415,
    NOT_READ,
    'The body of a request other than a hook has a content type that is not accepted there.',
  ),
  'wrong-host': problem(
    421,
    'Not a name of the relay',
    'The `Host` header of a request to the admin API is none of those that are allowed (`admin.hosts`).',
  ),
  'wrong-project': problem(422, NOT_TAKEN, 'The activity belongs to another project than the hook.'),
  expression: problem(
    422,
    NOT_TAKEN,
    'The expression of the source fails on the body, takes too long, or makes something of it that is not an activity; `detail` names the place. The body is kept.',
  ),
  'too-many-requests': problem(
    429,
    'Too many requests',
    'The address or the project is over its limit (`server.rate_limit`).',
  ),
  'headers-too-large': problem(431, NOT_READ, 'The headers are over 16 KiB.'),
  internal: problem(500, 'The relay made a mistake', 'A bug in the relay; the log has the error.'),
  'source-failed': problem(502, NO_TICKETS, 'The source of an import failed, and there is no earlier list to show.'),
  'tool-failed': problem(
    502,
    "The project's tool cannot be asked",
    'The API of the tool that a project belongs to gave no usable answer when it was asked for what its hook missed.',
  ),
  'source-slow': problem(
    502,
    NO_TICKETS,
    'The source of an import has sent no ticket yet, and there is no earlier list to show.',
  ),
  store: problem(
    503,
    'Nobody knows which tickets are linked',
    'An import has `exclude_linked`, and the database cannot be read.',
  ),
  'store-busy': problem(503, NOT_STORED, 'Another process holds the database.'),
  'store-full': problem(503, NOT_STORED, 'The disk or the database is full.'),
  'store-unavailable': problem(503, NOT_STORED, 'The database cannot be reached or written.'),
  'store-overloaded': problem(
    503,
    NOT_STORED,
    'More activities are waiting to be stored than the relay keeps in memory.',
  ),
  'store-stopping': problem(503, NOT_STORED, 'The relay stopped before the activity was stored.'),
  database: problem(
    503,
    'The database cannot be used now',
    'A request to the admin API needs the database, and it is busy, full, or cannot be reached.',
  ),
  stopping: problem(
    503,
    'The relay is stopping or reloading',
    'The relay is stopping, or the settings of an import have just been changed.',
  ),
} satisfies Readonly<Record<string, ProblemType>>

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
  signature: 'signature',
  expression: 'expression',
  incomplete: 'incomplete',
  'wrong method': 'method-not-allowed',
  'wrong path': 'wrong-path',
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

export function typeOf(code: ProblemCode): string {
  return `urn:tracker-relay:${code}`
}

export function problemBody(code: ProblemCode, detail: string): string {
  const { title, status } = PROBLEMS[code]
  return JSON.stringify({ type: typeOf(code), title, status, detail })
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
