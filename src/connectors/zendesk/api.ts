import { type Static, Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import type { Tools } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { jsonAs } from '../kit/answer.ts'
import { type Calls, createCalls } from '../kit/calls.ts'
import type { Authorizer } from '../kit/oauth/authorizer.ts'
import type { Place } from './place.ts'
import { foreign, refused, refusedLogin, ticketGone, ticketHidden } from './refusal.ts'

// developer.zendesk.com, Ticketing API
const User = Type.Object({
  /** null for the anonymous user, which Zendesk shows without a login */
  id: Type.Union([Type.Integer(), Type.Null()]),
  name: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  role: Type.String(),
  active: Type.Optional(Type.Boolean()),
  suspended: Type.Optional(Type.Boolean()),
  only_private_comments: Type.Optional(Type.Boolean()),
  ticket_restriction: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})
export type User = Static<typeof User>
const UserAnswer = Type.Object({ user: User })

const Ticket = Type.Object({ id: Type.Integer(), status: Type.String(), updated_at: Type.String() })
export type Ticket = Static<typeof Ticket>
const TicketAnswer = Type.Object({ ticket: Ticket })

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

const TicketList = Type.Object({ tickets: Type.Array(Type.Unknown()) })

const Updated = Type.Object({
  ticket: Ticket,
  audit: Type.Object({
    events: Type.Array(Type.Object({ id: Type.Integer(), type: Type.String(), public: Type.Optional(Type.Boolean()) })),
  }),
})

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
  /** Zendesk's time. */
  readonly clock: Date | null
}

export interface Api {
  me(): Promise<User>
  /** @throws {DeliveryError} `dead` if there is no such ticket */
  ticket(id: string): Promise<Ticket>
  comments(ticketId: string, cursor: string | null): Promise<CommentPage>
  /** Resolves with any answer but 401. */
  update(ticketId: string, update: Update): Promise<Response>
  /** Whether the user may read any ticket at all. */
  mayReadTickets(): Promise<boolean>
}

/** An answer repeats the comment in several forms, each of up to 64 KiB. */
const MOST_OF_AN_ANSWER = 4 * 1024 * 1024
const COMMENTS_PER_PAGE = 10

export function zendeskCalls({ origin, login }: Place, authorizer: Authorizer, { send, now }: Tools): Calls {
  return createCalls({
    target: 'Zendesk',
    base: `${origin}/api/v2/`,
    tools: { send },
    maxBytes: MOST_OF_AN_ANSWER,
    headers: async () => ({ accept: 'application/json', authorization: await authorizer.header() }),
    renew: ({ authorization = '' }) => authorizer.renew(authorization),
    refused: (answer) => refused(answer, login, now()),
    foreign: (answer) => foreign(answer, origin),
  })
}

export function createApi(calls: Calls, { origin, login }: Place): Api {
  async function mayReadTickets(): Promise<boolean> {
    const answer = await calls.ask('tickets.json?page%5Bsize%5D=1')
    if (answer.status === 403) return false
    calls.understood(answer, TicketList)
    return true
  }

  return {
    async me() {
      const answer = await calls.ask('users/me.json')
      if (answer.status === 404)
        throw new DeliveryError('hold', `${origin} is not a Zendesk; check url`, { status: 404, setting: 'url' })
      if (answer.status === 403)
        throw new DeliveryError(
          'hold',
          'Zendesk does not show who is logged in; give the OAuth token the scope users:read, or allow the user to use the API',
          { status: 403 },
        )
      return calls.understood(answer, UserAnswer).value.user
    },
    async ticket(id) {
      const answer = await calls.ask(`tickets/${id}.json`)
      if (answer.status === 404) throw ticketGone(id)
      if (answer.status === 403) throw ticketHidden(id, await mayReadTickets())
      return calls.understood(answer, TicketAnswer).value.ticket
    },
    async comments(ticketId, cursor) {
      const query = new URLSearchParams({ sort: '-created_at', 'page[size]': String(COMMENTS_PER_PAGE) })
      if (cursor !== null) query.set('page[after]', cursor)
      const answer = await calls.ask(`tickets/${ticketId}/comments.json?${query}`)
      if (answer.status === 404) throw ticketGone(ticketId)
      const { value, clock } = calls.understood(answer, Comments)
      const { comments, meta } = value
      return { comments, next: meta.has_more ? (meta.after_cursor ?? null) : null, clock }
    },
    async update(ticketId, update) {
      const answer = await calls.write('PUT', `tickets/${ticketId}.json`, { ticket: update })
      if (answer.status === 401) throw refusedLogin(login)
      return answer
    },
    mayReadTickets,
  }
}

/** Null if the answer does not name the comment, or is about another ticket. */
export function addedComment(answer: Response, ticketId: string): { readonly id: number; public?: boolean } | null {
  const updated = answer.truncated ? null : jsonAs(answer, Updated)
  if (updated === null || String(updated.ticket.id) !== ticketId) return null
  return updated.audit.events.find(({ type }) => type === 'Comment') ?? null
}
