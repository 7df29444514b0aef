import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Response, Send } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { noAnswer, noAnswerToRead } from '../kit/answer.ts'
import type { Access } from './access.ts'
import type { Login } from './login.ts'
import { refusedLogin, refusedRead, ticketGone } from './refusal.ts'

/** The parts of Zendesk's records that are read here; developer.zendesk.com, Ticketing API. */
const User = Type.Object({
  /** null for the anonymous user, whom Zendesk answers without a login */
  id: Type.Union([Type.Integer(), Type.Null()]),
  name: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  role: Type.String(),
  active: Type.Optional(Type.Boolean()),
  suspended: Type.Optional(Type.Boolean()),
  only_private_comments: Type.Optional(Type.Boolean()),
  ticket_restriction: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})
export type User = Static<typeof User>

const Ticket = Type.Object({ id: Type.Integer(), status: Type.String(), updated_at: Type.String() })
export type Ticket = Static<typeof Ticket>

const Comment = Type.Object({
  id: Type.Integer(),
  author_id: Type.Integer(),
  body: Type.String(),
  plain_body: Type.Optional(Type.String()),
  public: Type.Boolean(),
  created_at: Type.String(),
})
export type Comment = Static<typeof Comment>

const Comments = Type.Object({
  comments: Type.Array(Comment),
  meta: Type.Object({
    has_more: Type.Boolean(),
    after_cursor: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  }),
})

const Updated = Type.Object({
  ticket: Ticket,
  audit: Type.Object({
    events: Type.Array(Type.Object({ id: Type.Integer(), type: Type.String(), public: Type.Optional(Type.Boolean()) })),
  }),
})
export type Updated = Static<typeof Updated>

export interface Update {
  readonly comment: { readonly html_body: string; readonly public: false }
  readonly status?: 'open'
  readonly safe_update: true
  readonly updated_stamp: string
}

export interface CommentPage {
  readonly comments: readonly Comment[]
  /** The cursor of the next page; null at the end. */
  readonly next: string | null
  /** What the clock at Zendesk showed; null when it did not say. */
  readonly answeredAt: Date | null
}

export interface Api {
  me(): Promise<User>
  /** @throws {DeliveryError} 'dead' when there is no such ticket */
  ticket(id: string): Promise<Ticket>
  /** The newest comments first. */
  comments(ticketId: string, cursor: string | null): Promise<CommentPage>
  /** Sends the one write. The answer is given back whatever its status, but for 401. */
  update(ticketId: string, update: Update): Promise<Response>
  /** An answer whatever its status, but for 401; the path begins below /api/v2/. */
  get(path: string, mostBytes: number): Promise<Response>
  /** @throws {DeliveryError} for an answer that is no success or not of this form */
  read<S extends TSchema>(schema: S, what: string, answer: Response): Static<S>
  /** The answer to an attempt to see any ticket: tells rights apart from one ticket's. */
  mayReadTickets(): Promise<boolean>
}

/** An answer repeats the comment in several forms, each of up to 64 KiB. */
const MOST_OF_AN_ANSWER = 4 * 1024 * 1024
const COMMENTS_PER_PAGE = 10

export interface ApiParts {
  readonly origin: string
  readonly login: Login
  readonly access: Access
  readonly send: Send
  readonly now: () => Date
}

