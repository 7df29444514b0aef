import type { WholeIntegrationAnswer } from '../api/integrations.ts'
import type { LinkAnswer } from '../api/links.ts'
import type { PageApi } from './page-api.ts'

export interface LinkCount {
  readonly count: number
  readonly isMore: boolean
}

/** Of those that a first look finds: the links of its projects to tickets of its system. Null: it has no tickets. */
export async function linkCount(api: PageApi, one: WholeIntegrationAnswer): Promise<LinkCount | null> {
  const pages = await Promise.all(
    one.projects
      .slice(0, 5)
      .map((project) =>
        api.get<{ items: readonly LinkAnswer[]; next: string | null }>('/links', { project, limit: 200 }),
      ),
  )
  const count = pages.flatMap(({ items }) => items.filter((link) => isLinkTo(link, one))).length
  return count === 0 ? null : { count, isMore: one.projects.length > 5 || pages.some(({ next }) => next !== null) }
}

/** Tracker's word for a system is our name of the connector, with "_". */
export function isLinkTo(link: LinkAnswer, { type, settings }: WholeIntegrationAnswer): boolean {
  const { integration_id } = (settings ?? {}) as { readonly integration_id?: unknown }
  const isItsId = link.integration_id === null || integration_id === undefined
  return (
    link.external_id !== null &&
    (link.system === null || link.system === type?.replaceAll('-', '_')) &&
    (isItsId || link.integration_id === String(integration_id))
  )
}
