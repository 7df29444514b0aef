import type { Knex } from 'knex'
import type { Entry } from './append.ts'
import { type LinkRow, linkRow } from './link-row.ts'
import { inPieces } from './pieces.ts'

/**
 * Takes the links that activities tell into the transaction that stores them, so that every later delivery sees them.
 * An edited link replaces, a removed one ends it; one that was told before what is known changes nothing. Costs
 * nothing when no activity tells a link.
 */
export async function learnLinks(trx: Knex.Transaction, entries: readonly Entry[]): Promise<void> {
  const told = entries.flatMap(({ projectId, activity, receivedAt }) =>
    activity.stories.flatMap(({ id, link }) =>
      link === undefined
        ? []
        : [
            linkRow(
              { projectId, storyId: id, ...(link ?? NONE) },
              'activity',
              receivedAt,
              Date.parse(activity.occurredAt),
            ),
          ],
    ),
  )
  for (const rows of rounds(told))
    for (const some of inPieces(rows))
      await trx('links')
        .insert(some)
        .onConflict(['project_id', 'story_id'])
        .merge({
          system: trx.raw(SYSTEM),
          integration_id: trx.raw(INTEGRATION),
          external_id: trx.raw('excluded.external_id'),
          external_url: trx.raw('excluded.external_url'),
          source: trx.raw('excluded.source'),
          learned_at: trx.raw('excluded.learned_at'),
          told_at: trx.raw('excluded.told_at'),
        })
        .whereRaw('links.told_at is null or excluded.told_at >= links.told_at')
}

const NONE = { system: null, integrationId: null, externalId: null, externalUrl: null }

/** An edit tells only what it changed: another ticket of the same integration comes without the integration. */
const SYSTEM = `case
  when excluded.system is not null or excluded.external_id is null then excluded.system
  when excluded.integration_id is null or excluded.integration_id = links.integration_id then links.system end`
const INTEGRATION = `case
  when excluded.integration_id is not null or excluded.external_id is null then excluded.integration_id
  when excluded.system is null or excluded.system = links.system then links.integration_id end`

/** One statement cannot change a row twice: the n-th link of each story goes into the n-th statement. */
function rounds(rows: readonly LinkRow[]): LinkRow[][] {
  const times = new Map<string, number>()
  const found: LinkRow[][] = []
  for (const row of rows) {
    const round = times.get(keyOf(row)) ?? 0
    times.set(keyOf(row), round + 1)
    const others = found[round]
    if (others === undefined) found.push([row])
    else others.push(row)
  }
  // In one order for all, so that two instances on PostgreSQL never wait for each other.
  return found.map((round) => round.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1)))
}

const keyOf = ({ project_id, story_id }: LinkRow): string => `${project_id} ${story_id}`
