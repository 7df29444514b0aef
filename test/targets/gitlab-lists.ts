import { type Answer, type Recorded, type StandIn, startStandIn } from '../../src/stand-ins/stand-in.ts'

/**
 * GitLab's REST API, as far as it lists what was changed (docs.gitlab.com/api: issues, notes, resource_state_events): it
 * refuses wrong tokens and queries that it does not know; pages are by number and at most 100 long. Of statuses GraphQL alone
 * tells (docs.gitlab.com/api/graphql/reference), if an issue has one, as if that took a license.
 */

export const TOKEN = 'glpat-Xk3vQm7RelayReads12'
export const PROJECT_PATH = 'starfleet/enterprise'

type Node = Readonly<Record<string, unknown>>

export interface GitLabLists extends StandIn {
  /** Puts it in, or in the place of the one with its id. */
  issue(node: Node): void
  note(iid: number, node: Node): void
  stateEvent(iid: number, node: Node): void
}

export async function startGitLabLists(): Promise<GitLabLists> {
  const issues = new Map<unknown, Node>()
  const notes = new Map<number, Node[]>()
  const events = new Map<number, Node[]>()

  const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  })

  function handle(request: Recorded): Answer {
    const { method, headers, query } = request
    const [path = ''] = request.target.split('?')
    if (path === '/api/graphql') return statuses(request)
    if (headers['private-token'] !== TOKEN) return json(401, { message: '401 Unauthorized' })
    if (method !== 'GET') return json(403, { error: 'insufficient_scope' })
    if (path === '/api/v4/user') return json(200, { id: 7, username: 'relay', name: 'The relay' })
    const project = `/api/v4/projects/${encodeURIComponent(PROJECT_PATH)}`
    if (path === project) return json(200, { id: 42, path_with_namespace: PROJECT_PATH, issues_enabled: true })
    if (!path.startsWith(`${project}/`)) return json(404, { message: '404 Project Not Found' })
    if (path === `${project}/issues`) {
      const after = query.get('updated_after') ?? '1970-01-01T00:00:00.000Z'
      if (Number.isNaN(Date.parse(after))) return json(400, { error: 'updated_after is invalid' })
      const confidential = query.get('confidential')
      const shown = [...issues.values()]
        .map(({ status: _, ...issue }): Node => issue)
        .filter(({ updated_at }) => Date.parse(String(updated_at)) >= Date.parse(after))
        .filter((issue) => confidential === null || String(issue.confidential) === confidential)
      return paged(request, sorted(request, shown), ['scope', 'confidential', 'order_by', 'sort', 'updated_after'])
    }
    const [, iid, list] = /\/issues\/(\d+)\/(notes|resource_state_events)$/.exec(path) ?? []
    if (![...issues.values()].some((issue) => String(issue.iid) === iid)) return json(404, { message: '404 Not found' })
    if (list === 'resource_state_events') return paged(request, events.get(Number(iid)) ?? [], [])
    const filter = query.get('activity_filter') ?? 'all_notes'
    const shown = (notes.get(Number(iid)) ?? []).filter(({ system }) => filter !== 'only_comments' || system !== true)
    return paged(request, sorted(request, shown), ['order_by', 'sort', 'activity_filter'])
  }

  function statuses({ method, headers, body }: Recorded): Answer {
    if (headers.authorization !== `Bearer ${TOKEN}`) return json(401, { errors: [{ message: 'Invalid token' }] })
    if (method !== 'POST') return json(404, {})
    if (![...issues.values()].some(({ status }) => status !== undefined))
      return json(200, {
        errors: [{ message: 'No such type WorkItemWidgetStatus, so it can not be a fragment condition' }],
      })
    const { query, variables } = JSON.parse(body.toString()) as {
      query: string
      variables: { project: string; iids: string[] }
    }
    if (!query.includes('widgets(onlyTypes: [STATUS])') || variables.project !== PROJECT_PATH)
      return json(200, { data: { project: null } })
    const nodes = [...issues.values()]
      .filter(({ iid }) => variables.iids.includes(String(iid)))
      .map(({ iid, status }) => ({ iid: String(iid), widgets: [{ status: status ?? null }] }))
    return json(200, { data: { project: { workItems: { nodes } } } })
  }

  function sorted({ query }: Recorded, all: readonly Node[]): Node[] {
    const by = query.get('order_by') ?? 'created_at'
    const found = [...all].sort((one, other) => (String(one[by]) < String(other[by]) ? -1 : 1))
    return query.get('sort') === 'asc' ? found : found.reverse()
  }

  function paged({ query }: Recorded, all: readonly Node[], allowed: readonly string[]): Answer {
    const strange = [...query.keys()].filter((key) => ![...allowed, 'page', 'per_page'].includes(key))
    if (strange.length > 0) return json(400, { error: `${strange.join(', ')} is not known` })
    const size = Math.min(100, Number(query.get('per_page') ?? 20))
    const number = Number(query.get('page') ?? 1)
    const next = all.length > number * size ? String(number + 1) : ''
    return json(200, all.slice((number - 1) * size, number * size), { 'x-page': String(number), 'x-next-page': next })
  }

  const put = (lists: Map<number, Node[]>) => (iid: number, node: Node) =>
    void lists.set(iid, [...(lists.get(iid) ?? []).filter(({ id }) => id !== node.id), node])
  return {
    ...(await startStandIn(handle)),
    issue: (node) => void issues.set(node.id, node),
    note: put(notes),
    stateEvent: put(events),
  }
}
