import { type BinSeed, binBody, type ListOptions, listTickets, seesBin } from './lighthouse-search.ts'
import type { TicketRecord, Version } from './lighthouse-ticket.ts'
import { type Answer, type Recorded, type StandIn, startStandIn } from './stand-in.ts'

export type { TicketRecord, Version } from './lighthouse-ticket.ts'

/**
 * A Lighthouse account: projects, members, tokens, tickets with their history. Built after help.lighthouseapp.com/kb/api
 * and the recorded answers in the public clients taskmapper-lighthouse (JSON) and nwidger/lighthouse (422, 429).
 */

export interface Token {
  readonly userId: number
  readonly readOnly?: boolean
  readonly projectId?: number
}

export interface ProjectSeed {
  readonly id: number
  readonly name?: string
  readonly openStates?: string
  readonly closedStates?: string
  readonly public?: boolean
  readonly archived?: boolean
  readonly members?: readonly number[]
}

export interface LighthouseOptions {
  readonly users?: Readonly<Record<number, string>>
  readonly tokens?: Readonly<Record<string, Token>>
  readonly projects?: readonly ProjectSeed[]
  /** What an update does to the fields that it does not name: nobody has written it down. */
  readonly omitted?: 'kept' | 'cleared'
  /** What a successful update answers. */
  readonly putAnswer?: 'empty' | 'ticket'
  /** A state that the project does not have. */
  readonly unknownState?: 'refused' | 'ignored'
  /** Some tokens may not ask about themselves. */
  readonly tellsOfProfile?: boolean
  readonly bins?: readonly BinSeed[]
  readonly list?: Partial<ListOptions>
  readonly port?: number
  readonly now?: () => Date
}

export interface Lighthouse extends StandIn {
  readonly tickets: readonly TicketRecord[]
  addTicket(seed: Partial<Omit<TicketRecord, 'versions'>> & { number: number; body?: string }): TicketRecord
  ticket(number: number): TicketRecord
  /** The notes of a ticket, without its description. */
  comments(number: number): { author: string; body: string }[]
  deleteTicket(number: number): void
  /** Somebody writes a note or changes the ticket in Lighthouse itself. */
  edit(number: number, userId: number, change: { body?: string; state?: string; title?: string; tag?: string }): void
  /** After this many requests the rate limit is reached; null takes it away. */
  limit(requests: number | null, retryAfterSeconds?: number): void
  /** The requests that change something. */
  writes(): readonly Recorded[]
  setStates(projectId: number, openStates: string, closedStates: string): void
  /** Calls `then` right before each page of tickets is put together, with how many there were before. */
  beforePages(then: (pages: number) => void): void
}

const editable = ['title', 'body', 'state', 'assigned_user_id', 'milestone_id', 'tag']

