import { type DocumentReader, readPlainly } from './jira-documents.ts'
import { answerSearch, type JiraFilter } from './jira-search.ts'
import type { JiraUser } from './jira-user.ts'
import { classic, type Workflow, type WorkflowAction, type WorkflowStatus } from './jira-workflows.ts'
import { type Answer, type Recorded, type StandIn, startStandIn } from './stand-in.ts'

export type { JiraUser } from './jira-user.ts'

/**
 * A JIRA, Server, Data Center or Cloud, as far as its REST API 2 for tickets goes. It answers failed logins, missing
 * rights and impossible actions as the real ones do, which is not always with an error.
 */

export interface JiraComment {
  readonly id: string
  readonly author: string | null
  /** What people read; of a document its words. */
  readonly body: string
  /** As version 3 of the API has it. */
  readonly document: object | null
  readonly created: Date
  readonly visibility: { readonly type: string; readonly value: string } | null
  readonly properties: readonly { readonly key: string; readonly value: unknown }[]
}

export interface JiraTicket {
  readonly id: string
  readonly key: string
  readonly summary: string
  status: string
  assignee: string | null
  resolution: string | null
  readonly comments: JiraComment[]
  readonly history: { readonly at: Date; readonly author: string | null; readonly from: string; readonly to: string }[]
}

export interface JiraOptions {
  readonly deployment?: 'Cloud' | 'Server'
  readonly version?: string
  /** Before /rest: "/jira" on a server that shares its host. */
  readonly contextPath?: string
  /** On Cloud, where scoped and OAuth tokens are taken: /ex/jira/<cloudId>. */
  readonly cloudId?: string
  readonly users?: readonly JiraUser[]
  readonly workflow?: Workflow
  readonly basicAuth?: boolean
  /** What anybody may do without a login. */
  readonly anonymous?: readonly string[]
  /** Failed passwords until a CAPTCHA is asked for; Data Center's default is 3. */
  readonly captchaAfter?: number
  /** Of a document only its words count for the limit. */
  readonly countsWords?: boolean
  readonly commentLimit?: number
  readonly commentProperties?: 'kept' | 'dropped' | 'refused'
  readonly honoursOrder?: boolean
  readonly filters?: readonly JiraFilter[]
  readonly fields?: readonly { readonly id: string; readonly name: string }[]
  readonly resolutions?: readonly { readonly id: string; readonly name: string }[]
  /** What a search answers, for a JIRA that does not answer as it should. */
  readonly answerSearch?: (body: {
    readonly startAt: number
    readonly maxResults: number
    nextPageToken?: string
  }) => object
  /** The most tickets that one answer of a search holds. */
  readonly mostFound?: number
  /** On Cloud, whether it counts what a query finds. */
  readonly tellsCount?: boolean
  /** A proxy takes away the headers that say who is logged in. */
  readonly hidesLogin?: boolean
  /** JIRA Cloud's limit on the writes to one ticket. */
  readonly writesPerTicket?: { readonly count: number; readonly withinMs: number }
  /** How it reads what is written in the Atlassian Document Format. */
  readonly documents?: DocumentReader
  readonly now?: () => Date
  readonly port?: number
}

export interface JiraStandIn extends StandIn {
  readonly tickets: ReadonlyMap<string, JiraTicket>
  readonly users: readonly JiraUser[]
  /** Users who were told of a comment because it mentions them. */
  readonly mentioned: readonly string[]
  add(key: string, parts?: { summary?: string; status?: string; assignee?: string | null }): JiraTicket
  remove(key: string): void
  ticket(key: string): JiraTicket
  comments(key: string): readonly JiraComment[]
  /** The name of the status. */
  statusOf(key: string): string
  /** Somebody else does something to the ticket. */
  comment(key: string, author: string, body: string, at?: Date): void
  move(key: string, statusId: string): void
  /** Calls `then` right before the next action is carried out: somebody was faster. */
  beforeNextAction(then: () => void): void
  /** Calls `then` right before each page of a search is put together, with how many there were before. */
  beforePages(then: (pages: number) => void): void
}

