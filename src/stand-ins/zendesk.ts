import { randomBytes } from 'node:crypto'
import { unescaped } from './html-text.ts'
import { type Answer, type Recorded, type StandIn, startStandIn } from './stand-in.ts'

/** Zendesk Support as its API reference describes it: users, tickets, comments, OAuth, limits. */

export interface ZendeskUser {
  readonly id: number
  readonly name: string
  readonly email: string
  readonly role: 'admin' | 'agent' | 'end-user'
  /** Works only where `passwordAccess` is on. */
  readonly password?: string
  readonly suspended?: boolean
  /** A light agent: private comments only, no other change of a ticket. */
  readonly lightAgent?: boolean
  readonly ticketRestriction?: 'groups' | 'assigned' | null
}

export interface ZendeskTicket {
  readonly id: number
  /** null for one that came by chat or telephone */
  readonly subject: string | null
  /** The first comment. */
  readonly description?: string | null
  readonly type?: 'problem' | 'incident' | 'question' | 'task' | null
  readonly requesterId?: number
  status: 'new' | 'open' | 'pending' | 'hold' | 'solved' | 'closed'
  createdAt: Date
  updatedAt: Date
  /** The users who may see it; everybody where it is absent. */
  readonly visibleTo?: readonly number[]
  /** The users who may see but not change it. */
  readonly readOnlyFor?: readonly number[]
  /** A field that must be filled in before any update, as a conditional field demands. */
  readonly missingField?: string
}

export interface ZendeskView {
  readonly id: number
  readonly title: string
  /** In the view's order. */
  readonly tickets: readonly number[]
  readonly active?: boolean
  /** The users it is shared with; everybody where it is absent. */
  readonly visibleTo?: readonly number[]
  /** Whether `include=users` has an effect. */
  readonly sideloads?: boolean
  /** What Zendesk has counted; null until it has. */
  readonly counted?: number | null
}

export interface ZendeskComment {
  readonly id: number
  readonly authorId: number
  readonly htmlBody: string
  readonly plainBody: string
  readonly public: boolean
  readonly createdAt: Date
}

export interface OAuthClient {
  readonly identifier: string
  /** null for a public client, which cannot use client credentials */
  readonly secret: string | null
  readonly userId: number
  /** The most it may be given; everything where it is absent. */
  readonly allowedScopes?: readonly string[]
}

export interface ZendeskOptions {
  readonly port?: number
  readonly now?: () => Date
  readonly users?: readonly ZendeskUser[]
  readonly tickets?: readonly Partial<ZendeskTicket>[]
  readonly clients?: readonly OAuthClient[]
  readonly views?: readonly ZendeskView[]
  readonly apiTokens?: readonly string[]
  readonly passwordAccess?: boolean
  /** Requests a minute in the account, updates a minute in the account, updates of a ticket by a user in ten minutes. */
  readonly limits?: { readonly requests?: number; readonly updates?: number; readonly ticket?: number }
  readonly mostComments?: number
  /** The account's settings turn every comment public, as a broken trigger might. */
  readonly publishes?: boolean
  /** Something in front removes the Authorization header, so that every visitor is anonymous. */
  readonly losesLogin?: boolean
  /** Lists ignore `sort` and begin with the oldest. */
  readonly ignoresSort?: boolean
}

export interface ZendeskStandIn extends StandIn {
  readonly tickets: Map<number, ZendeskTicket>
  comments(ticketId: number): readonly ZendeskComment[]
  /** What a person writes in the browser: moves the ticket's `updated_at` as any update does. */
  write(ticketId: number, authorId: number, html: string, options?: { public?: boolean; at?: Date }): ZendeskComment
  /** A refresh token that a user has given to a client in the browser. */
  authorize(identifier: string, userId: number, scope?: string): string
  /** An access token made in Zendesk, without an end. */
  accessToken(userId: number, scope?: string): string
  /** Ends every access token at once, as an administrator can. */
  revokeAccessTokens(): void
  /** Token requests that were granted. */
  readonly grants: number
}

