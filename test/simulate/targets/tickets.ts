import type { Request } from '../../../src/http/send.ts'
import { simplified } from '../../../src/stand-ins/jira-workflows.ts'
import { type Answer, type Target, textOf } from './target.ts'

interface Comment {
  readonly id: string
  readonly author: typeof ME
  readonly body: string
  readonly created: string
  readonly properties: readonly object[]
}

interface Ticket {
  status: string
  readonly comments: Comment[]
}

/** What a comment's property says of its origin is kept, and shown, or dropped without a word, as older servers do. */
export type Properties = 'kept' | 'dropped'

const ME = { key: 'relay', name: 'relay', displayName: 'Tracker Relay' }
const [FIRST] = simplified.statuses

/** JIRA Server, as far as its connector writes: comments with properties, and a workflow that leads from any status to any. */
export function createTickets(host: string, properties: Properties): Target {
  const tickets = new Map<string, Ticket>()
  let lastId = 0

  function ticketOf(id: string): Ticket {
    const known = tickets.get(id)
    if (known !== undefined) return known
    const ticket: Ticket = { status: FIRST?.id ?? '', comments: [] }
    tickets.set(id, ticket)
    return ticket
  }

  function comments({ comments }: Ticket, query: URLSearchParams): Answer {
    const startAt = Number(query.get('startAt') ?? 0)
    const page = [...comments].reverse().slice(startAt, startAt + Number(query.get('maxResults') ?? 50))
    return { status: 200, body: { startAt, total: comments.length, comments: page } }
  }

  function addComment(ticket: Ticket, given: { body: string; properties?: readonly object[] }, at: number): Answer {
    lastId += 1
    const comment: Comment = {
      id: String(lastId),
      author: ME,
      body: given.body,
      created: new Date(at).toISOString().replace('Z', '+0000'),
      properties: properties === 'kept' ? (given.properties ?? []) : [],
    }
    ticket.comments.push(comment)
    return { status: 201, body: comment, wrote: `comment ${comment.id}` }
  }

  function move(id: string, ticket: Ticket, action: string): Answer {
    const taken = simplified.actions.find((each) => each.id === action)
    if (taken === undefined)
      return { status: 400, body: { errorMessages: ['It seems that you have tried to perform a workflow operation'] } }
    ticket.status = taken.to
    return { status: 204, wrote: `ticket ${id} ${taken.name}` }
  }

  return {
    host,
    handle(request: Request, at) {
      const { pathname, searchParams } = new URL(request.url)
      const isGet = request.method === 'GET'
      if (pathname === '/rest/api/2/myself') return { status: 200, body: ME }
      if (pathname === '/rest/api/2/serverInfo') return { status: 200, body: { deploymentType: 'Server' } }
      const [, id, rest] = /^\/rest\/api\/2\/issue\/(\d+)(\/comment|\/transitions)?$/.exec(pathname) ?? []
      if (id === undefined) return { status: 404, body: { errorMessages: ['Issue Does Not Exist'] } }
      const ticket = ticketOf(id)
      if (rest === undefined) return { status: 200, body: { fields: { status: shown(ticket.status) } } }
      if (rest === '/comment')
        return isGet ? comments(ticket, searchParams) : addComment(ticket, JSON.parse(textOf(request)), at)
      if (isGet) return { status: 200, body: { transitions: OFFERED } }
      return move(id, ticket, JSON.parse(textOf(request)).transition.id)
    },
  }
}

function shown(id: string): object {
  const { name, category } = simplified.statuses.find((each) => each.id === id) ?? { name: '', category: '' }
  return { id, name, statusCategory: { key: category } }
}

const OFFERED = simplified.actions.map(({ id, name, to }) => ({ id, name, to: shown(to), fields: {} }))
