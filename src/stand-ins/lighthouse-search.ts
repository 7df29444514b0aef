import type { TicketRecord } from './lighthouse-ticket.ts'
import type { Answer, Recorded } from './stand-in.ts'

/**
 * The bins and the list of tickets of the Lighthouse stand-in, after help.lighthouseapp.com/kb/api ("Ticket Bins",
 * "Tickets") and the recorded answers of taskmapper-lighthouse (2010) and nwidger/lighthouse (later).
 */

export interface BinSeed {
  readonly id: number
  readonly name?: string
  /** Words of the title, `state:`, `responsible:me` and `sort:`. */
  readonly query: string | null
  /** Default: shared with the project. */
  readonly ownedBy?: number
  /** What Lighthouse last counted; default: nothing is told. */
  readonly ticketsCount?: number
}

export interface ListOptions {
  /** How each ticket is written: by itself in 2010, in an object of its own later. */
  readonly wrapped: boolean
  /** The most tickets of a page. */
  readonly most: number
  /** What comes past the last page. */
  readonly pastTheEnd: 'nothing' | 'the last page again'
}

const DEFAULT_LIMIT = 30

/** Whether the user may see the bin; null for nobody. */
export function seesBin(bin: BinSeed, userId: number | null): boolean {
  return bin.ownedBy === undefined || bin.ownedBy === userId
}

export function binBody(bin: BinSeed, projectId: number): object {
  return {
    default: false,
    id: bin.id,
    name: bin.name ?? 'Open tickets',
    position: 1,
    project_id: projectId,
    query: bin.query,
    shared: bin.ownedBy === undefined,
    tickets_count: bin.ticketsCount ?? null,
    updated_at: '2009-08-21T10:02:21Z',
    user_id: bin.ownedBy ?? 67166,
    global: false,
  }
}

/** The tickets, last changed first, of one page. */
export function listTickets(
  request: Recorded,
  tickets: readonly TicketRecord[],
  closed: ReadonlySet<string>,
  userId: number | null,
  bodyOf: (ticket: TicketRecord) => object,
  { wrapped, most, pastTheEnd }: ListOptions,
): Answer {
  const limit = Math.min(most, number(request.query.get('limit')) ?? DEFAULT_LIMIT)
  const page = number(request.query.get('page')) ?? 1
  const query = request.query.get('q') ?? ''
  const found = tickets.filter((ticket) => fits(query, ticket, closed, userId))
  const last = Math.max(1, Math.ceil(found.length / limit))
  const shown = pastTheEnd === 'nothing' ? page : Math.min(page, last)
  const bodies = found.slice((shown - 1) * limit, shown * limit).map(bodyOf)
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ tickets: wrapped ? bodies.map((ticket) => ({ ticket })) : bodies }),
  }
}

function fits(query: string, ticket: TicketRecord, closed: ReadonlySet<string>, userId: number | null): boolean {
  return query
    .split(/\s+/)
    .filter((word) => word !== '')
    .every((word) => {
      const [, key, value = ''] = /^(state|responsible|sort):(.+)$/.exec(word) ?? []
      if (key === 'sort') return true
      if (key === 'responsible') return value === 'me' && userId !== null && ticket.assigned_user_id === userId
      if (key === 'state' && value === 'open') return !closed.has(ticket.state)
      if (key === 'state') return value === 'closed' ? closed.has(ticket.state) : ticket.state === value
      return ticket.title.includes(word)
    })
}

function number(text: string | null): number | null {
  return text !== null && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : null
}
