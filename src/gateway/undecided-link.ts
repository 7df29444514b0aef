import type { Config } from '../config/schema.ts'
import { placesOf } from '../links/match.ts'
import type { GivenLink } from '../store/link-row.ts'
import { ticketPlaces } from './ticket-places.ts'

/**
 * The project's integrations that a link's ticket could belong to, if the link does not say enough to tell to which: it would
 * have no effect. Tracker's id of an integration can be known to the database alone, so such a link is not judged.
 */
export function undecidedBetween(config: Config, link: GivenLink): readonly string[] {
  if (link.externalId === null || link.integrationId !== null) return []
  const places = ticketPlaces(config, { projectId: link.projectId, integration: '' }).filter(
    ({ importsOnly }) => importsOnly !== true,
  )
  return places.length < 2 || placesOf({ ...link, baseUrl: null }, places).length > 0
    ? []
    : places.map(({ name, system }) => (name === system ? name : `${name} (${system})`))
}
