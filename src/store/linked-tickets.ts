import type { Knex } from 'knex'
import type { LinkFacts } from './link-facts.ts'

export interface LinkedTicket extends LinkFacts {
  readonly externalId: string
  readonly projectId: string
}

interface TicketRow {
  readonly external_id: string
  readonly project_id: string
  readonly system: string | null
  readonly integration_id: string | null
  readonly external_url: string | null
  readonly known_system: string | null
  readonly known_base_url: string | null
}

/** The length of the indexed part of an id. */
const INDEXED = 200

/**
 * The links to tickets with these ids in any system, without those of deleted stories.
 * @param externalIds a few hundred at most
 */
export async function linkedTickets(reader: Knex, externalIds: readonly string[]): Promise<LinkedTicket[]> {
  if (externalIds.length === 0) return []
  const begins = [...new Set(externalIds.map(firstOfIt))]
  const rows: TicketRow[] = await reader('links')
    .leftJoin('tracker_integrations', (join) =>
      join
        .on('tracker_integrations.project_id', 'links.project_id')
        .andOn('tracker_integrations.integration_id', 'links.integration_id'),
    )
    .leftJoin('stories', (join) =>
      join.on('stories.project_id', 'links.project_id').andOn('stories.id', 'links.story_id'),
    )
    .whereRaw(`substr(links.external_id, 1, ${INDEXED}) in (${begins.map(() => '?').join(', ')})`, begins)
    .whereIn('links.external_id', [...externalIds])
    .whereNull('stories.deleted_at')
    .select(
      'links.external_id',
      'links.project_id',
      'links.system',
      'links.integration_id',
      'links.external_url',
      { known_system: 'tracker_integrations.system' },
      { known_base_url: 'tracker_integrations.base_url' },
    )
  return rows.map((row) => ({
    externalId: row.external_id,
    projectId: row.project_id,
    system: row.system ?? row.known_system,
    integrationId: row.integration_id,
    externalUrl: row.external_url,
    baseUrl: row.known_base_url,
  }))
}

/** The databases count code points, JavaScript counts UTF-16 code units. */
function firstOfIt(id: string): string {
  return id.length <= INDEXED ? id : [...id].slice(0, INDEXED).join('')
}
