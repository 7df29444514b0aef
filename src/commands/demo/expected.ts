import type { IntegrationConfig } from '../../config/schema.ts'
import type { Effect } from '../../connectors/contract/effect.ts'
import { plan } from '../../queue/plan.ts'
import type { Link } from '../../tracker/activity.ts'
import { type LinkBook, linksAfter, type Recorded } from './day.ts'
import type { Exception, Target } from './target.ts'

/** A delivery that an activity of the day must cause, worked out beside the relay. */
export interface Expected {
  readonly key: string
  /** The name of the recording. */
  readonly activity: string
  readonly integration: string
  readonly effect: Effect
  readonly lanes: readonly string[]
  /** As in what a target has received; null for a story that is linked to no ticket of this system. */
  readonly subject: string | null
  /** What the story is called in the course of the day; none for what is about no single story. */
  readonly names: readonly string[]
  readonly end: Ending
}

/** An activity of a day, under the name of its recording. */
export type Told = Pick<Recorded, 'name' | 'activity'>

/** How a delivery must end: it arrives, it has no ticket to go to, or what happens to its target says otherwise. */
export type Ending = 'delivered' | 'not linked' | Exception

/**
 * Everything that the day must cause, in order. The links are followed on their own, so that a ticket the relay fails
 * to find is noticed.
 */
export function expectedOf(
  day: readonly Told[],
  projectId: string,
  integrations: readonly IntegrationConfig[],
  targets: readonly Target[],
): Expected[] {
  const exceptions = new Map(targets.map(({ name, exceptions = {} }) => [name, exceptions]))
  const configs = new Map(integrations.map((integration) => [integration.name, integration]))
  const names = namesOf(day)
  let book: LinkBook = new Map()
  return day.flatMap(({ name, activity }) => {
    book = linksAfter(book, activity)
    return plan(activity, projectId, integrations).map(({ key, integration, storyId, effect, lanes }) => {
      const config = configs.get(integration)
      const planned = { key, activity: name, integration, effect, lanes, names: names.get(storyId ?? '') ?? [] }
      const end = exceptions.get(integration)?.[name] ?? 'delivered'
      if (config?.configured.tickets === undefined)
        return { ...planned, subject: storyId === null ? '' : `#${storyId}`, end }
      const link = book.get(storyId ?? '')
      // That is known before anybody looks for the ticket.
      if (end === 'too late') return { ...planned, subject: link?.externalId ?? null, end }
      if (link === undefined || !leadsTo(link, config)) return { ...planned, subject: null, end: 'not linked' as const }
      return { ...planned, subject: link.externalId, end }
    })
  })
}

/** All names of each story: one that is renamed is told of by the name that it has when the post is written. */
function namesOf(day: readonly Told[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, readonly string[]>()
  for (const { id, name } of day.flatMap(({ activity }) => activity.stories))
    if (name !== null) names.set(id, [...(names.get(id) ?? []), name])
  return names
}

/** By Tracker's id of the integration where the config tells it, else by the system. */
function leadsTo({ system, integrationId }: Link, { type, common }: IntegrationConfig): boolean {
  return common.integration_id === undefined ? system === type : integrationId === String(common.integration_id)
}
