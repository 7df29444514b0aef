import type { JiraUser } from './jira-user.ts'
import type { Answer, Recorded } from './stand-in.ts'

/**
 * The saved filters and the search of the JIRA stand-in, as Atlassian's references of JIRA Server 8 and of the Cloud
 * platform have them. It knows no JQL: a query finds what the filter with the same query is said to find.
 */

export interface JiraFilter {
  readonly id: string
  readonly name: string
  readonly jql: string
  /** Default: with everybody who has logged in. */
  readonly shared?: 'everybody' | 'users' | 'nobody'
  /** Why JIRA does not take the query. */
  readonly refused?: string
  readonly finds: FoundTicket[]
}

/** Its fields as they are sent; `created` is also looked at. */
export interface FoundTicket {
  readonly id: string
  readonly key: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface JiraSearchOptions {
  readonly isCloud: boolean
  readonly filters: readonly JiraFilter[]
  readonly fields: readonly { readonly id: string; readonly name: string }[]
  /** The most tickets that one answer holds; JIRA's default is 1,000 on a Server, 100 on Cloud. */
  readonly most: number
  readonly tellsCount: boolean
  mayBrowse(user: JiraUser | null): boolean
  /** Called right before each page is put together. */
  beforePage(): void
}

type Body = Readonly<Record<string, unknown>>

const REMOVED =
  'The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline ' +
  'is available at https://developer.atlassian.com/changelog/#CHANGE-2046'

/** null for a path that is not about filters or searches. */
export function answerSearch(
  options: JiraSearchOptions,
  version: string,
  path: string,
  request: Recorded,
  user: JiraUser | null,
): Answer | null {
  const { isCloud, filters } = options
  if (path === '/field' && request.method === 'GET') return json(200, options.fields.map(fieldJson))
  const filter = /^\/filter\/([^/]+)$/.exec(path)?.[1]
  if (filter !== undefined) return request.method === 'GET' ? oneFilter(filters, filter, user) : json(405, refuse(''))
  if (isCloud && path === '/search') return json(410, refuse(REMOVED))
  if (!isCloud && version === '2' && path === '/search') return searched(options, request, user, serverPage)
  if (isCloud && path === '/search/jql') return searched(options, request, user, cloudPage)
  if (isCloud && options.tellsCount && path === '/search/approximate-count')
    return searched(options, request, user, (_, found) => json(200, { count: found.length }))
  return null
}

function oneFilter(filters: readonly JiraFilter[], id: string, user: JiraUser | null): Answer {
  const filter = filters.find((each) => each.id === id)
  const { shared = 'users' } = filter ?? {}
  if (filter === undefined || shared === 'nobody' || (shared === 'users' && user === null))
    return json(
      400,
      refuse(
        'The selected filter is not available to you, perhaps it has been deleted or had its permissions changed.',
      ),
    )
  return json(200, {
    self: `https://jira.example.com/rest/api/2/filter/${id}`,
    id,
    name: filter.name,
    description: 'Lists what is open',
    owner: { key: 'kirk', name: 'kirk', displayName: 'James Kirk', active: true },
    jql: filter.jql,
    viewUrl: `https://jira.example.com/issues/?filter=${id}`,
    searchUrl: `https://jira.example.com/rest/api/2/search?jql=${encodeURIComponent(filter.jql)}`,
    favourite: true,
    sharePermissions: shared === 'everybody' ? [{ id: 10000, type: 'global' }] : [],
  })
}

function searched(
  options: JiraSearchOptions,
  request: Recorded,
  user: JiraUser | null,
  show: (body: Body, found: readonly FoundTicket[], options: JiraSearchOptions) => Answer,
): Answer {
  if (request.method !== 'POST') return json(405, refuse('Method Not Allowed'))
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) return json(415, refuse('Unsupported'))
  const body = JSON.parse(request.body.toString('utf8')) as Body
  if (typeof body.jql !== 'string') return json(400, refuse('The JQL is missing.'))
  const jql = body.jql.trim()
  if (options.isCloud && /^(order by\b|$)/i.test(jql))
    return json(
      400,
      refuse('Unbounded JQL queries are not allowed here. Please add a search restriction to your query.'),
    )
  const [, since = null, rest = jql] = /^created >= "(\d{4}-\d\d-\d\d)"\s*(.*)$/s.exec(jql) ?? []
  const filter = options.filters.find((each) => each.jql.trim() === (since === null ? jql : rest))
  if (filter === undefined) return json(400, refuse(`Error in the JQL Query: '${jql}' is not known here.`))
  if (filter.refused !== undefined) return json(400, refuse(filter.refused))
  options.beforePage()
  const all = options.mayBrowse(user) ? filter.finds : []
  return show(body, since === null ? all : all.filter(({ fields }) => String(fields.created) >= since), options)
}

