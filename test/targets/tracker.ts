import { type Answer, type Recorded, type StandIn, startStandIn } from '../../src/stand-ins/stand-in.ts'

/**
 * A Tracker, as far as its APIs v5 and v3 tell of stories and integrations. Errors read as v5's did; a limit answers
 * 429 with Retry-After.
 */

export interface TrackerStory {
  readonly projectId: string
  readonly id: string
  readonly name: string
  /** Which of the project's integrations, and which ticket there. */
  link: { readonly integrationId: string; readonly externalId: string } | null
}

export interface TrackerIntegrationParts {
  readonly id: string
  readonly kind: 'jira' | 'zendesk' | 'lighthouse' | 'bugzilla' | 'get_satisfaction' | 'other'
  readonly baseUrl: string
}

export interface TrackerOptions {
  readonly token?: string
  readonly auth?: 'x-tracker-token' | 'bearer'
  /** Some compatible servers wrap every answer. */
  readonly envelope?: boolean
  /** So many requests, then 429. */
  readonly limit?: { readonly requests: number; readonly retryAfter: string }
  /** The token's owner may see the stories but not the integrations. */
  readonly hidesIntegrations?: boolean
  readonly port?: number
  /** The most activities on a page; Tracker's is 500. */
  readonly mostActivities?: number
  /** Some compatible servers do not say how many there are. */
  readonly hidesTotal?: boolean
}

export interface TrackerStandIn extends StandIn {
  readonly token: string
  /** Puts a story in, or changes it. */
  story(projectId: string, id: string, link?: TrackerStory['link']): void
  remove(projectId: string, id: string): void
  integration(projectId: string, parts: TrackerIntegrationParts): void
  /** Puts an activity into the project's list, as its hook sends it. */
  activity(body: TrackerActivity): void
  /** How often pages of activities were asked for. */
  listed(): number
  /** How often a story was asked for. */
  asked(id: string): number
}

export interface TrackerActivity {
  readonly guid: string
  readonly project: { readonly id: number }
  readonly occurred_at: number
}

const UNFOUND = {
  code: 'unfound_resource',
  kind: 'error',
  error:
    'The object you tried to access could not be found.  It may have been removed by another user, you may be using the ID of another object type, or you may be trying to access a sub-resource at the wrong point in a tree.',
}
const UNAUTHENTICATED = {
  code: 'invalid_authentication',
  kind: 'error',
  error: 'Invalid authentication credentials were presented.',
}
const FORBIDDEN = { code: 'unauthorized_operation', kind: 'error', error: 'Authorization failure.' }
const invalid = (problem: string): object => ({
  ...{ code: 'invalid_parameter', kind: 'error', error: 'One or more request parameters was missing or invalid.' },
  general_problem: problem,
})
const NO_ROUTE = { code: 'route_not_found', kind: 'error', error: 'The path you requested has no valid endpoint.' }

