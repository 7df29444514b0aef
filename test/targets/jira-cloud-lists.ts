import { type Answer, type Recorded, type StandIn, startStandIn } from '../../src/stand-ins/stand-in.ts'

/**
 * Jira Cloud's REST API v2, as far as it lists what was changed (developer.atlassian.com/cloud/jira/platform/rest/v2: search
 * by JQL, get issue): it refuses wrong tokens, queries that it does not know and JQL without a bound; a page has no more than
 * two issues here, and leads to the next one by a token. Times in JQL have whole minutes.
 */

export const USERNAME = 'relay@starfleet.example'
export const TOKEN = 'ATATT3xFfGF0-relay-reads'
const PAGE = 2
const MINUTE_MS = 60_000

type Node = Readonly<Record<string, unknown>> & { readonly id: string; readonly key: string }

export interface JiraCloudLists extends StandIn {
  /** Puts it in, or in the place of the one with its id, as it is shown alone. */
  issue(node: Node & { readonly fields: Readonly<Record<string, unknown>> }): void
  remove(id: string): void
}

export async function startJiraCloudLists(): Promise<JiraCloudLists> {
  const issues = new Map<string, Node & { readonly fields: Readonly<Record<string, unknown>> }>()

  const json = (status: number, value: unknown): Answer => ({
    ...{ status, headers: { 'content-type': 'application/json;charset=UTF-8' } },
    body: JSON.stringify(value),
  })
  const refused = (message: string): Answer => json(400, { errorMessages: [message], errors: {} })

  function handle({ method, path, headers, query }: Recorded): Answer {
    if (headers.authorization !== `Basic ${Buffer.from(`${USERNAME}:${TOKEN}`).toString('base64')}`)
      return json(401, { message: 'Client must be authenticated to access this resource.' })
    if (method !== 'GET') return json(405, {})
    if (path === '/rest/api/2/search/jql') return search(query)
    const [, id = ''] = /^\/rest\/api\/2\/issue\/(\d+)$/.exec(path) ?? []
    const issue = issues.get(id)
    if (issue === undefined) return json(404, { errorMessages: ['Issue does not exist'], errors: {} })
    const { changelog, ...shown } = issue
    return json(200, query.get('expand') === 'changelog' ? { ...shown, changelog } : shown)
  }

  function search(query: URLSearchParams): Answer {
    const strange = [...query.keys()].filter((name) => !['jql', 'fields', 'maxResults', 'nextPageToken'].includes(name))
    if (strange.length > 0) return refused(`unknown parameter ${strange.join(', ')}`)
    const [, project, minutes] =
      /^project = (\w+) AND updated >= -(\d+)m ORDER BY updated ASC$/.exec(query.get('jql') ?? '') ?? []
    if (minutes === undefined) return refused('Unbounded JQL queries are not allowed here.')
    const now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS
    const found = [...issues.values()]
      .filter(({ key }) => key.startsWith(`${project}-`))
      .filter(({ fields }) => Date.parse(String(fields.updated)) >= now - Number(minutes) * MINUTE_MS)
      .sort((one, other) => (String(one.fields.updated) < String(other.fields.updated) ? -1 : 1))
    const begin = Number(query.get('nextPageToken') ?? 0)
    const fields = (query.get('fields') ?? '').split(',')
    const page = found.slice(begin, begin + PAGE).map(({ id, key, self, fields: all }) => ({
      ...{ id, key, self },
      fields: Object.fromEntries(Object.entries(all).filter(([name]) => fields.includes(name))),
    }))
    const isLast = begin + PAGE >= found.length
    return json(200, { issues: page, isLast, ...(isLast ? {} : { nextPageToken: String(begin + PAGE) }) })
  }

  return {
    ...(await startStandIn(handle)),
    issue: (node) => void issues.set(node.id, node),
    remove: (id) => void issues.delete(id),
  }
}