export function createApi({ origin, login, access, send, now }: ApiParts): Api {
  async function once(authorization: string, path: string, body: string | null, maxBytes: number): Promise<Response> {
    const headers = { accept: 'application/json', authorization }
    const url = `${origin}/api/v2/${path}`
    if (body === null) return await send({ method: 'GET', url, headers, maxBytes }).catch(noAnswerToRead)
    return await send({
      method: 'PUT',
      url,
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      maxBytes,
    }).catch(noAnswer)
  }

  /** A 401 was not worked on, so a request may follow it, a write too: still only one has an effect. */
  async function call(
    path: string,
    body: string | null = null,
    maxBytes: number = MOST_OF_AN_ANSWER,
  ): Promise<Response> {
    const authorization = await access.header()
    const answer = await once(authorization, path, body, maxBytes)
    if (answer.status !== 401) return answer
    if (!access.renew(authorization)) throw refusedLogin(login)
    const second = await once(await access.header(), path, body, maxBytes)
    if (second.status === 401) throw refusedLogin(login)
    return second
  }

  function read<S extends TSchema>(schema: S, what: string, answer: Response): Static<S> {
    if (answer.status !== 200) throw refusedRead(what, answer, now())
    if (answer.truncated)
      throw new DeliveryError('retry', `Zendesk: ${what} broke off, or is longer than is read`, {
        status: answer.status,
        targetDown: true,
      })
    const value = jsonOf(answer)
    if (Value.Check(schema, value)) return value
    throw new DeliveryError('hold', `Zendesk: ${origin} does not answer as a Zendesk does (${what}); check url`, {
      status: answer.status,
    })
  }

  async function mayReadTickets(): Promise<boolean> {
    const answer = await call('tickets.json?page%5Bsize%5D=1')
    if (answer.status === 403) return false
    read(Type.Object({ tickets: Type.Array(Type.Unknown()) }), 'the list of tickets', answer)
    return true
  }

  return {
    async me() {
      const answer = await call('users/me.json')
      if (answer.status === 404)
        throw new DeliveryError('hold', `there is no Zendesk at ${origin}; check url`, { status: 404 })
      if (answer.status === 403)
        throw new DeliveryError(
          'hold',
          'Zendesk does not tell who is logged in: give the OAuth token the scope users:read, or allow the user to use the API',
          { status: 403 },
        )
      return read(Type.Object({ user: User }), 'who is logged in', answer).user
    },
    async ticket(id) {
      const answer = await call(`tickets/${id}.json`)
      if (answer.status === 404) throw ticketGone(id)
      if (answer.status === 403) throw hiddenTicket(id, await mayReadTickets())
      return read(Type.Object({ ticket: Ticket }), `ticket ${id}`, answer).ticket
    },
    async comments(ticketId, cursor) {
      const query = new URLSearchParams({ sort: '-created_at', 'page[size]': String(COMMENTS_PER_PAGE) })
      if (cursor !== null) query.set('page[after]', cursor)
      const answer = await call(`tickets/${ticketId}/comments.json?${query}`)
      if (answer.status === 404) throw ticketGone(ticketId)
      const { comments, meta } = read(Comments, `the comments of ticket ${ticketId}`, answer)
      const next = meta.has_more ? (meta.after_cursor ?? null) : null
      return { comments, next, answeredAt: dateOf(answer.headers.date) }
    },
    async update(ticketId, update) {
      return await call(`tickets/${ticketId}.json`, JSON.stringify({ ticket: update }))
    },
    mayReadTickets,
    get: (path, mostBytes) => call(path, null, mostBytes),
    read,
  }
}

/** The answer to an update that Zendesk took; null when it is not whole or not of Zendesk's form. */
export function updatedOf(answer: Response): Updated | null {
  const value = jsonOf(answer)
  return Value.Check(Updated, value) ? value : null
}

function hiddenTicket(id: string, mayReadOthers: boolean): DeliveryError {
  return mayReadOthers
    ? new DeliveryError(
        'dead',
        `Zendesk hides ticket ${id} from its user; give that user access to the ticket's group`,
        {
          status: 403,
        },
      )
    : new DeliveryError(
        'hold',
        'Zendesk does not let its user read tickets; give an OAuth token the scopes tickets:read and tickets:write, or the user the role of an agent',
        { status: 403 },
      )
}

function jsonOf(answer: Response): unknown {
  if (answer.truncated) return null
  try {
    return answer.json()
  } catch {
    return null
  }
}

function dateOf(header: string | undefined): Date | null {
  const at = Date.parse(header ?? '')
  return Number.isNaN(at) ? null : new Date(at)
}
