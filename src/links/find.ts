import type { Ticket } from '../connectors/contract/connector.ts'
import { DeliveryError } from '../connectors/contract/delivery-error.ts'
import { type Taken, waitsSince } from '../store/delivery.ts'
import type { GivenLink, StoredLink } from '../store/link-row.ts'
import type { FoundLink } from '../store/links.ts'
import { type TrackerApi, TrackerApiError, type TrackerIntegration } from '../tracker/api.ts'
import { openPlaces, placesOf, type TicketPlace } from './match.ts'

interface LinkStore {
  link(projectId: string, storyId: string): Promise<FoundLink | null>
  learnLink(link: GivenLink, now: number): Promise<void>
  unlearnLink(link: StoredLink): Promise<void>
  learnIntegrations(projectId: string, integrations: readonly TrackerIntegration[]): Promise<void>
}

interface TicketFinderParts {
  readonly store: LinkStore
  /** The project's integrations whose deliveries go to tickets, the delivery's own among them. */
  places(delivery: Taken): readonly TicketPlace[]
  /** Null: the project has no access to Tracker's API. */
  api(projectId: string): TrackerApi | null
  /** The project's id in Tracker, which need not be its id in the config. */
  trackerProject(delivery: Taken): Promise<string>
  now(): number
}

export interface NotLinked {
  /** Why the story has no ticket for the integration; null if there is nothing to add. */
  readonly notLinked: string | null
}

/**
 * Finds a story's ticket. A stored link from an activity or the operator counts; otherwise Tracker's API is asked. Its
 * answers are stored as well, for when the story is deleted or the API is gone.
 */
export function createTicketFinder(parts: TicketFinderParts) {
  const { store } = parts

  async function linkOf(delivery: Taken, storyId: string): Promise<FoundLink | null> {
    const { projectId } = delivery
    const stored = await store.link(projectId, storyId)
    const api = parts.api(projectId)
    if (api === null || (stored !== null && stored.source !== 'api')) return stored
    try {
      // v3 sends no activity when a link is edited, so an answer from before this activity, or its replay, may be outdated.
      const answer = await api.story(await parts.trackerProject(delivery), storyId, waitsSince(delivery))
      if (answer === 'no story') return stored
      if (answer === 'not linked') {
        if (stored !== null) await store.unlearnLink(stored)
        return null
      }
      const link = { projectId, storyId, ...answer }
      if (stored !== null && isSame(stored, link)) return stored
      await store.learnLink(link, parts.now())
      // An activity may have brought a better link meanwhile.
      return await store.link(projectId, storyId)
    } catch (error) {
      if (!(error instanceof TrackerApiError)) throw error
      if (stored !== null) return stored
      throw notKnownYet(`the ticket of story ${storyId} is not known yet`, error)
    }
  }

  /** v5 sends only an integration's id, so its system has to be asked for. */
  async function integrationOf(delivery: Taken, link: FoundLink): Promise<TrackerIntegration | null> {
    const { projectId } = delivery
    const api = parts.api(projectId)
    if (api === null) return link.integration
    const project = await parts.trackerProject(delivery)
    const isMeant = ({ integrationId }: TrackerIntegration): boolean => integrationId === link.integrationId
    let all = await api.integrations(project, 0)
    if (!all.some(isMeant)) all = await api.integrations(project, waitsSince(delivery))
    const told = all.find(isMeant) ?? null
    if (told === null) return link.integration
    const isNews = told.system !== link.integration?.system || told.baseUrl !== link.integration.baseUrl
    if (isNews) await store.learnIntegrations(projectId, all)
    return told
  }

  async function whereIs(delivery: Taken, link: FoundLink): Promise<readonly TicketPlace[]> {
    const places = parts.places(delivery)
    const facts = (integration: TrackerIntegration | null) => ({
      system: link.system ?? integration?.system ?? null,
      integrationId: link.integrationId,
      externalUrl: link.externalUrl,
      baseUrl: integration?.baseUrl ?? null,
    })
    const isNamed = places.some(({ integrationId }) => integrationId !== null && integrationId === link.integrationId)
    if (isNamed || link.system !== null || link.integrationId === null) return placesOf(facts(link.integration), places)
    try {
      return placesOf(facts(await integrationOf(delivery, link)), places)
    } catch (error) {
      if (!(error instanceof TrackerApiError)) throw error
      // Tracker's answer comes before the rule that the only place takes all.
      const found =
        link.integration === null && link.externalUrl === null ? [] : placesOf(facts(link.integration), places)
      if (found.length > 0 || openPlaces(facts(null), places).length === 0) return found
      throw notKnownYet(`the system that Tracker's integration ${link.integrationId} leads to is not known yet`, error)
    }
  }

  /** What the only system of today takes stays its own when there is a second one. */
  async function learnPlace(delivery: Taken, link: FoundLink, place: TicketPlace): Promise<void> {
    const { integrationId } = link
    if (integrationId === null || link.system !== null || link.integration !== null) return
    if (place.integrationId !== null || parts.api(delivery.projectId) !== null) return
    await store.learnIntegrations(delivery.projectId, [{ integrationId, system: place.system, baseUrl: null }])
  }

  /** @throws {DeliveryError} 'retry' if Tracker's API is needed and does not answer */
  return async (delivery: Taken, integration: string): Promise<Ticket | NotLinked> => {
    const { storyId } = delivery
    const link = storyId === null ? null : await linkOf(delivery, storyId)
    if (link === null || link.externalId === null) return { notLinked: null }
    const places = await whereIs(delivery, link)
    const place = places.find(({ name }) => name === integration)
    if (place === undefined) return { notLinked: elsewhere(link, places, parts.places(delivery)) }
    await learnPlace(delivery, link, place)
    return { externalId: link.externalId, externalUrl: link.externalUrl }
  }
}

function isSame(stored: StoredLink, link: GivenLink): boolean {
  return (
    stored.externalId === link.externalId &&
    stored.externalUrl === link.externalUrl &&
    stored.integrationId === link.integrationId &&
    stored.system === link.system
  )
}

/** Not a failure of the target. */
function notKnownYet(what: string, error: TrackerApiError): DeliveryError {
  const { message, status, retryAfterMs } = error
  return new DeliveryError('retry', `${what}: ${message}`, { status, retryAfterMs, cause: error })
}

function elsewhere(link: FoundLink, places: readonly TicketPlace[], all: readonly TicketPlace[]): string {
  const { integrationId } = link
  const system = link.system ?? link.integration?.system ?? null
  const through = integrationId === null ? '' : ` through Tracker's integration ${integrationId}`
  const ticket = `the story is linked to ${system === null ? '' : `${system} `}${link.externalId}${through}`
  const named = (some: readonly TicketPlace[]): string => some.map(({ name }) => name).join(', ')
  if (places.length > 0) return `${ticket}, which is ${named(places)}`
  const open = openPlaces({ ...link, baseUrl: null }, all)
  if (integrationId === null || open.length === 0)
    return `${ticket}, which does not match exactly one integration; set integration_id to choose one`
  return `${ticket}, which does not match exactly one integration; set integration_id: "${integrationId}" at the one of ${named(open)} that it belongs to`
}