export async function startTracker(options: TrackerOptions = {}): Promise<TrackerStandIn> {
  const token = options.token ?? 'c93f12c71bec27843c1d84b3bdd547f3'
  const stories = new Map<string, TrackerStory>()
  const integrations = new Map<string, TrackerIntegrationParts[]>()
  const activities: TrackerActivity[] = []
  let served = 0

  function isOurs({ headers }: Recorded): boolean {
    if (options.auth === 'bearer')
      return headers.authorization === `Bearer ${token}` && headers['x-trackertoken'] === undefined
    return headers['x-trackertoken'] === token && headers.authorization === undefined
  }

  function handle(request: Recorded): Answer {
    served += 1
    const { limit } = options
    if (limit !== undefined && served > limit.requests)
      return {
        status: 429,
        headers: { 'retry-after': limit.retryAfter, 'content-type': 'text/plain' },
        body: 'slow down',
      }
    if (request.method !== 'GET') return json(404, NO_ROUTE)
    const [, version = '', path = ''] = /^\/services\/(v3|v5)(\/.*)$/.exec(request.path) ?? []
    if (version === '') return { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>Not Found</h1>' }
    const wanted = version === 'v5' ? 'application/json' : 'application/xml'
    if (request.headers.accept !== wanted) return json(406, { kind: 'error', error: `this API speaks ${wanted}` })
    if (!isOurs(request)) return version === 'v5' ? json(403, UNAUTHENTICATED) : { status: 401, body: 'Access denied.' }
    return version === 'v5' ? v5(path, request.query) : v3(path)
  }

  function v5(path: string, query: URLSearchParams): Answer {
    const listOf = /^\/projects\/([^/]+)\/activity$/.exec(path)?.[1]
    if (listOf !== undefined) return activityList(listOf, query)
    const list = /^\/projects\/([^/]+)\/integrations$/.exec(path)
    if (list !== null) {
      if (options.hidesIntegrations === true) return json(403, FORBIDDEN)
      const found = integrations.get(list[1] ?? '')
      return found === undefined ? json(404, UNFOUND) : ok(found.map((each) => integrationJson(list[1] ?? '', each)))
    }
    const whole = /^\/projects\/([^/]+)$/.exec(path)?.[1]
    if (whole !== undefined)
      return knows(whole) ? ok({ kind: 'project', id: number(whole), name: 'Enterprise' }) : json(404, UNFOUND)
    const one = /^\/projects\/([^/]+)\/stories\/([^/]+)$/.exec(path)
    if (one === null) return json(404, NO_ROUTE)
    const story = stories.get(`${one[1]} ${one[2]}`)
    return story === undefined ? json(404, UNFOUND) : ok(storyJson(story))
  }

  function ok(value: unknown): Answer {
    return json(200, options.envelope === true ? { http_status: '200', data: value } : value)
  }

  /** Newest first, as Tracker does by default. */
  function activityList(projectId: string, query: URLSearchParams): Answer {
    const known = ['occurred_after', 'occurred_before', 'limit', 'offset', 'envelope']
    const [strange] = [...query.keys()].filter((name) => !known.includes(name))
    if (strange !== undefined) return json(400, invalid(`${strange} is not a parameter of this endpoint`))
    const [asked, offset] = [Number(query.get('limit') ?? 100), Number(query.get('offset') ?? 0)]
    if (!(asked >= 1 && asked <= 500)) return json(400, invalid('limit must be between 1 and 500'))
    if (!(offset >= 0)) return json(400, invalid('offset must be at least 0'))
    const time = (name: string, standard: number): number =>
      query.has(name) ? Date.parse(query.get(name) ?? '') : standard
    const [after, before] = [time('occurred_after', 0), time('occurred_before', Number.MAX_SAFE_INTEGER)]
    if (Number.isNaN(after + before)) return json(400, invalid('a time is not in ISO 8601'))
    const found = activities
      .filter(
        ({ project, occurred_at }) => String(project.id) === projectId && occurred_at > after && occurred_at < before,
      )
      .sort((one, other) => other.occurred_at - one.occurred_at || activities.indexOf(other) - activities.indexOf(one))
    const limit = Math.min(asked, options.mostActivities ?? 500)
    const page = found.slice(offset, offset + limit)
    const counts = { total: found.length, limit, offset, returned: page.length }
    if (options.envelope === true)
      return json(200, {
        http_status: '200',
        data: page,
        ...(options.hidesTotal === true ? {} : { pagination: counts }),
      })
    const told = Object.entries(counts).map(([name, count]) => [`x-tracker-pagination-${name}`, String(count)])
    const answer = json(200, page)
    return options.hidesTotal === true
      ? answer
      : { ...answer, headers: { ...answer.headers, ...Object.fromEntries(told) } }
  }

  /** A project is there when it has a story or an integration. */
  function knows(projectId: string): boolean {
    return integrations.has(projectId) || [...stories.values()].some((story) => story.projectId === projectId)
  }

  function v3(path: string): Answer {
    const whole = /^\/projects\/([^/]+)$/.exec(path)?.[1]
    if (whole !== undefined && knows(whole))
      return {
        status: 200,
        headers: { 'content-type': 'application/xml; charset=utf-8' },
        body: `<?xml version="1.0" encoding="UTF-8"?>\n<project>\n  <id>${whole}</id>\n  <name>Enterprise</name>\n</project>`,
      }
    const one = /^\/projects\/([^/]+)\/stories\/([^/]+)$/.exec(path)
    const story = one === null ? undefined : stories.get(`${one[1]} ${one[2]}`)
    if (story === undefined)
      return { status: 404, headers: { 'content-type': 'text/html' }, body: 'Resource not found' }
    const link = story.link
    const place = integrations.get(story.projectId)?.find(({ id }) => id === link?.integrationId)
    const linked =
      link === null || place === undefined
        ? ''
        : `
  <integration_id type="integer">${link.integrationId}</integration_id>
  <${place.kind}_id>${link.externalId}</${place.kind}_id>
  <${place.kind}_url>${place.baseUrl}${link.externalId}</${place.kind}_url>`
    const body = `<?xml version="1.0" encoding="UTF-8"?>
<story>
  <id type="integer">${story.id}</id>
  <project_id type="integer">${story.projectId}</project_id>
  <story_type>feature</story_type>
  <url>http://www.pivotaltracker.com/story/show/${story.id}</url>
  <estimate type="integer">1</estimate>
  <current_state>started</current_state>${linked}
  <description></description>
  <name>${story.name}</name>
  <requested_by>James Kirk</requested_by>
  <created_at type="datetime">2009/12/14 22:12:09 UTC</created_at>
</story>`
    return { status: 200, headers: { 'content-type': 'application/xml; charset=utf-8' }, body }
  }

  const standIn = await startStandIn(handle, options.port === undefined ? {} : { port: options.port })
  return {
    ...standIn,
    token,
    story: (projectId, id, link = null) =>
      void stories.set(`${projectId} ${id}`, { projectId, id, name: 'More power to shields', link }),
    remove: (projectId, id) => void stories.delete(`${projectId} ${id}`),
    integration: (projectId, parts) =>
      void integrations.set(projectId, [...(integrations.get(projectId) ?? []), parts]),
    activity: (body) => void activities.push(body),
    listed: () => standIn.requests.filter(({ path }) => path.endsWith('/activity')).length,
    asked: (id) => standIn.requests.filter(({ path }) => path.endsWith(`/stories/${id}`)).length,
  }
}

function storyJson({ projectId, id, name, link }: TrackerStory): object {
  return {
    kind: 'story',
    id: number(id),
    project_id: number(projectId),
    name,
    story_type: 'feature',
    current_state: 'started',
    owner_ids: [],
    labels: [],
    url: `https://www.pivotaltracker.com/story/show/${id}`,
    ...(link === null ? {} : { integration_id: number(link.integrationId), external_id: link.externalId }),
  }
}

function integrationJson(projectId: string, { id, kind, baseUrl }: TrackerIntegrationParts): object {
  return {
    kind: `${kind}_integration`,
    id: number(id),
    project_id: number(projectId),
    name: kind,
    active: true,
    base_url: baseUrl,
    can_import: true,
    is_other: kind === 'other',
  }
}

/** JSON.stringify would spoil the digits of an id beyond 2^53; the marks are taken off again in `json`. */
const number = (id: string): string => `#${id}#`

function json(status: number, value: unknown): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(value).replace(/"#(\d+)#"/g, '$1'),
  }
}
