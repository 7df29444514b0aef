import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Request, Response, Send } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { noAnswer, noAnswerToRead } from '../kit/answer.ts'
import { notTheApi, refused } from './refusal.ts'
import type { ProjectStates } from './states.ts'

/**
 * The calls, in JSON (help.lighthouseapp.com/kb/api; the shapes as in the recorded answers of taskmapper-lighthouse and
 * in nwidger/lighthouse). Every request carries a Content-Type, a GET too: without one Lighthouse answers 500.
 */
export interface Api {
  /** Whose token it is. */
  me(): Promise<User>
  /** null when there is no such project, or none that the token may see */
  project(): Promise<Project | null>
  /** The users who are members of the project. */
  members(): Promise<readonly number[]>
  /** What the token may do; null when Lighthouse does not tell. */
  grant(): Promise<Grant | null>
  /** null when there is no such ticket in the project */
  ticket(number: string): Promise<LighthouseTicket | null>
  /** null when there is no such bin in the project, or none that the token may see */
  bin(id: string): Promise<Bin | null>
  /** A page (from 1 on) of what a query finds, at most `TICKETS_A_PAGE` of them; null when there is no such project */
  tickets(query: string, page: number): Promise<readonly ListedTicket[] | null>
  /** Makes one new version of the ticket. Resolves to false when there is no such ticket. */
  update(number: string, fields: TicketFields): Promise<boolean>
}

export interface TicketFields {
  readonly title?: string | null
  readonly state?: string
  readonly assigned_user_id?: number | null
  readonly milestone_id?: number | null
  readonly tag?: string | null
  /** Each body is a new note: the one that was read must never be sent back. */
  readonly body?: string
}

export interface Project extends ProjectStates {
  readonly name: string
  readonly archived: boolean
}

const Nullable = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]))

const User = Type.Object({ id: Type.Integer(), name: Nullable(Type.String()) })
export type User = Static<typeof User>
const UserAnswer = Type.Object({ user: User })

const Grant = Type.Object({ read_only: Nullable(Type.Boolean()), project_id: Nullable(Type.Integer()) })
export type Grant = Static<typeof Grant>
const GrantAnswer = Type.Object({ token: Grant })

const MembersAnswer = Type.Object({
  memberships: Type.Array(Type.Object({ membership: Type.Object({ user_id: Type.Integer() }) })),
})

const ProjectAnswer = Type.Object({
  project: Type.Object({
    name: Nullable(Type.String()),
    archived: Nullable(Type.Boolean()),
    open_states_list: Type.String(),
    closed_states_list: Type.String(),
  }),
})

const LighthouseTicket = Type.Object({
  title: Nullable(Type.String()),
  state: Type.String(),
  assigned_user_id: Nullable(Type.Integer()),
  milestone_id: Nullable(Type.Integer()),
  tag: Nullable(Type.String()),
  versions: Type.Optional(
    Type.Array(Type.Object({ body: Nullable(Type.String()), user_id: Nullable(Type.Integer()) })),
  ),
})
export type LighthouseTicket = Static<typeof LighthouseTicket>
const TicketAnswer = Type.Object({ ticket: LighthouseTicket })

/** A saved search. */
const Bin = Type.Object({
  name: Nullable(Type.String()),
  query: Nullable(Type.String()),
  tickets_count: Nullable(Type.Integer({ minimum: 0 })),
})
export type Bin = Static<typeof Bin>
const BinAnswer = Type.Object({ ticket_bin: Bin })

const ListedTicket = Type.Object({
  number: Type.Integer(),
  title: Nullable(Type.String()),
  original_body: Nullable(Type.String()),
  creator_name: Nullable(Type.String()),
  created_at: Nullable(Type.String()),
  tag: Nullable(Type.String()),
})
export type ListedTicket = Static<typeof ListedTicket>
/** Each ticket by itself in 2010, in an object of its own later. */
const TicketsAnswer = Type.Object({
  tickets: Type.Array(Type.Union([Type.Object({ ticket: ListedTicket }), ListedTicket])),
})

/** The most that Lighthouse gives (nwidger/lighthouse: 30 unless asked, 100 at most). */
export const TICKETS_A_PAGE = 100