export async function startLighthouse(options: LighthouseOptions = {}): Promise<Lighthouse> {
  const now = options.now ?? (() => new Date())
  const users = options.users ?? { 1: 'Relay', 2: 'Grace Hopper' }
  const tokens = options.tokens ?? { '0123456789abcdef0123456789abcdef01234567': { userId: 1 } }
  const projects = new Map((options.projects ?? [{ id: 54448, members: [1, 2] }]).map((seed) => [seed.id, { ...seed }]))
  const tickets: TicketRecord[] = []
  let left: number | null = null
  let wait = 0
  let pages = 0
  let beforePage: ((pages: number) => void) | null = null
  let changesMade = 0
  /** The number of each ticket's last change: a list has the latest first. */
  const changes = new Map<TicketRecord, number>()

  function handle(request: Recorded): Answer {
    if (left !== null && left-- <= 0)
      return { ...text(429, 'Rate limit exceeded'), headers: { 'x-rate-limit-retry-after': String(wait) } }
    // Without it the request is not taken for one of the API: "you'll likely get a 500 error back".
    if (!/^application\/json(;|$)/.test(request.headers['content-type'] ?? '')) return page(500, 'Something went wrong')
    const path = /^(\/.*)\.json$/.exec(request.path)?.[1]
    if (path === undefined) return page(404, 'The page you were looking for does not exist')
    const given = request.headers['x-lighthousetoken']
    const token = given === undefined ? null : tokens[given]
    if (token === undefined) return text(401, 'HTTP Basic: Access denied.\n')
    if (request.method === 'GET' && path === '/profile') return profile(token)
    const [, id, rest = ''] = /^\/projects\/(\d+)(\/.+)?$/.exec(path) ?? []
    if (id === undefined) return page(404, 'The page you were looking for does not exist')
    return inProject(request, Number(id), rest, token)
  }

  function profile(token: Token | null): Answer {
    if (token === null) return text(401, 'HTTP Basic: Access denied.\n')
    if (options.tellsOfProfile === false) return text(403, ' ')
    return json(200, { user: { id: token.userId, job: null, name: users[token.userId] ?? '', website: null } })
  }

  function inProject(request: Recorded, id: number, rest: string, token: Token | null): Answer {
    const project = projects.get(id)
    if (project === undefined) return text(404, ' ')
    const member = token !== null && (project.members ?? []).includes(token.userId)
    if (token?.projectId !== undefined && token.projectId !== id) return text(403, ' ')
    if (!member && project.public !== true)
      return token === null ? text(401, 'HTTP Basic: Access denied.\n') : text(404, ' ')
    if (request.method === 'GET' && rest === '') return json(200, { project: projectBody(project) })
    if (request.method === 'GET' && rest === '/memberships') return json(200, memberships(project))
    if (request.method === 'GET' && rest.startsWith('/bins/'))
      return oneBin(project, rest.slice('/bins/'.length), token)
    if (request.method === 'GET' && rest === '/tickets') return list(request, project, token)
    const number = /^\/tickets\/(\d+)$/.exec(rest)?.[1]
    const ticket = tickets.find((each) => each.project_id === id && each.number === Number(number))
    if (ticket === undefined) return text(404, ' ')
    if (request.method === 'GET') return json(200, { ticket: ticketBody(ticket) })
    if (request.method !== 'PUT') return text(405, ' ')
    if (token === null) return text(401, 'HTTP Basic: Access denied.\n')
    if (token.readOnly === true) return text(403, ' ')
    return update(request, project, ticket, token.userId, member)
  }

  function oneBin(project: ProjectSeed, id: string, token: Token | null): Answer {
    const bin = (options.bins ?? []).find((each) => String(each.id) === id && seesBin(each, token?.userId ?? null))
    return bin === undefined ? text(404, ' ') : json(200, { ticket_bin: binBody(bin, project.id) })
  }

  function list(request: Recorded, project: ProjectSeed, token: Token | null): Answer {
    beforePage?.(pages++)
    const all = tickets
      .filter((each) => each.project_id === project.id)
      .sort((a, b) => (changes.get(b) ?? 0) - (changes.get(a) ?? 0))
    return listTickets(
      request,
      all,
      new Set(stateList(closedStatesOf(project))),
      token?.userId ?? null,
      (ticket) => ({ ...ticketBody(ticket), versions: undefined }),
      { wrapped: false, most: 100, pastTheEnd: 'nothing', ...options.list },
    )
  }

  /** Adds what is true of the ticket now to its history. */
  function remember(ticket: TicketRecord, userId: number, body: string | null): void {
    ticket.versions.push(versionOf(ticket, userId, body, now()))
    changes.set(ticket, ++changesMade)
  }

  function update(
    request: Recorded,
    project: ProjectSeed,
    ticket: TicketRecord,
    userId: number,
    member: boolean,
  ): Answer {
    const fields = fieldsOf(request.body)
    if (fields === null) return page(500, 'Something went wrong')
    const strange = Object.keys(fields).filter((key) => !editable.includes(key))
    if (strange.length > 0)
      return json(
        422,
        strange.map((key) => [key, 'is not editable']),
      )
    if (fields.title === '' || fields.title === null) return json(422, [['title', "can't be blank"]])
    const state = fields.state
    const known = [...stateList(openStatesOf(project)), ...stateList(closedStatesOf(project))]
    const strangeState = typeof state === 'string' && !known.includes(state)
    if (strangeState && options.unknownState !== 'ignored') return json(422, [['state', 'is not included in the list']])
    // "any user with a Lighthouse profile may post, though they cannot edit"
    if (member) apply(ticket, strangeState ? { ...fields, state: undefined } : fields)
    remember(ticket, userId, typeof fields.body === 'string' && fields.body !== '' ? fields.body : null)
    return options.putAnswer === 'ticket' ? json(200, { ticket: ticketBody(ticket) }) : text(200, ' ')
  }

  function apply(ticket: TicketRecord, fields: Readonly<Record<string, unknown>>): void {
    const cleared = options.omitted === 'cleared'
    const pick = <T>(key: string, kept: T, empty: T): T =>
      fields[key] === undefined ? (cleared ? empty : kept) : (fields[key] as T)
    ticket.title = pick('title', ticket.title, '')
    ticket.state = pick('state', ticket.state, 'new')
    ticket.assigned_user_id = pick('assigned_user_id', ticket.assigned_user_id, null)
    ticket.milestone_id = pick('milestone_id', ticket.milestone_id, null)
    ticket.tag = pick('tag', ticket.tag, null)
  }

  function ticketBody(ticket: TicketRecord): object {
    const closed = stateList(closedStatesOf(projects.get(ticket.project_id))).includes(ticket.state)
    const [first] = ticket.versions
    return {
      ...ticket,
      closed,
      attachments_count: 0,
      creator_id: first?.user_id ?? null,
      creator_name: users[first?.user_id ?? 0] ?? null,
      original_body: first?.body ?? null,
      created_at: first?.created_at ?? null,
      latest_body: ticket.versions.findLast(({ body }) => body !== null)?.body ?? null,
      url: `http://acme.lighthouseapp.com/projects/${ticket.project_id}/tickets/${ticket.number}`,
      raw_data: { type: 'binary', encoding: 'base64' },
      versions: ticket.versions.map((version) => ({
        ...version,
        body_html: `<div><p>${version.body ?? ''}</p></div>`,
        type: 'Ticket::Version',
        diffable_attributes: {},
        number: ticket.number,
        user_name: users[version.user_id] ?? null,
      })),
    }
  }

  const server = await startStandIn(
    (request) => {
      const answer = handle(request)
      return { ...answer, headers: { date: now().toUTCString(), ...answer.headers } }
    },
    options.port === undefined ? {} : { port: options.port },
  )
  const find = (number: number): TicketRecord => {
    const found = tickets.find((each) => each.number === number)
    if (found === undefined) throw new Error(`there is no ticket ${number}`)
    return found
  }

  return {
    ...server,
    tickets,
    addTicket({ number, body = 'It does not work', ...seed }) {
      const ticket: TicketRecord = {
        project_id: 54448,
        state: 'new',
        title: `Ticket ${number}`,
        user_id: 2,
        assigned_user_id: null,
        milestone_id: null,
        tag: null,
        ...seed,
        number,
        versions: [],
      }
      remember(ticket, ticket.user_id, body)
      tickets.push(ticket)
      return ticket
    },
    ticket: find,
    comments: (number) =>
      find(number)
        .versions.slice(1)
        .flatMap(({ body, user_id }) => (body === null ? [] : [{ author: users[user_id] ?? '', body }])),
    deleteTicket(number) {
      tickets.splice(tickets.indexOf(find(number)), 1)
    },
    edit(number, userId, { body, ...change }) {
      const ticket = find(number)
      Object.assign(ticket, change)
      remember(ticket, userId, body ?? null)
    },
    limit(requests, retryAfterSeconds = 30) {
      left = requests
      wait = retryAfterSeconds
    },
    writes: () => server.requests.filter(({ method }) => method !== 'GET'),
    beforePages(then) {
      beforePage = then
    },
    setStates(projectId, openStates, closedStates) {
      const project = projects.get(projectId)
      if (project !== undefined) projects.set(projectId, { ...project, openStates, closedStates })
    },
  }
}

