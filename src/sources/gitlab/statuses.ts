import { listOf, objectOf, textOf, type Values } from '../../tracker/json-values.ts'
import type { RestApi } from '../kit/rest-api.ts'

/** Gives issues of one project their `status`, in the form of the web hook; those that have none stay as they are. */
export type WithStatuses = (issues: readonly Values[]) => Promise<readonly Values[]>

/** Of the issues of a page. */
const QUERY = `query Statuses($project: ID!, $iids: [String!]) {
  project(fullPath: $project) {
    workItems(iids: $iids, first: 100) {
      nodes { iid widgets(onlyTypes: [STATUS]) { ... on WorkItemWidgetStatus { status { id name category } } } }
    }
  }
}`

/**
 * GitLab's REST API tells no statuses (gitlab-org/gitlab#560083), its GraphQL API does from 18.2 on, with a license for them.
 * @param api with the address above the one of REST
 */
export function statusesIn(api: Pick<RestApi, 'query'>): WithStatuses {
  let isKnown = true

  async function ask(project: string, iids: readonly string[]): Promise<Map<string, Values>> {
    const { data, errors } = objectOf(await api.query('/graphql', { query: QUERY, variables: { project, iids } }))
    // An older GitLab, or one without a license for it, does not know the names; the token may not ask for them either.
    if (errors !== undefined || data === undefined) isKnown = false
    const { nodes } = objectOf(objectOf(objectOf(data).project).workItems)
    return new Map(
      listOf(nodes, 'nodes').flatMap(({ iid, widgets }) => {
        const status = listOf(widgets, 'widgets')
          .map((widget) => objectOf(widget.status))
          .find(({ name }) => textOf(name) !== null)
        if (status === undefined) return []
        const { id, name, category } = status
        return [[textOf(iid) ?? '', { id, name, category: textOf(category)?.toLowerCase() ?? null }] as const]
      }),
    )
  }

  return async (issues) => {
    const [first] = issues
    const project = textOf(objectOf(first?.references).full)?.replace(/#\d+$/, '') ?? null
    if (!isKnown || project === null) return issues
    const found = await ask(
      project,
      issues.map(({ iid }) => textOf(iid) ?? ''),
    )
    return issues.map((issue) => {
      const status = found.get(textOf(issue.iid) ?? '')
      return status === undefined ? issue : { ...issue, status }
    })
  }
}
