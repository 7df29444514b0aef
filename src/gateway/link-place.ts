import type { Config } from '../config/schema.ts'
import type { TicketPlace } from '../links/match.ts'
import { OperationError } from '../operations/operation-error.ts'
import { ticketPlaces } from './ticket-places.ts'

/**
 * Where the tickets of an integration are, for a link that names it.
 * @throws {OperationError} if it has no tickets that stories of the project can be linked to
 */
export function linkPlace(config: Config, projectId: string, name: string): TicketPlace {
  if (!config.integrations.some((integration) => integration.name === name))
    throw new OperationError('unknown', `integration "${name}" does not exist`)
  const places = ticketPlaces(config, { projectId, integration: '' }).filter(({ importsOnly }) => importsOnly !== true)
  const found = places.find((place) => place.name === name)
  if (found !== undefined) return found
  const names = places.length === 0 ? 'none' : places.map((place) => place.name).join(', ')
  throw new OperationError(
    'conflict',
    `${name} is not an integration with tickets of project ${projectId}, which has: ${names}`,
  )
}