/** A ticket comes with its whole history, each note twice (as text and as HTML). */
const MAX_TICKET_BYTES = 16 * 1024 * 1024
const MAX_ANSWER_BYTES = 1024 * 1024

export interface ApiParts {
  readonly base: string
  readonly project: string
  /** empty: nobody, who may read a public account */
  readonly token: string
  readonly send: Send
  readonly now: () => Date
  readonly pace: () => Promise<void>
}

export function createApi({ base, project, token, send, now, pace }: ApiParts): Api {
  const inProject = `/projects/${project}`

  function request(method: Request['method'], path: string, query = ''): Request {
    const login = token === '' ? {} : { 'x-lighthousetoken': token }
    return {
      method,
      url: `${base}${path}.json${query}`,
      headers: { 'content-type': 'application/json', accept: 'application/json', ...login },
      maxBytes: MAX_ANSWER_BYTES,
    }
  }

  async function get<S extends TSchema>(
    path: string,
    schema: S,
    { query = '', maxBytes = MAX_ANSWER_BYTES } = {},
  ): Promise<Static<S> | null> {
    await pace()
    const response = await send({ ...request('GET', path, query), maxBytes }).catch(noAnswerToRead)
    if (response.status === 404 || response.status === 410) return null
    if (response.status !== 200) throw refused(response, 'read', now())
    return read(response, schema)
  }

  return {
    async me() {
      const answer = await get('/profile', UserAnswer)
      if (answer === null) throw notTheApi(404)
      return answer.user
    },
    async project() {
      const answer = await get(inProject, ProjectAnswer)
      if (answer === null) return null
      const { name, archived, open_states_list, closed_states_list } = answer.project
      return {
        name: name ?? project,
        archived: archived === true,
        open: listOf(open_states_list),
        closed: listOf(closed_states_list),
      }
    },
    async members() {
      const answer = await get(`${inProject}/memberships`, MembersAnswer)
      return (answer?.memberships ?? []).map(({ membership }) => membership.user_id)
    },
    async grant() {
      return (await get(`/tokens/${encodeURIComponent(token)}`, GrantAnswer))?.token ?? null
    },
    async ticket(number) {
      return (await get(`${inProject}/tickets/${number}`, TicketAnswer, { maxBytes: MAX_TICKET_BYTES }))?.ticket ?? null
    },
    async bin(id) {
      return (await get(`${inProject}/bins/${id}`, BinAnswer))?.ticket_bin ?? null
    },
    async tickets(query, page) {
      const asked = new URLSearchParams({ q: query, limit: String(TICKETS_A_PAGE), page: String(page) })
      const answer = await get(`${inProject}/tickets`, TicketsAnswer, {
        query: `?${asked}`,
        maxBytes: MAX_TICKET_BYTES,
      })
      return answer === null ? null : answer.tickets.map((each) => ('ticket' in each ? each.ticket : each))
    },
    async update(number, fields) {
      await pace()
      const body = JSON.stringify({ ticket: fields })
      const response = await send({ ...request('PUT', `${inProject}/tickets/${number}`), body }).catch(noAnswer)
      if (response.status === 404 || response.status === 410) return false
      if (response.status < 200 || response.status > 299) throw refused(response, 'write', now())
      if (isWebPage(response)) throw notTheApi(response.status, 'in doubt')
      return true
    },
  }
}

function read<S extends TSchema>(response: Response, schema: S): Static<S> {
  if (isWebPage(response)) throw notTheApi(response.status)
  if (response.truncated)
    throw new DeliveryError('retry', 'Lighthouse sent an answer that broke off or is longer than is read', {
      status: response.status,
    })
  const value = parse(response)
  if (!Value.Check(schema, value)) throw notTheApi(response.status)
  return value
}

function parse(response: Response): unknown {
  try {
    return response.json()
  } catch {
    return null
  }
}

/** Lighthouse answers a write with an empty body or with JSON. */
function isWebPage(response: Response): boolean {
  return (
    /html/i.test(response.headers['content-type'] ?? '') ||
    /^\s*<(!doctype|html)/i.test(response.body.subarray(0, 200).toString())
  )
}

function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
}
