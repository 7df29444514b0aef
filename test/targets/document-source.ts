import { type Answer, type Recorded, type StandIn, startStandIn } from '../../src/stand-ins/stand-in.ts'

/**
 * A program of somebody's own that gives tickets away as documents: XML, JSON, a feed, CSV. It knows some addresses,
 * answers 404 to all others, and may want a login.
 */

export interface DocumentSourceOptions {
  /** By path and query, as they are asked for: "/tickets?page=2". */
  readonly documents: Readonly<Record<string, Answer | string>>
  /** The Authorization header that is asked for; without it everybody may read. */
  readonly authorization?: string
  /** What is answered without it, or with another one. */
  readonly refusal?: Answer
}

const challenge: Answer = {
  status: 401,
  headers: { 'www-authenticate': 'Basic realm="tickets"', 'content-type': 'text/plain' },
  body: 'who are you?',
}

export async function startDocumentSource(options: DocumentSourceOptions): Promise<StandIn> {
  function handle(request: Recorded): Answer {
    if (request.method !== 'GET' || request.body.length > 0) return { status: 405, headers: { allow: 'GET' } }
    if (options.authorization !== undefined && request.headers.authorization !== options.authorization)
      return options.refusal ?? challenge
    const query = request.query.size === 0 ? '' : `?${request.query}`
    const found = options.documents[`${request.path}${query}`]
    if (found === undefined)
      return { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>Not found</h1>' }
    return typeof found === 'string' ? { status: 200, body: found } : found
  }
  return await startStandIn(handle)
}