interface Token {
  readonly value: string
  readonly refresh: string | null
  readonly client: string
  readonly userId: number
  readonly scopes: readonly string[]
  readonly endsAt: number | null
}

export const agent: ZendeskUser = { id: 29, name: 'Tracker Relay', email: 'relay@acme.example', role: 'agent' }
const admin: ZendeskUser = { id: 7, name: 'Jean-Luc', email: 'jl@acme.example', role: 'admin' }
export const client: OAuthClient = { identifier: 'tracker_relay', secret: 's3cret-of-the-client', userId: 29 }
export const apiToken = 'api-token-6wiIBWbGkBMo1mRDMuVwkw1EPs'
const everything = 'read write'

export async function startZendesk(options: ZendeskOptions = {}): Promise<ZendeskStandIn> {
  const now = options.now ?? (() => new Date())
  const users = new Map((options.users ?? [agent, admin]).map((user) => [user.id, user]))
  const clients = new Map((options.clients ?? [client]).map((each) => [each.identifier, each]))
  const tickets = new Map<number, ZendeskTicket>()
  const comments = new Map<number, ZendeskComment[]>()
  const tokens = new Map<string, Token>()
  const limits = { requests: 700, updates: 100, ticket: 30, ...options.limits }
  const requestTimes: number[] = []
  const updateTimes: { at: number; ticket: number; user: number }[] = []
  let nextId = 206_091_192_500
  let grants = 0

  for (const each of options.tickets ?? [{}]) {
    const created = new Date(now().getTime() - 3_600_000)
    const ticket = { id: 35436, subject: 'Help, my printer is on fire!', status: 'new' as const, ...each }
    tickets.set(ticket.id, { createdAt: created, updatedAt: created, ...ticket })
    comments.set(ticket.id, [])
  }

  function addComment(ticket: ZendeskTicket, authorId: number, html: string, isPublic: boolean, at: Date) {
    const filled = html.replace(/\{\{\s*ticket\.id\s*\}\}/g, String(ticket.id))
    const comment: ZendeskComment = {
      id: nextId++,
      authorId,
      htmlBody: `<div class="zd-comment" dir="auto">${filled}</div>`,
      plainBody: plainOf(filled),
      public: isPublic,
      createdAt: wholeSecond(at),
    }
    comments.get(ticket.id)?.push(comment)
    ticket.updatedAt = wholeSecond(at)
    return comment
  }

  function issue(owner: string, userId: number, scope: string, lifetime: number | null, refreshable: boolean): Token {
    const token: Token = {
      value: randomBytes(32).toString('hex'),
      refresh: refreshable ? randomBytes(32).toString('hex') : null,
      client: owner,
      userId,
      scopes: scope.split(' '),
      endsAt: lifetime === null ? null : now().getTime() + lifetime * 1000,
    }
    tokens.set(token.value, token)
    return token
  }

  function grant(request: Recorded): Answer {
    const body = bodyOf(request)
    if (body === null) return oauthError(400, 'invalid_request')
    const owner = clients.get(String(body.client_id))
    const type = body.grant_type
    const known = ['grant_type', 'client_id', 'client_secret', 'scope', 'expires_in', 'refresh_token']
    if (Object.keys(body).some((name) => !known.includes(name))) return oauthError(400, 'invalid_request')
    if (owner === undefined || (owner.secret !== null && body.client_secret !== owner.secret))
      return oauthError(401, 'invalid_client')
    const lifetime = body.expires_in ?? 1800
    if (typeof lifetime !== 'number' || lifetime <= 300 || lifetime >= 172_800)
      return oauthError(400, 'invalid_request')
    if (type === 'client_credentials') {
      if (owner.secret === null) return oauthError(400, 'unauthorized_client')
      const scope = String(body.scope ?? everything)
      const allowed = owner.allowedScopes
      const granted = scope.split(' ').filter((each) => allowed === undefined || allowed.includes(each))
      if (granted.length === 0) return oauthError(400, 'invalid_scope')
      return granted200(issue(owner.identifier, owner.userId, granted.join(' '), lifetime, false), lifetime)
    }
    if (type !== 'refresh_token') return oauthError(400, 'unsupported_grant_type')
    const old = [...tokens.values()].find((each) => each.refresh !== null && each.refresh === body.refresh_token)
    if (old === undefined || old.client !== owner.identifier) return oauthError(400, 'invalid_grant')
    tokens.delete(old.value)
    return granted200(issue(owner.identifier, old.userId, old.scopes.join(' '), lifetime, true), lifetime)
  }

  function granted200(token: Token, lifetime: number): Answer {
    grants += 1
    return json(200, {
      access_token: token.value,
      token_type: 'bearer',
      scope: token.scopes.join(' '),
      expires_in: lifetime,
      ...(token.refresh === null ? {} : { refresh_token: token.refresh, refresh_token_expires_in: 7_776_000 }),
    })
  }

  /** The user and the scopes of a request; an answer when the login is wrong; null when there is none. */
  function loginOf(request: Recorded): { user: ZendeskUser; scopes: readonly string[] } | Answer | null {
    const header = options.losesLogin === true ? undefined : request.headers.authorization
    if (header === undefined) return null
    const [scheme, value = ''] = header.split(' ')
    if (scheme === 'Bearer') {
      const token = tokens.get(value)
      const user = token === undefined ? undefined : users.get(token.userId)
      if (token === undefined || user === undefined || (token.endsAt !== null && token.endsAt <= now().getTime()))
        return json(401, {
          error: 'invalid_token',
          error_description: 'The access token provided is expired, revoked, malformed or invalid for other reasons.',
        })
      return { user, scopes: token.scopes }
    }
    const wrong = json(401, { error: "Couldn't authenticate you" })
    if (scheme !== 'Basic') return wrong
    const text = Buffer.from(value, 'base64').toString()
    const at = text.indexOf(':')
    const [name, secret] = [text.slice(0, at), text.slice(at + 1)]
    const user = [...users.values()].find(({ email }) => email === name.replace(/\/token$/, ''))
    const valid = name.endsWith('/token')
      ? (options.apiTokens ?? [apiToken]).includes(secret)
      : options.passwordAccess === true && user?.password === secret
    return user !== undefined && valid ? { user, scopes: ['read', 'write'] } : wrong
  }

  function overRequests(): Answer | null {
    const at = now().getTime()
    const recent = requestTimes.filter((time) => time > at - 60_000)
    if (recent.length < limits.requests) {
      requestTimes.push(at)
      return null
    }
    return {
      status: 429,
      headers: { 'content-type': 'text/plain', 'retry-after': '41', 'ratelimit-remaining': '0' },
      body: 'Number of allowed API requests per minute exceeded',
    }
  }

  function overUpdates(ticket: number, user: number): Answer | null {
    const at = now().getTime()
    const own = updateTimes.filter((each) => each.ticket === ticket && each.user === user && each.at > at - 600_000)
    const all = updateTimes.filter((each) => each.at > at - 60_000)
    const tooMany = (wait: number): Answer =>
      json(
        429,
        { error: 'APIRateLimitExceeded', description: 'Number of allowed ticket updates exceeded' },
        { 'retry-after': String(wait), 'ratelimit-remaining': String(limits.requests - 1) },
      )
    if (own.length >= limits.ticket) return tooMany(Math.ceil(((own[0]?.at ?? at) + 600_000 - at) / 1000))
    if (all.length >= limits.updates) return tooMany(Math.ceil(((all[0]?.at ?? at) + 60_000 - at) / 1000))
    updateTimes.push({ at, ticket, user })
    return null
  }

  function update(request: Recorded, ticket: ZendeskTicket, user: ZendeskUser): Answer {
    const change = bodyOf(request)?.ticket
    if (!isObject(change)) return json(400, { error: 'InvalidValue', description: 'ticket is required' })
    if (user.role === 'end-user' || ticket.readOnlyFor?.includes(user.id) === true) return forbidden
    const over = overUpdates(ticket.id, user.id)
    if (over !== null) return over
    if (ticket.status === 'closed') return invalid('status', 'Status closed prevents ticket update')
    const unknown = Object.keys(change).find(
      (key) => !['comment', 'status', 'safe_update', 'updated_stamp'].includes(key),
    )
    if (unknown !== undefined) return invalid(unknown, `The ${unknown} key on the ticket object cannot be set`)
    if ('safe_update' in change && change.updated_stamp !== timeOf(ticket.updatedAt))
      return json(409, {
        error: 'UpdateConflict',
        description:
          'Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data and try again.',
      })
    if (ticket.missingField !== undefined)
      return json(422, {
        error: 'RecordInvalid',
        description: 'Record validation errors',
        details: { base: [{ description: `${ticket.missingField}: is required`, ticket_field_id: 360008591391 }] },
      })
    const status = change.status
    if (status !== undefined) {
      if (user.lightAgent === true) return forbidden
      if (!['open', 'pending', 'hold', 'solved'].includes(String(status)))
        return invalid('status', `Status: ${String(status)} is not valid for use in this account`)
    }
    const { comment } = change
    if (!isObject(comment) || typeof comment.html_body !== 'string') return invalid('comment', 'Comment: is invalid')
    if (Object.keys(comment).some((key) => !['html_body', 'public'].includes(key)))
      return invalid('comment', 'Comment: has an unknown key')
    if (plainOf(comment.html_body).trim() === '') return invalid('comment', 'Comment: cannot be empty')
    if (Buffer.byteLength(comment.html_body) > 65_535) return invalid('comment', 'Comment: is too long')
    if ((comments.get(ticket.id)?.length ?? 0) >= (options.mostComments ?? 5000))
      return invalid('comment', 'Comment: the ticket has as many comments as it can hold')
    const isPublic = user.lightAgent !== true && (options.publishes === true || comment.public !== false)
    const added = addComment(ticket, user.id, comment.html_body, isPublic, now())
    if (status !== undefined) ticket.status = status as ZendeskTicket['status']
    return json(200, {
      ticket: ticketJson(ticket),
      audit: {
        id: nextId++,
        ticket_id: ticket.id,
        author_id: user.id,
        events: [
          ...(status === undefined ? [] : [{ id: nextId++, type: 'Change', field_name: 'status', value: status }]),
          { ...commentJson(added), type: 'Comment' },
        ],
      },
    })
  }

  function list(request: Recorded, ticket: ZendeskTicket): Answer {
    const size = Number(request.query.get('page[size]') ?? '100')
    if (!Number.isInteger(size) || size < 1 || size > 100)
      return json(400, { error: 'InvalidPaginationParameter', description: 'page[size] must be 1 to 100' })
    const sort = request.query.get('sort') ?? 'created_at'
    if (!['created_at', '-created_at'].includes(sort))
      return json(400, { error: 'InvalidPaginationParameter', description: 'sort is not valid' })
    const all = comments.get(ticket.id) ?? []
    const sorted = sort === '-created_at' && options.ignoresSort !== true ? all.toReversed() : all
    const cursor = request.query.get('page[after]')
    const from = cursor === null ? 0 : sorted.findIndex(({ id }) => btoa(String(id)) === cursor) + 1
    if (cursor !== null && from === 0)
      return json(400, { error: 'InvalidPaginationParameter', description: 'page[after] is not valid' })
    const page = sorted.slice(from, from + size)
    const last = page.at(-1)
    const more = from + size < sorted.length
    return json(200, {
      comments: page.map(commentJson),
      meta: { has_more: more, after_cursor: last === undefined ? null : btoa(String(last.id)), before_cursor: null },
      links: { next: more ? 'https://elsewhere.example/not-to-be-followed' : null, prev: null },
    })
  }

  const seenBy = (user: ZendeskUser, { visibleTo }: { readonly visibleTo?: readonly number[] }): boolean =>
    visibleTo === undefined || visibleTo.includes(user.id)

  function viewTickets(request: Recorded, view: ZendeskView, user: ZendeskUser): Answer {
    const size = Number(request.query.get('page[size]') ?? '100')
    const known = ['page[size]', 'page[after]', 'include']
    const unknown = [...request.query.keys()].find((name) => !known.includes(name))
    if (unknown !== undefined || !Number.isInteger(size) || size < 1 || size > 100)
      return json(400, { error: 'InvalidPaginationParameter', description: 'page[size] must be 1 to 100' })
    const all = view.tickets.flatMap((id) => tickets.get(id) ?? []).filter((ticket) => seenBy(user, ticket))
    const cursor = request.query.get('page[after]')
    const from = cursor === null ? 0 : all.findIndex(({ id }) => btoa(String(id)) === cursor) + 1
    if (cursor !== null && from === 0)
      return json(400, { error: 'InvalidPaginationParameter', description: 'page[after] is not valid' })
    const page = all.slice(from, from + size)
    const last = page.at(-1)
    const requesters = [...new Set(page.map(({ requesterId }) => requesterId))]
    const sideloaded = request.query.get('include') === 'users' && view.sideloads !== false
    return json(200, {
      tickets: page.map(ticketJson),
      ...(sideloaded ? { users: requesters.flatMap((id) => users.get(id ?? 0) ?? []).map(userJson) } : {}),
      meta: {
        has_more: from + size < all.length,
        after_cursor: last === undefined ? null : btoa(String(last.id)),
        before_cursor: null,
      },
      links: { next: 'https://elsewhere.example/not-to-be-followed', prev: null },
    })
  }

  function readView(request: Recorded, user: ZendeskUser, scopes: readonly string[]): Answer {
    if (!scopes.includes('read'))
      return json(403, { error: 'Forbidden', description: 'You are missing the following required scopes: read' })
    if (user.role === 'end-user') return forbidden
    const [, id, what] = /^\/api\/v2\/views\/(\d+)(\/tickets|\/count)?\.json$/.exec(request.path) ?? []
    const view = (options.views ?? []).find((each) => each.id === Number(id))
    if (view === undefined) return json(404, { error: 'RecordNotFound', description: 'Not found' })
    if (!seenBy(user, view)) return json(403, { error: 'Forbidden', description: 'Access-denied' })
    if (what === '/tickets') return viewTickets(request, view, user)
    const { title, active = true, counted = view.tickets.length } = view
    if (what === '/count')
      return json(200, { view_count: { view_id: view.id, value: counted, pretty: String(counted), fresh: true } })
    return json(200, { view: { id: view.id, title, active, position: 1, restriction: null } })
  }

  function showUsers(request: Recorded, scopes: readonly string[]): Answer {
    if (!may(scopes, 'users', 'read')) return forbidden
    const ids = (request.query.get('ids') ?? '').split(',')
    if (ids.length > 100)
      return json(400, { error: 'TooManyValues', description: 'Value for ids is too large, 100 are allowed' })
    return json(200, { users: ids.flatMap((id) => users.get(Number(id)) ?? []).map(userJson), count: ids.length })
  }

  function handle(request: Recorded): Answer {
    const { method, path } = request
    if (method !== 'GET' && !/^application\/json(;|$)/.test(request.headers['content-type'] ?? ''))
      return { status: 415, headers: { 'content-type': 'text/plain' }, body: 'Unsupported Media Type' }
    if (path === '/oauth/tokens' && method === 'POST') return grant(request)
    const login = loginOf(request)
    if (login !== null && 'status' in login) return login
    const over = overRequests()
    if (over !== null) return over
    if (path === '/api/v2/users/me.json' && method === 'GET')
      return login === null || may(login.scopes, 'users', 'read')
        ? json(200, { user: userJson(login?.user) })
        : forbidden
    if (login === null) return json(401, { error: "Couldn't authenticate you" })
    const { user, scopes } = login
    if (method === 'GET' && path.startsWith('/api/v2/views/')) return readView(request, user, scopes)
    if (method === 'GET' && path === '/api/v2/users/show_many.json') return showUsers(request, scopes)
    if (!may(scopes, 'tickets', method === 'GET' ? 'read' : 'write')) return forbidden
    if (path === '/api/v2/tickets.json' && method === 'GET') {
      if (user.role === 'end-user') return forbidden
      return json(200, { tickets: [...tickets.values()].slice(0, 1).map(ticketJson), meta: { has_more: false } })
    }
    const [, id, what] = /^\/api\/v2\/tickets\/(\d+)(\/comments)?\.json$/.exec(path) ?? []
    const ticket = tickets.get(Number(id))
    if (ticket === undefined) return json(404, { error: 'RecordNotFound', description: 'Not found' })
    if (ticket.visibleTo !== undefined && !ticket.visibleTo.includes(user.id)) return forbidden
    if (what !== undefined && method === 'GET') return list(request, ticket)
    if (what === undefined && method === 'GET') return json(200, { ticket: ticketJson(ticket) })
    if (what === undefined && method === 'PUT') return update(request, ticket, user)
    return json(404, { error: 'InvalidEndpoint', description: 'Not found' })
  }

  /** The clock that Zendesk shows is the one it stamps comments with. */
  const base = await startStandIn(
    (request) => {
      const answer = handle(request)
      return { ...answer, headers: { ...answer.headers, date: now().toUTCString() } }
    },
    options.port === undefined ? {} : { port: options.port },
  )

  return {
    ...base,
    tickets,
    comments: (ticketId) => comments.get(ticketId) ?? [],
    write(ticketId, authorId, html, { public: isPublic = false, at = now() } = {}) {
      const ticket = tickets.get(ticketId)
      if (ticket === undefined) throw new Error(`the stand-in has no ticket ${ticketId}`)
      return addComment(ticket, authorId, html, isPublic, at)
    },
    authorize: (identifier, userId, scope = everything) => {
      const { refresh } = issue(identifier, userId, scope, 1800, true)
      return String(refresh)
    },
    accessToken: (userId, scope = everything) => issue('made in zendesk', userId, scope, null, false).value,
    revokeAccessTokens() {
      for (const [value, token] of tokens) tokens.set(value, { ...token, endsAt: 0 })
    },
    get grants() {
      return grants
    },
  }
}

