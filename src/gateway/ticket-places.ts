import type { Config, IntegrationConfig } from '../config/schema.ts'
import type { TicketPlace } from '../links/match.ts'
import type { Taken } from '../store/delivery.ts'

/**
 * The project's integrations that deliver to tickets or import them, and the delivery's own, even if it has left the
 * project.
 */
export function ticketPlaces(
  config: Config,
  { projectId, integration }: Pick<Taken, 'projectId' | 'integration'>,
): TicketPlace[] {
  const names = integrationsOf(config, projectId)
  return config.integrations.flatMap((each) => {
    const { name, configured, common } = each
    if (name !== integration && !names.includes(name)) return []
    if (configured.tickets !== undefined) return [placeOf(each)]
    return common.import === undefined ? [] : [{ ...placeOf(each), importsOnly: true }]
  })
}

/**
 * Where the tickets of the project's stories can be. Links of a project that does not use the import's integration are
 * those of strangers; an integration that no project names is used by all of them.
 */
export function importPlaces(config: Config, projectId: string, integration: string): TicketPlace[] {
  const users = config.projects.filter(({ integrations }) => integrations.includes(integration))
  if (users.length > 0 && users.every(({ id }) => id !== projectId)) return []
  const names = integrationsOf(config, projectId)
  return config.integrations
    .filter(
      ({ name, configured, common }) =>
        name === integration ||
        (names.includes(name) && (configured.tickets !== undefined || common.import !== undefined)),
    )
    .map(placeOf)
}

function integrationsOf(config: Config, projectId: string): readonly string[] {
  return config.projects.find(({ id }) => id === projectId)?.integrations ?? []
}

function placeOf({ name, type, connector, configured, common }: IntegrationConfig): TicketPlace {
  return {
    name,
    system: connector.system ?? type,
    integrationId: common.integration_id ?? null,
    url: configured.ticketUrl ?? null,
    ...(configured.ticketAt === undefined ? {} : { ticketAt: configured.ticketAt }),
  }
}