export const ALL_PERMISSIONS = [
  'BROWSE_PROJECTS',
  'ADD_COMMENTS',
  'TRANSITION_ISSUES',
  'RESOLVE_ISSUES',
  'CLOSE_ISSUES',
]
const KNOWN_PERMISSIONS = [...ALL_PERMISSIONS, 'ASSIGN_ISSUES', 'EDIT_ISSUES']
const RESOLUTIONS = [
  { id: '1', name: 'Fixed' },
  { id: '2', name: "Won't Fix" },
  { id: '10000', name: 'Done' },
]
const ROLES = [
  { id: 10002, name: 'Administrators' },
  { id: 10001, name: 'Developers' },
]
const NOT_FOUND = 'Issue Does Not Exist'

/** The account that the relay uses, unless a test brings its own. */
export function relayUser(parts: Partial<JiraUser> = {}): JiraUser {
  return {
    id: 'relay',
    displayName: 'Tracker Relay',
    login: 'relay',
    password: 'correct horse',
    personalAccessToken: 'NjUwMjE5MTk3NTY3Oq-pat',
    permissions: [...ALL_PERMISSIONS],
    groups: ['jira-software-users'],
    roles: ['Developers'],
    ...parts,
  }
}

interface Caller {
  readonly user: JiraUser | null
  readonly headers: Readonly<Record<string, string>>
}