const forbidden = json(403, {
  error: 'Forbidden',
  description:
    'You do not have access to this page. Please contact the account owner of this help desk for further help.',
})

function may(scopes: readonly string[], what: string, access: 'read' | 'write'): boolean {
  return scopes.includes(access) || scopes.includes(`${what}:${access}`)
}

function ticketJson(ticket: ZendeskTicket): object {
  return {
    id: ticket.id,
    subject: ticket.subject,
    description: ticket.description ?? null,
    type: ticket.type ?? null,
    requester_id: ticket.requesterId ?? null,
    status: ticket.status,
    created_at: timeOf(ticket.createdAt),
    updated_at: timeOf(ticket.updatedAt),
  }
}

function commentJson(comment: ZendeskComment): object {
  return {
    id: comment.id,
    type: 'Comment',
    author_id: comment.authorId,
    body: comment.plainBody,
    html_body: comment.htmlBody,
    plain_body: comment.plainBody,
    public: comment.public,
    created_at: timeOf(comment.createdAt),
  }
}

function userJson(user: ZendeskUser | undefined): object {
  if (user === undefined) return { id: null, name: 'Anonymous user', email: 'invalid@example.com', role: 'end-user' }
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    role: user.role,
    active: true,
    suspended: user.suspended ?? false,
    only_private_comments: user.lightAgent ?? false,
    ticket_restriction: user.ticketRestriction ?? null,
  }
}

function invalid(field: string, description: string): Answer {
  return json(422, {
    error: 'RecordInvalid',
    description: 'Record validation errors',
    details: { [field]: [{ description }] },
  })
}

function oauthError(status: number, error: string): Answer {
  return json(status, { error, error_description: 'The provided authorization grant or client is invalid.' })
}

function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  }
}

function bodyOf(request: Recorded): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(request.body.toString())
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function plainOf(html: string): string {
  return unescaped(html.replace(/<br>/g, '\n').replace(/<\/p>/g, '\n\n'))
}

function wholeSecond(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1000) * 1000)
}

function timeOf(at: Date): string {
  return `${wholeSecond(at).toISOString().slice(0, 19)}Z`
}