function serverPage(body: Body, found: readonly FoundTicket[], { most }: JiraSearchOptions): Answer {
  const strange = strangeKey(body, ['jql', 'startAt', 'maxResults', 'fields', 'validateQuery', 'expand'])
  if (strange !== null) return strange
  const startAt = Number(body.startAt ?? 0)
  const maxResults = Math.min(most, Number(body.maxResults ?? 50))
  if (!Number.isInteger(startAt) || startAt < 0 || !Number.isInteger(maxResults)) return json(400, refuse('Invalid'))
  const issues = found.slice(startAt, startAt + maxResults).map((ticket) => issueJson(ticket, body.fields, null))
  return json(200, { expand: 'schema,names', startAt, maxResults, total: found.length, issues })
}

function cloudPage(body: Body, found: readonly FoundTicket[], { most }: JiraSearchOptions): Answer {
  const strange = strangeKey(body, ['jql', 'nextPageToken', 'maxResults', 'fields', 'expand', 'properties'])
  if (strange !== null) return strange
  const asked = Number(body.maxResults ?? 50)
  if (!Number.isInteger(asked) || asked < 1 || asked > 5000)
    return json(400, refuse('The max results parameter has to be between 1 and 5,000.'))
  const at = body.nextPageToken === undefined ? 0 : positionOf(String(body.nextPageToken), String(body.jql))
  if (at === null) return json(400, refuse('The provided next page token is invalid or expired.'))
  const end = at + Math.min(most, asked)
  const issues = found.slice(at, end).map((ticket) => issueJson(ticket, body.fields, []))
  if (end >= found.length) return json(200, { issues, isLast: true })
  return json(200, { issues, nextPageToken: tokenAt(end, String(body.jql)), isLast: false })
}

function tokenAt(position: number, jql: string): string {
  return Buffer.from(`${position} ${jql}`).toString('base64')
}

/** A token goes with its query. */
function positionOf(token: string, jql: string): number | null {
  const [, position, of] = /^(\d+) (.*)$/s.exec(Buffer.from(token, 'base64').toString('utf8')) ?? []
  return position === undefined || of !== jql ? null : Number(position)
}

function issueJson({ id, key, fields }: FoundTicket, wanted: unknown, byDefault: readonly string[] | null): object {
  const names = Array.isArray(wanted) ? wanted.map(String) : byDefault
  if (names?.length === 0) return { id }
  const shown = Object.entries(fields).filter(([name]) => names === null || names.includes(name))
  return {
    expand: 'operations,versionedRepresentations,editmeta,changelog,renderedFields',
    id,
    self: `https://jira.example.com/rest/api/2/issue/${id}`,
    key,
    fields: Object.fromEntries(shown),
  }
}

function strangeKey(body: Body, known: readonly string[]): Answer | null {
  const strange = Object.keys(body).find((key) => !known.includes(key))
  return strange === undefined ? null : json(400, refuse(`Unrecognized field "${strange}"`))
}

function fieldJson({ id, name }: { readonly id: string; readonly name: string }): object {
  const custom = id.startsWith('customfield_')
  return { id, name, custom, orderable: true, navigable: true, searchable: true, clauseNames: [name] }
}

function refuse(message: string): object {
  return { errorMessages: [message], errors: {} }
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json;charset=UTF-8' }, body: JSON.stringify(value) }
}
