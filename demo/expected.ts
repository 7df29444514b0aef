import type { IntegrationConfig } from '../src/config/schema.ts'
import type { Effect } from '../src/connectors/effect.ts'
import { plan } from '../src/queue/plan.ts'
import type { Link } from '../src/tracker/activity.ts'
import { type LinkBook, linksAfter, type Recorded } from './day.ts'

/** A delivery that an activity of the day must cause, worked out beside the relay. */
export interface Expected {
  readonly key: string
  readonly integration: string
  readonly effect: Effect
  readonly lanes: readonly string[]
  /** As in what a target has received; null for a story that is linked to no ticket of this system. */
  readonly subject: string | null
}

/**
 * Everything that the day must cause, in order. The links are followed on their own, so that a ticket the relay fails
 * to find is noticed.
 * @param systems which system each of the project's integrations in Tracker leads to, for links that tell only its id
 */
export function expectedOf(
  day: readonly Recorded[],
  projectId: string,
  integrations: readonly IntegrationConfig[],
): Expected[] {
  const configs = new Map(integrations.map((integration) => [integration.name, integration]))
  let book: LinkBook = new Map()
  return day.flatMap(({ activity }) => {
    book = linksAfter(book, activity)
    return plan(activity, projectId, integrations).map(({ key, integration, storyId, effect, lanes }) => {
      const config = configs.get(integration)
      if (config?.connector.needsTicket !== true)
        return { key, integration, effect, lanes, subject: storyId === null ? '' : `#${storyId}` }
      const link = book.get(storyId ?? '')
      const subject = link !== undefined && leadsTo(link, config) ? link.externalId : null
      return { key, integration, effect, lanes, subject }
    })
  })
}

/** By Tracker's id of the integration where the config tells it, else by the system. */
function leadsTo({ system, integrationId }: Link, { type, common }: IntegrationConfig): boolean {
  return common.integration_id === undefined ? system === type : integrationId === String(common.integration_id)
}
