import { isoTime } from '../../tracker/times.ts'
import type { ExternalStory, StoryTypes } from '../contract/connector.ts'
import { DeliveryError } from '../contract/delivery-error.ts'
import { pagesByCursor } from '../kit/pages.ts'
import { type ReadAgainTools, readAgain } from '../kit/read-again.ts'
import { unfit } from './agent.ts'
import type { Api } from './api.ts'
import { PAGE_SIZE, type View, type ViewPage, type ViewTicket } from './view.ts'

/** What customers report is a bug until somebody says otherwise, whatever type its ticket has. */
export const storyTypes: StoryTypes = { byType: {}, otherwise: 'bug' }

/** Names that are kept while a view is read. Most requesters have several tickets. */
const MOST_NAMES = 5000
const LONGEST_NAME = 200

type Names = ReadonlyMap<number, string>

/** The tickets of the view as they are now, in its order. @throws {DeliveryError} */
export async function* stories(
  view: View,
  api: Pick<Api, 'me'>,
  tools: ReadAgainTools,
): AsyncGenerator<readonly ExternalStory[]> {
  const namesOf = createNames(view, tools)

  async function read(cursor: string | null) {
    const page = await readAgain(tools, () => view.page(cursor))
    return { page, names: await namesOf(page) }
  }

  let isFirst = true
  for await (const { page, names } of pagesByCursor(read, ({ page }) => page.next)) {
    // A view with nothing in it looks the same to a visitor.
    if (isFirst && page.tickets.length === 0 && page.next === null) await proveLogin(api, tools)
    isFirst = false
    if (page.tickets.length > 0) yield page.tickets.map((ticket) => storyOf(ticket, names))
  }
}

async function proveLogin(api: Pick<Api, 'me'>, tools: ReadAgainTools): Promise<void> {
  const problem = unfit(await readAgain(tools, () => api.me()))
  if (problem !== null) throw new DeliveryError('hold', problem)
}

/** The names of a page's requesters: from the page if they come with it, else asked for. */
function createNames(view: View, tools: ReadAgainTools): (page: ViewPage) => Promise<Names> {
  const known = new Map<number, string>()
  let tells = true

  return async ({ tickets, people }) => {
    if (known.size > MOST_NAMES) known.clear()
    for (const { id, name } of people) known.set(id, name ?? '')
    const requesters = new Set(tickets.flatMap(({ requester_id: id }) => (id === null || id === undefined ? [] : [id])))
    const unknown = [...requesters].filter((id) => !known.has(id))
    for (let from = 0; tells && from < unknown.length; from += PAGE_SIZE) {
      const ids = unknown.slice(from, from + PAGE_SIZE)
      const found = await readAgain(tools, () => view.people(ids))
      if (found === null) {
        tells = false
        tools.log.debug({}, 'the login may not see users, so the tickets have no requesters')
      }
      // A user who is missing was deleted, and is not asked for again.
      for (const id of ids) known.set(id, found?.find((each) => each.id === id)?.name ?? '')
    }
    return new Map([...requesters].map((id) => [id, known.get(id) ?? '']))
  }
}

function storyOf(ticket: ViewTicket, names: Names): ExternalStory {
  const description = ticket.description ?? ''
  const created = isoTime(ticket.created_at ?? '')
  return {
    externalId: String(ticket.id),
    name: ticket.subject?.trim() || firstLine(description) || `Ticket ${ticket.id}`,
    description,
    requestedBy: names.get(ticket.requester_id ?? 0) ?? '',
    createdAt: created === null ? null : new Date(created),
    type: ticket.type ?? null,
    estimate: null,
  }
}

/** Tickets that come by chat or telephone have no subject. */
function firstLine(text: string): string {
  const line = text.split(/[\r\n]+/).find((each) => each.trim() !== '')
  return [...(line ?? '').trim()].slice(0, LONGEST_NAME).join('')
}
