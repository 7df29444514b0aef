import { type Static, type TSchema, Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import type { Tools } from '../contract/connector.ts'
import { isSuccess } from '../kit/answer.ts'
import { createCalls } from '../kit/calls.ts'
import { isWebPage } from '../kit/web-page.ts'
import type { Place } from './place.ts'
import { notTheApi, refused } from './refusal.ts'
import type { ProjectStates } from './states.ts'

/**
 * help.lighthouseapp.com/kb/api; the shapes as in the recorded answers of taskmapper-lighthouse and in
 * nwidger/lighthouse. Even a GET needs a Content-Type: without one Lighthouse answers 500.
 */
export interface Api {
  // Null: it does not exist, or the token may not see it.
  me(): Promise<User>
  project(): Promise<Project | null>
  members(): Promise<readonly number[]>
  ticket(number: string): Promise<LighthouseTicket | null>
  bin(id: string): Promise<Bin | null>
  /** Pages count from 1 and have at most `TICKETS_A_PAGE` tickets. */
  tickets(query: string, page: number): Promise<readonly ListedTicket[] | null>
  /** Makes one new version of the ticket; false if there is no such ticket. */
  update(number: string, fields: TicketFields): Promise<boolean>
}

export interface TicketFields {
  readonly title?: string | null
  readonly state?: string
  readonly assigned_user_id?: number | null
  readonly milestone_id?: number | null
  readonly tag?: string | null
  /** Each body becomes a new note, so one that was read must never be sent back. */
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
    Type.Array(
      Type.Object({
        body: Nullable(Type.String()),
        user_id: Nullable(Type.Integer()),
        created_at: Nullable(Type.String()),
      }),
    ),
  ),
})
export type LighthouseTicket = Static<typeof LighthouseTicket>
const TicketAnswer = Type.Object({ ticket: LighthouseTicket })

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
/** In 2010 a ticket stood in the list itself, later in an object of its own. */
const TicketsAnswer = Type.Object({
  tickets: Type.Array(Type.Union([Type.Object({ ticket: ListedTicket }), ListedTicket])),
})

/** The maximum (nwidger/lighthouse: 30 unless asked, 100 at most). */
export const TICKETS_A_PAGE = 100

/** A ticket comes with its whole history, each note twice (as text and as HTML). */
const MAX_TICKET_BYTES = 16 * 1024 * 1024
const MAX_ANSWER_BYTES = 1024 * 1024

/** @param turn resolves when the next request may be sent */
export function createApi(
  { base, project, token }: Place,
  { send, now }: Pick<Tools, 'send' | 'now'>,
  turn: () => Promise<void>,
): Api {
  const inProject = `/projects/${project}`
  const login = token === '' ? {} : { 'x-lighthousetoken': token }
  const calls = createCalls({
    target: 'Lighthouse',
    base,
    tools: { send },
    maxBytes: MAX_ANSWER_BYTES,
    headers: () => ({ 'content-type': 'application/json', accept: 'application/json', ...login }),
    turn,
    refused: (answer, isWrite) => refused(answer, isWrite, now()),
    foreign: ({ status }) => notTheApi(status),
  })

  async function get<S extends TSchema>(path: string, schema: S, maxBytes?: number): Promise<Static<S> | null> {
    const answer = await calls.ask(path, maxBytes === undefined ? {} : { maxBytes })
    if (isGone(answer)) return null
    if (answer.status === 200 && isWebPage(answer)) throw notTheApi(answer.status)
    return calls.understood(answer, schema).value
  }

  return {
    async me() {
      const answer = await get('/profile.json', UserAnswer)
      if (answer === null) throw notTheApi(404)
      return answer.user
    },
    async project() {
      const answer = await get(`${inProject}.json`, ProjectAnswer)
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
      const answer = await get(`${inProject}/memberships.json`, MembersAnswer)
      return (answer?.memberships ?? []).map(({ membership }) => membership.user_id)
    },
    async ticket(number) {
      return (await get(`${inProject}/tickets/${number}.json`, TicketAnswer, MAX_TICKET_BYTES))?.ticket ?? null
    },
    async bin(id) {
      return (await get(`${inProject}/bins/${id}.json`, BinAnswer))?.ticket_bin ?? null
    },
    async tickets(query, page) {
      const asked = new URLSearchParams({ q: query, limit: String(TICKETS_A_PAGE), page: String(page) })
      const answer = await get(`${inProject}/tickets.json?${asked}`, TicketsAnswer, MAX_TICKET_BYTES)
      return answer === null ? null : answer.tickets.map((each) => ('ticket' in each ? each.ticket : each))
    },
    async update(number, fields) {
      const answer = await calls.write('PUT', `${inProject}/tickets/${number}.json`, { ticket: fields })
      if (isGone(answer)) return false
      if (!isSuccess(answer)) throw refused(answer, true, now())
      // Lighthouse answers a write with an empty body or with JSON.
      if (isWebPage(answer)) throw notTheApi(answer.status, 'in doubt')
      return true
    },
  }
}

function isGone({ status }: Response): boolean {
  return status === 404 || status === 410
}

function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
}
