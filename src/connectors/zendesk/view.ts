import { type Static, type TSchema, Type } from 'typebox'
import type { Response } from '../../http/send.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import type { Calls } from '../kit/calls.ts'
import { settingError } from '../kit/setting-error.ts'
import { type Login, remedy } from './login.ts'
import { missingScopes } from './refusal.ts'

/** What Zendesk tells of a view and its tickets; developer.zendesk.com, Ticketing API, "Views" and "Tickets". */
const Text = Type.Union([Type.String(), Type.Null()])
const ViewTicket = Type.Object({
  id: Type.Integer(),
  subject: Type.Optional(Text),
  /** The first comment, as plain text. */
  description: Type.Optional(Text),
  /** problem, incident, question or task; null if nobody has chosen */
  type: Type.Optional(Text),
  requester_id: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  created_at: Type.Optional(Text),
})
export type ViewTicket = Static<typeof ViewTicket>

const Person = Type.Object({ id: Type.Integer(), name: Type.Optional(Text) })
export type Person = Static<typeof Person>

const Tickets = Type.Object({
  tickets: Type.Array(ViewTicket),
  /** Only if Zendesk sideloads them. */
  users: Type.Optional(Type.Array(Person)),
  meta: Type.Object({ has_more: Type.Boolean(), after_cursor: Type.Optional(Text) }),
})

const Record = Type.Object({ view: Type.Object({ title: Type.String(), active: Type.Optional(Type.Boolean()) }) })
/** The value is null until Zendesk has counted. */
const Count = Type.Object({ view_count: Type.Object({ value: Type.Union([Type.Integer(), Type.Null()]) }) })
const People = Type.Object({ users: Type.Array(Person) })

export interface ViewPage {
  readonly tickets: readonly ViewTicket[]
  /** The requesters, as far as they came with the tickets. */
  readonly people: readonly Person[]
  /** The cursor of the next page; null at the end. */
  readonly next: string | null
}

export interface View {
  page(cursor: string | null, size?: number): Promise<ViewPage>
  record(): Promise<{ readonly title: string; readonly active: boolean }>
  /** How many tickets it shows; null if Zendesk has not counted them yet. */
  count(): Promise<number | null>
  /** Users by their ids, at most 100; null if the login may not see users. */
  people(ids: readonly number[]): Promise<readonly Person[] | null>
}

/** The most that Zendesk puts on a page. */
export const PAGE_SIZE = 100
/** A description may have 64 KiB, and fields of an account's own come with each ticket. */
const MOST_OF_A_PAGE = 24 * 1024 * 1024

export function createView(calls: Calls, id: string, login: Login): View {
  const ask = (path: string): Promise<Response> => calls.ask(path, { maxBytes: MOST_OF_A_PAGE })

  /** @throws {DeliveryError} if the view is not shown */
  async function get<S extends TSchema>(path: string, schema: S): Promise<Static<S>> {
    const answer = await ask(path)
    const scopes = missingScopes(answer)
    if (scopes !== null)
      throw settingError(
        remedy(login).setting,
        `Zendesk does not show views to the OAuth token; give it the scope ${scopes}`,
        { status: 403 },
      )
    if (answer.status === 403)
      throw settingError(
        'view_id',
        `Zendesk does not show view ${id} to its user; share the view with everybody or with a group of the user, or set another view_id`,
        { status: 403 },
      )
    if (answer.status === 404)
      throw settingError(
        'view_id',
        `Zendesk has no view ${id} that its user can see; take the number of view_id from the view's address, /agent/filters/25`,
        { status: 404 },
      )
    return calls.understood(answer, schema).value
  }

  return {
    async page(cursor, size = PAGE_SIZE) {
      const query = new URLSearchParams({ 'page[size]': String(size), include: 'users' })
      if (cursor !== null) query.set('page[after]', cursor)
      const { tickets, users, meta } = await get(`views/${id}/tickets.json?${query}`, Tickets)
      const next = meta.has_more ? (meta.after_cursor ?? null) : null
      if (meta.has_more && (next === null || next === cursor))
        throw new DeliveryError('retry', `Zendesk does not say how the tickets of view ${id} go on`, { status: 200 })
      return { tickets, people: users ?? [], next }
    },
    async record() {
      const { view } = await get(`views/${id}.json`, Record)
      return { title: view.title, active: view.active ?? true }
    },
    async count() {
      return (await get(`views/${id}/count.json`, Count)).view_count.value
    },
    async people(ids) {
      const answer = await ask(`users/show_many.json?ids=${ids.join(',')}`)
      return answer.status === 403 ? null : calls.understood(answer, People).value.users
    },
  }
}
