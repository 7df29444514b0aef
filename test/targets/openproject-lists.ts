import { type Answer, type Recorded, type StandIn, startStandIn } from '../../src/stand-ins/stand-in.ts'

/**
 * OpenProject's API v3, as far as it lists what was changed (docs/api/apiv3 of opf/openproject: work_packages, activities):
 * it refuses wrong keys, and filters and orders that it does not know; lists are by offset, have no more than two elements
 * here, and show links where a single work package embeds.
 */

export const KEY = 'opapi-1815-analytical-engine'
const PAGE = 2

type Node = Readonly<Record<string, unknown>> & { readonly id: number; readonly updatedAt: string }

export interface OpenProjectLists extends StandIn {
  /** Puts it in, or in the place of the one with its id, as it is shown alone. */
  package(node: Node): void
  activity(packageId: number, node: Readonly<Record<string, unknown>>): void
}

export async function startOpenProjectLists(): Promise<OpenProjectLists> {
  const packages = new Map<number, Node>()
  const activities = new Map<number, object[]>()

  const hal = (status: number, value: unknown): Answer => ({
    ...{ status, headers: { 'content-type': 'application/hal+json; charset=utf-8' } },
    body: JSON.stringify(value),
  })
  const refused = (message: string): Answer =>
    hal(400, { _type: 'Error', errorIdentifier: 'urn:openproject-org:api:v3:errors:InvalidQuery', message })

  function handle({ method, target, path, headers, query }: Recorded): Answer {
    if (headers.authorization !== `Basic ${Buffer.from(`apikey:${KEY}`).toString('base64')}`)
      return hal(401, { _type: 'Error', message: 'You need to be authenticated to access this resource.' })
    if (method !== 'GET') return hal(405, { _type: 'Error' })
    if (path === '/api/v3/work_packages') return list(target, query)
    const [, id, rest] = /^\/api\/v3\/work_packages\/(\d+)(\/activities)?$/.exec(path) ?? []
    const found = packages.get(Number(id))
    if (found === undefined) return hal(404, { _type: 'Error', message: 'The requested resource could not be found.' })
    if (rest === undefined) return hal(200, found)
    return hal(200, { _type: 'Collection', _embedded: { elements: activities.get(found.id) ?? [] } })
  }

  function list(target: string, query: URLSearchParams): Answer {
    const strange = [...query.keys()].filter((name) => !['filters', 'sortBy', 'pageSize', 'offset'].includes(name))
    if (strange.length > 0) return refused(`${strange.join(', ')} is not known`)
    const [filter] = JSON.parse(query.get('filters') ?? '[]') as {
      updatedAt?: { operator: string; values: [string, string] }
    }[]
    const since = Date.parse(filter?.updatedAt?.values[0] ?? '')
    if (filter?.updatedAt?.operator !== '<>d' || Number.isNaN(since)) return refused('Operator is not valid.')
    if (query.get('sortBy') !== '[["updatedAt","asc"]]') return refused('Sort criterion is not known.')
    const found = [...packages.values()]
      .filter(({ updatedAt }) => Date.parse(updatedAt) >= since)
      .sort((one, other) => Date.parse(one.updatedAt) - Date.parse(other.updatedAt))
    const offset = Number(query.get('offset') ?? 1)
    const elements = found.slice((offset - 1) * PAGE, offset * PAGE).map(({ _embedded: _, ...shown }) => shown)
    const next = new URLSearchParams(query)
    next.set('offset', String(offset + 1))
    return hal(200, {
      ...{ _type: 'WorkPackageCollection', total: found.length, count: elements.length, pageSize: PAGE, offset },
      _embedded: { elements },
      _links: {
        self: { href: target },
        ...(found.length > offset * PAGE ? { nextByOffset: { href: `/api/v3/work_packages?${next}` } } : {}),
      },
    })
  }

  return {
    ...(await startStandIn(handle)),
    package: (node) => void packages.set(node.id, node),
    activity: (id, node) => void activities.set(id, [...(activities.get(id) ?? []), node]),
  }
}