export async function startJira(options: JiraOptions = {}): Promise<JiraStandIn> {
  const { documents = readPlainly } = options
  const isCloud = options.deployment === 'Cloud'
  const workflow = options.workflow ?? classic
  const users = options.users ?? [relayUser()]
  const now = options.now ?? (() => new Date())
  const resolutions = options.resolutions ?? RESOLUTIONS
  const prefix = `${options.contextPath ?? ''}/rest/api`
  const gateway = options.cloudId === undefined ? null : `/ex/jira/${options.cloudId}/rest/api`
  const tickets = new Map<string, JiraTicket>()
  const mentioned: string[] = []
  const writes = new Map<string, number[]>()
  const failures = new Map<string, number>()
  let nextId = 10000
  let interference: (() => void) | null = null
  let pages = 0
  let beforePage: ((pages: number) => void) | null = null

  function handle(request: Recorded): Answer {
    const isGateway = gateway !== null && request.path.startsWith(`${gateway}/`)
    const base = isGateway ? gateway : prefix
    if (base === null || !request.path.startsWith(`${base}/`)) return page(404, 'Not found')
    const caller = identify(request, isGateway)
    if ('status' in caller) return caller
    const [, version = '', path = ''] =
      /^\/([23])(\/.*)$/.exec(decodeURIComponent(request.path.slice(base.length))) ?? []
    const answer = answerTo(request, version, path, caller.user)
    const who = options.hidesLogin === true ? {} : caller.headers
    return { ...answer, headers: { date: now().toUTCString(), ...who, ...answer.headers } }
  }

  function answerTo(request: Recorded, version: string, path: string, user: JiraUser | null): Answer {
    if (version === '' || (version === '3' && !isCloud))
      return json(404, { message: 'null for uri', 'status-code': 404 })
    if (options.answerSearch !== undefined && request.method === 'POST' && /^\/search(\/jql)?$/.test(path))
      return json(200, options.answerSearch(JSON.parse(request.body.toString('utf8'))))
    const found = answerSearch(
      {
        isCloud,
        filters: options.filters ?? [],
        fields: options.fields ?? [{ id: 'summary', name: 'Summary' }],
        most: options.mostFound ?? (isCloud ? 100 : 1000),
        tellsCount: options.tellsCount !== false,
        mayBrowse: (each) => may(each, 'BROWSE_PROJECTS'),
        beforePage: () => beforePage?.(pages++),
      },
      version,
      path,
      request,
      user,
    )
    return found ?? route(request, version, path, user)
  }

  function identify(request: Recorded, isGateway: boolean): Caller | Answer {
    const authorization = request.headers.authorization ?? ''
    if (authorization === '') return asAnonymous({})
    const [scheme, credentials = ''] = authorization.split(' ')
    if (scheme === 'Bearer') {
      const user = users.find(({ personalAccessToken, oauthToken }) =>
        isCloud ? isGateway && oauthToken === credentials : personalAccessToken === credentials,
      )
      return user === undefined ? rejected() : asUser(user)
    }
    if (scheme !== 'Basic') return rejected()
    if (options.basicAuth === false)
      return json(403, { message: 'Basic Authentication has been disabled on this instance.' })
    const [login = '', ...rest] = Buffer.from(credentials, 'base64').toString('utf8').split(':')
    const user = users.find((each) => each.login === login)
    const failed = failures.get(login) ?? 0
    if (!isCloud && failed >= (options.captchaAfter ?? 3)) return captcha()
    if (user?.password !== undefined && user.password === rest.join(':')) {
      failures.delete(login)
      return asUser(user)
    }
    failures.set(login, failed + 1)
    // Cloud goes on without a user and only says so in a header; Data Center refuses.
    return isCloud ? asAnonymous({ 'x-seraph-loginreason': 'AUTHENTICATED_FAILED' }) : rejected()
  }

  function asUser(user: JiraUser): Caller {
    const name = isCloud ? { 'x-aaccountid': encodeURIComponent(user.id) } : { 'x-ausername': user.id }
    return { user, headers: { ...name, 'x-seraph-loginreason': 'OK' } }
  }

  function asAnonymous(headers: Record<string, string>): Caller {
    return { user: null, headers: isCloud ? headers : { 'x-ausername': 'anonymous', ...headers } }
  }

  function rejected(): Answer {
    if (isCloud)
      return json(
        401,
        { errorMessages: ['Client must be authenticated to access this resource.'], errors: {} },
        { 'x-seraph-loginreason': 'AUTHENTICATED_FAILED' },
      )
    return page(401, 'Unauthorized (401)', {
      'x-seraph-loginreason': 'AUTHENTICATED_FAILED',
      'www-authenticate': 'OAuth realm="https%3A%2F%2Fjira.example.com"',
    })
  }

  function captcha(): Answer {
    return page(403, 'Forbidden (403)', {
      'x-seraph-loginreason': 'AUTHENTICATION_DENIED',
      'x-authentication-denied-reason': 'CAPTCHA_CHALLENGE; login-url=https://jira.example.com/login.jsp',
    })
  }

  function may(user: JiraUser | null, permission: string): boolean {
    return (user === null ? (options.anonymous ?? []) : user.permissions).includes(permission)
  }

  function route(request: Recorded, version: string, path: string, user: JiraUser | null): Answer {
    if (!/application\/json|\*\/\*/.test(request.headers.accept ?? '')) return json(406, errors('Not Acceptable'))
    const isRead = request.method === 'GET'
    if (path === '/serverInfo') return isRead ? serverInfo() : notAllowed()
    if (path === '/resolution') return isRead ? json(200, resolutions) : notAllowed()
    if (path === '/status') return isRead ? json(200, workflow.statuses.map(statusJson)) : notAllowed()
    if (path === '/mypermissions') return isRead ? myPermissions(request, user) : notAllowed()
    if (path === '/myself' || path === '/role') {
      if (user === null) return json(401, errors('You are not authenticated. Authentication required.'))
      if (!isRead) return notAllowed()
      return path === '/role' ? json(200, ROLES) : json(200, myself(request, user))
    }
    const match = /^\/issue\/([^/]+)(\/comment|\/transitions)?$/.exec(path)
    if (match === null) return json(404, { message: 'null for uri', 'status-code': 404 })
    const ticket = find(match[1] ?? '')
    if (ticket === undefined || !may(user, 'BROWSE_PROJECTS')) return json(404, errors(NOT_FOUND))
    if (isRead && match[2] === undefined) return json(200, issueJson(ticket, request))
    if (isRead && match[2] === '/comment') return listComments(ticket, version, request)
    if (isRead) return json(200, { expand: 'transitions', transitions: offered(ticket, user).map(actionJson) })
    if (request.method !== 'POST' || match[2] === undefined) return notAllowed()
    const body = bodyOf(request)
    if ('status' in body) return body
    const limited = overLimit(ticket)
    if (limited !== null) return limited
    return match[2] === '/comment' ? postComment(ticket, version, user, body.value) : act(ticket, user, body.value)
  }

  function overLimit(ticket: JiraTicket): Answer | null {
    if (options.writesPerTicket === undefined) return null
    const { count, withinMs } = options.writesPerTicket
    const at = now().getTime()
    const recent = (writes.get(ticket.key) ?? []).filter((each) => each > at - withinMs)
    writes.set(ticket.key, [...recent, at])
    if (recent.length < count) return null
    return json(429, errors('Rate limit exceeded.'), {
      'retry-after': String(Math.ceil(withinMs / 1000)),
      'ratelimit-reason': 'jira-per-issue-on-write',
      'x-ratelimit-limit': String(count),
      'x-ratelimit-remaining': '0',
    })
  }

  function serverInfo(): Answer {
    const version = options.version ?? (isCloud ? '1001.0.0-SNAPSHOT' : '10.3.2')
    return json(200, {
      baseUrl: 'https://jira.example.com',
      version,
      versionNumbers: version.split(/[.-]/).slice(0, 3).map(Number),
      deploymentType: isCloud ? 'Cloud' : 'Server',
    })
  }

  function myself(request: Recorded, user: JiraUser): object {
    const groups =
      request.query.get('expand') === 'groups'
        ? { groups: { size: user.groups.length, items: user.groups.map((name) => ({ name })) } }
        : {}
    return { ...person(user.id), active: true, expand: 'groups,applicationRoles', ...groups }
  }

  function myPermissions(request: Recorded, user: JiraUser | null): Answer {
    const asked = request.query.get('permissions')?.split(',') ?? []
    if (asked.length === 0 && isCloud) return json(400, errors("The 'permissions' query parameter is required."))
    const unknown = asked.filter((key) => !KNOWN_PERMISSIONS.includes(key))
    if (unknown.length > 0) return json(400, errors(`Unrecognized permission keys: ${unknown.join(', ')}`))
    const entries = asked.map((key) => [key, { key, type: 'PROJECT', havePermission: may(user, key) }])
    return json(200, { permissions: Object.fromEntries(entries) })
  }

  function find(idOrKey: string): JiraTicket | undefined {
    return tickets.get(idOrKey.toUpperCase()) ?? [...tickets.values()].find(({ id }) => id === idOrKey)
  }

  function person(id: string | null): object | null {
    const displayName = users.find((each) => each.id === id)?.displayName ?? id
    if (id === null) return null
    return isCloud ? { accountId: id, displayName } : { key: id, name: id, displayName }
  }

  function issueJson(ticket: JiraTicket, request: Recorded): object {
    const all: Record<string, unknown> = {
      summary: ticket.summary,
      status: statusJson(statusAt(ticket.status)),
      assignee: person(ticket.assignee),
      resolution: ticket.resolution === null ? null : { name: ticket.resolution },
    }
    const wanted = request.query.get('fields')?.split(',') ?? Object.keys(all)
    const fields = Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name)))
    const histories = ticket.history.map(({ at, author, from, to }, index) => ({
      id: String(index),
      author: person(author),
      created: stamp(at),
      items: [{ field: 'status', fieldtype: 'jira', from, to }],
    }))
    const changelog = request.query.get('expand') === 'changelog' ? { changelog: { histories } } : {}
    return { id: ticket.id, key: ticket.key, fields, ...changelog }
  }

  function listComments(ticket: JiraTicket, version: string, request: Recorded): Answer {
    const startAt = Number(request.query.get('startAt') ?? 0)
    const maxResults = Math.min(100, Number(request.query.get('maxResults') ?? 50))
    const newestFirst = options.honoursOrder !== false && request.query.get('orderBy') === '-created'
    const ordered = newestFirst ? ticket.comments.toReversed() : ticket.comments
    const withProperties = request.query.get('expand') === 'properties'
    const comments = ordered
      .slice(startAt, startAt + maxResults)
      .map((each) => commentJson(each, version, withProperties))
    return json(200, { startAt, maxResults, total: ticket.comments.length, comments })
  }

  function commentJson(comment: JiraComment, version: string, withProperties: boolean): object {
    const { id, created, properties } = comment
    const body = version === '3' ? (comment.document ?? documentOf(comment.body)) : comment.body
    const author = comment.author === null ? {} : { author: person(comment.author) }
    const expanded = withProperties ? { properties } : {}
    return { id, ...author, body, created: stamp(created), updated: stamp(created), ...expanded }
  }

  function postComment(
    ticket: JiraTicket,
    version: string,
    user: JiraUser | null,
    body: Record<string, unknown>,
  ): Answer {
    const known = ['body', 'visibility', ...(options.commentProperties === 'refused' ? [] : ['properties'])]
    const unknown = Object.keys(body).find((key) => !known.includes(key))
    if (unknown !== undefined) return json(400, errors(`Unrecognized field "${unknown}" (class CommentJsonBean)`))
    if (!may(user, 'ADD_COMMENTS')) return json(400, errors('You do not have the permission to comment on this issue.'))
    const isWords = typeof body.body === 'string'
    if (isWords ? version === '3' : documents.problemOf(body.body) !== null)
      return json(400, { errorMessages: [], errors: { comment: 'Comment body is not valid!' } })
    const text = typeof body.body === 'string' ? body.body : documents.textOf(body.body)
    if (text.trim() === '')
      return json(400, { errorMessages: [], errors: { comment: 'Comment body can not be empty!' } })
    const limit = options.commentLimit ?? 32767
    if (
      (isWords || options.countsWords === true ? text : JSON.stringify(body.body)).replace(/\n/g, '\r\n').length > limit
    )
      return json(400, {
        errorMessages: [],
        errors: { comment: `The entered text is too long. It exceeds the allowed limit of ${limit} characters.` },
      })
    const visibility = (body.visibility ?? null) as JiraComment['visibility']
    const circles = visibility?.type === 'role' ? user?.roles : user?.groups
    if (visibility !== null && circles?.includes(visibility.value) !== true)
      return json(400, {
        errorMessages: [],
        errors: {
          commentLevel: `You are currently not a member of the project ${visibility.type}: ${visibility.value}.`,
        },
      })
    const properties =
      options.commentProperties === 'dropped' ? [] : ((body.properties ?? []) as JiraComment['properties'])
    const comment = write(ticket, user?.id ?? null, isWords ? text : Object(body.body), now(), visibility, properties)
    return json(201, commentJson(comment, version, false))
  }

  function write(
    ticket: JiraTicket,
    author: string | null,
    said: string | object,
    created: Date,
    visibility: JiraComment['visibility'] = null,
    properties: JiraComment['properties'] = [],
  ): JiraComment {
    const isWords = typeof said === 'string'
    const body = isWords ? said : documents.textOf(said)
    const document = isWords ? null : said
    const comment = { id: String(nextId++), author, body, document, created, visibility, properties }
    ticket.comments.push(comment)
    if (isWords) for (const [, name = ''] of body.matchAll(/(?<!\\)\[~([^\]]+)\]/g)) mentioned.push(name)
    return comment
  }

  function offered(ticket: JiraTicket, user: JiraUser | null): readonly WorkflowAction[] {
    if (!may(user, 'TRANSITION_ISSUES')) return []
    return workflow.actions.filter(({ from, to, assigneeOnly, permission }) => {
      if (assigneeOnly === true && ticket.assignee !== user?.id) return false
      if (permission !== undefined && !may(user, permission)) return false
      return from === null ? to !== ticket.status : from.includes(ticket.status)
    })
  }

  function actionJson({ id, name, to, resolution, requires }: WorkflowAction): object {
    const isListed = resolution !== undefined && resolution !== 'required but not listed'
    const fields = {
      ...(isListed
        ? {
            resolution: {
              required: resolution === 'required',
              name: 'Resolution',
              schema: { type: 'resolution', system: 'resolution' },
              operations: ['set'],
              allowedValues: resolutions,
            },
          }
        : {}),
      ...(requires === undefined
        ? {}
        : {
            customfield_10010: {
              required: true,
              name: requires,
              schema: { type: 'option' },
              operations: ['set'],
              allowedValues: [{ id: '20001', value: 'Yes' }],
            },
          }),
    }
    return { id, name, to: statusJson(statusAt(to)), hasScreen: Object.keys(fields).length > 0, fields }
  }

  function act(ticket: JiraTicket, user: JiraUser | null, body: Record<string, unknown>): Answer {
    const unknown = Object.keys(body).find((key) => !['transition', 'fields', 'update'].includes(key))
    if (unknown !== undefined) return json(400, errors(`Unrecognized field "${unknown}" (class IssueUpdateBean)`))
    const id = (body.transition as { id?: unknown } | undefined)?.id
    if (typeof id !== 'string') return json(400, errors("Missing 'transition' identifier"))
    const known = workflow.actions.find((each) => each.id === id)
    if (known === undefined) return json(400, errors(`Transition id ${id} is not valid for this issue.`))
    interference?.()
    interference = null
    const action = offered(ticket, user).find((each) => each.id === id)
    if (action === undefined)
      return json(
        400,
        errors(
          `It seems that you have tried to perform a workflow operation (${known.name}) that is not valid for the ` +
            `current state of this issue (${ticket.key}). The likely cause is that somebody has changed the issue.`,
        ),
      )
    const fields = (body.fields ?? {}) as Record<string, unknown>
    const refusal = refusedFields(action, fields)
    if (refusal !== null) return refusal
    const resolution = named(fields.resolution)
    const to = statusAt(action.to)
    ticket.history.push({ at: now(), author: user?.id ?? null, from: ticket.status, to: to.id })
    ticket.status = to.id
    if (to.category !== 'done') ticket.resolution = null
    else if (resolution !== undefined) ticket.resolution = resolution.name
    return { status: 204 }
  }

  function refusedFields(action: WorkflowAction, fields: Record<string, unknown>): Answer | null {
    const off = (field: string): Answer =>
      json(400, {
        errorMessages: [],
        errors: { [field]: `Field '${field}' cannot be set. It is not on the appropriate screen, or unknown.` },
      })
    const known = action.requires === undefined ? ['resolution'] : ['resolution', 'customfield_10010']
    const stray = Object.keys(fields).find((field) => !known.includes(field))
    if (stray !== undefined) return off(stray)
    const { resolution: rule } = action
    const given = fields.resolution
    if (given !== undefined && (rule === undefined || rule === 'listed but refused')) return off('resolution')
    if (given !== undefined && named(given) === undefined)
      return json(400, { errorMessages: [], errors: { resolution: 'Resolution name or id is not valid' } })
    if (given === undefined && (rule === 'required' || rule === 'required but not listed'))
      return json(400, { errorMessages: ['Field Resolution is required.'], errors: {} })
    if (action.requires === undefined) return null
    const { id } = (fields.customfield_10010 ?? {}) as { id?: unknown }
    return id === '20001' ? null : json(400, errors(`${action.requires} is required.`))
  }

  function named(value: unknown): { id: string; name: string } | undefined {
    const { id, name } = (value ?? {}) as { id?: unknown; name?: unknown }
    return resolutions.find((each) => each.id === id || each.name === name)
  }

  function statusAt(id: string): WorkflowStatus {
    const status = workflow.statuses.find((each) => each.id === id)
    if (status === undefined) throw new Error(`the workflow has no status ${id}`)
    return status
  }

  function ticket(key: string): JiraTicket {
    const found = tickets.get(key)
    if (found === undefined) throw new Error(`there is no ticket ${key}`)
    return found
  }

  const standIn = await startStandIn(handle, options.port === undefined ? {} : { port: options.port })
  return {
    ...standIn,
    tickets,
    users,
    mentioned,
    add(key, parts = {}) {
      const added: JiraTicket = {
        id: String(nextId++),
        key,
        summary: parts.summary ?? 'More power to shields',
        status: parts.status ?? workflow.statuses[0]?.id ?? '',
        assignee: parts.assignee === undefined ? (users[0]?.id ?? null) : parts.assignee,
        resolution: null,
        comments: [],
        history: [],
      }
      tickets.set(key, added)
      return added
    },
    remove: (key) => void tickets.delete(key),
    ticket,
    comments: (key) => ticket(key).comments,
    statusOf: (key) => statusAt(ticket(key).status).name,
    comment: (key, author, body, at = now()) => void write(ticket(key), author, body, at),
    move(key, statusId) {
      ticket(key).status = statusAt(statusId).id
    },
    beforeNextAction(then) {
      interference = then
    },
    beforePages(then) {
      beforePage = then
    },
  }
}

function documentOf(words: string): object {
  return { type: 'doc', version: 1, content: [{ type: 'paragraph', content: [{ type: 'text', text: words }] }] }
}

function bodyOf(request: Recorded): { value: Record<string, unknown> } | Answer {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
    return json(415, errors('Unsupported Media Type'))
  try {
    const value: unknown = JSON.parse(request.body.toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { value: value as Record<string, unknown> }
  } catch {
    // answered below
  }
  return json(400, errors('There was an error parsing JSON. Check that your request body is valid.'))
}

function statusJson({ id, name, category }: WorkflowStatus): object {
  const number = { new: 2, indeterminate: 4, done: 3 }[category]
  return { id, name, statusCategory: { id: number, key: category, name: category } }
}

/** 2021-01-17T12:34:00.000+0000 */
function stamp(at: Date): string {
  return at.toISOString().replace('Z', '+0000')
}

function errors(message: string): object {
  return { errorMessages: [message], errors: {} }
}

function notAllowed(): Answer {
  return json(405, errors('Method Not Allowed'))
}

function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
    body: JSON.stringify(value),
  }
}

function page(status: number, title: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`
  return { status, headers: { 'content-type': 'text/html;charset=UTF-8', ...headers }, body }
}
