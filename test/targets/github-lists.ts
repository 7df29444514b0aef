import { type Answer, type Recorded, type StandIn, startStandIn } from '../../src/stand-ins/stand-in.ts'

/**
 * GitHub's REST API, as far as it lists what was changed (docs.github.com/rest/issues): it refuses wrong tokens, and queries
 * that it does not know; pages are by number and at most 100 long, and lists do not tell who closed an issue. Comments are
 * listed issue by issue.
 */

export const TOKEN = 'github_pat_11RELAY0Xk3vQm7_reads'
export const REPOSITORY = 'starfleet/enterprise'

type Node = Readonly<Record<string, unknown>>

export interface GitHubLists extends StandIn {
  /** Puts it in, or in the place of the one with its id. */
  issue(node: Node): void
  comment(node: Node): void
  event(number: number, node: Node): void
  /** Called after each page of a list. */
  afterPage(then: () => void): void
}

export async function startGitHubLists(): Promise<GitHubLists> {
  const issues = new Map<unknown, Node>()
  const comments = new Map<unknown, Node>()
  const events = new Map<number, Node[]>()
  let afterPage = (): void => {}

  const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  })
  const notFound = json(404, { message: 'Not Found', status: '404' })

  function handle(request: Recorded): Answer {
    const { method, path, headers, query } = request
    if (headers['user-agent'] === undefined) return json(403, { message: 'Request forbidden by administrative rules.' })
    if (headers.authorization !== `Bearer ${TOKEN}`) return json(401, { message: 'Bad credentials', status: '401' })
    if (headers['x-github-api-version'] !== '2022-11-28') return json(400, { message: 'Unsupported API version' })
    if (method !== 'GET') return json(403, { message: 'Resource not accessible by personal access token' })
    if (path === '/user') return json(200, { id: 7, login: 'relay' })
    const inRepository = `/repos/${REPOSITORY}`
    if (path === inRepository) return json(200, { id: 42, full_name: REPOSITORY, has_issues: true })
    if (path === `${inRepository}/issues`) {
      const state = query.get('state') ?? 'open'
      const shown = [...issues.values()].filter((issue) => state === 'all' || issue.state === state)
      const listed = shown.map(({ closed_by: _, ...issue }) => issue)
      return changed(request, listed, ['state'])
    }
    const [, number, rest] = /\/issues\/(\d+)(\/events|\/comments)?$/.exec(path) ?? []
    const issue = [...issues.values()].find((each) => String(each.number) === number)
    if (issue === undefined || !path.startsWith(inRepository)) return notFound
    if (rest === '/events') return paged(request, events.get(Number(number)) ?? [], [])
    return rest === undefined ? json(200, issue) : commentsOn(request, Number(number))
  }

  function sinceIn(query: URLSearchParams): string | null {
    const since = query.get('since') ?? '1970-01-01T00:00:00Z'
    return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(since) ? since : null
  }

  /** By their numbers; what was changed before the time is left out. */
  function commentsOn(request: Recorded, number: number): Answer {
    const since = sinceIn(request.query)
    if (since === null) return json(422, { message: 'Invalid request. since' })
    const found = [...comments.values()].filter(
      ({ issue_url, updated_at }) => String(issue_url).endsWith(`/issues/${number}`) && String(updated_at) >= since,
    )
    return paged(request, found, ['since'])
  }

  function changed(request: Recorded, all: readonly Node[], allowed: readonly string[]): Answer {
    const { query } = request
    const since = sinceIn(query)
    if (since === null) return json(422, { message: 'Invalid request. since' })
    const by = query.get('sort') === 'updated' ? 'updated_at' : 'created_at'
    const sorted = all
      .filter(({ updated_at }) => String(updated_at) >= since)
      .sort((one, other) => (String(one[by]) < String(other[by]) ? -1 : 1))
    if (query.get('direction') !== 'asc') sorted.reverse()
    const answer = paged(request, sorted, ['since', 'sort', 'direction', ...allowed])
    afterPage()
    return answer
  }

  function paged({ query, path }: Recorded, all: readonly Node[], allowed: readonly string[]): Answer {
    const strange = [...query.keys()].filter((key) => ![...allowed, 'page', 'per_page'].includes(key))
    if (strange.length > 0) return json(422, { message: `Invalid request. ${strange.join(', ')} is not known` })
    const size = Math.min(100, Number(query.get('per_page') ?? 30))
    const number = Number(query.get('page') ?? 1)
    const shown = all.slice((number - 1) * size, number * size)
    if (all.length <= number * size) return json(200, shown)
    const next = new URLSearchParams(query)
    next.set('page', String(number + 1))
    const address = `${standIn.url}${path}`
    return json(200, shown, { link: `<${address}?page=1>; rel="first", <${address}?${next}>; rel="next"` })
  }

  const standIn = await startStandIn(handle)
  return {
    ...standIn,
    issue: (node) => void issues.set(node.id, node),
    comment: (node) => void comments.set(node.id, node),
    event: (number, node) => void events.set(number, [...(events.get(number) ?? []), node]),
    afterPage(then) {
      afterPage = then
    },
  }
}