function projectBody(project: ProjectSeed): object {
  return {
    id: project.id,
    name: project.name ?? 'lh-test',
    archived: project.archived === true,
    public: project.public === true,
    hidden: false,
    license: null,
    created_at: 'Tue Jun 15 00:44:27 UTC 2010',
    updated_at: 'Tue Jul 06 22:00:38 UTC 2010',
    open_states: openStatesOf(project),
    closed_states: closedStatesOf(project),
    open_states_list: stateList(openStatesOf(project)).join(','),
    closed_states_list: stateList(closedStatesOf(project)).join(','),
    open_tickets_count: 11,
    permalink: 'lh-test',
  }
}

function memberships(project: ProjectSeed): object {
  return {
    memberships: (project.members ?? []).map((id) => ({
      membership: { id: 900 + id, user_id: id, user: { id, name: `user ${id}`, job: null, website: null } },
    })),
  }
}

const openStatesOf = (project: ProjectSeed | undefined): string =>
  project?.openStates ?? 'new/f17  # You can add comments here\nopen/aaa # if you want to.'

const closedStatesOf = (project: ProjectSeed | undefined): string =>
  project?.closedStates ?? "resolved/6A0 # You can customize colors\nhold/EB0\ninvalid/A30  # 'A30' expands to 'AA3300'"

/** The names in a list as it is edited: one a line, each with its colour and perhaps a remark. */
function stateList(edited: string): string[] {
  return edited
    .split('\n')
    .map((line) => line.split(/[/#]/)[0]?.trim() ?? '')
    .filter((name) => name !== '')
}

function versionOf(ticket: TicketRecord, userId: number, body: string | null, at: Date): Version {
  const { state, title, assigned_user_id, milestone_id, tag } = ticket
  return { body, user_id: userId, state, title, assigned_user_id, milestone_id, tag, created_at: rubyDate(at) }
}

function fieldsOf(body: Buffer): Readonly<Record<string, unknown>> | null {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'))
    if (typeof parsed !== 'object' || parsed === null || !('ticket' in parsed)) return null
    const { ticket } = parsed
    return typeof ticket === 'object' && ticket !== null ? (ticket as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** "Sat Jul 03 05:01:48 UTC 2010" */
function rubyDate(date: Date): string {
  const [day, number, month, year, time] = date.toUTCString().replace(',', '').split(' ')
  return `${day} ${month} ${number} ${time} UTC ${year}`
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(value) }
}

/** What Rails sends where there is nothing to say: a body of one blank. */
function text(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body }
}

function page(status: number, body: string): Answer {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<!DOCTYPE html><html><body><h1>${body}</h1></body></html>`,
  }
}
