import type { Insertion, Row, Trx } from './dialect/dialect.ts'
import type { Entry } from './entry.ts'
import { LINK_COLUMNS, linkValues } from './link-row.ts'
import { rounds } from './rounds.ts'

/**
 * Stores the links of activities in the same transaction as the activities, so that every later delivery sees them. A
 * link that is older than the stored one changes nothing.
 */
export async function learnLinks(trx: Trx, entries: readonly Entry[]): Promise<void> {
  const guessed = new Map(entries.flatMap(guessedIn).map((row) => [`${row[0]} ${row[1]}`, row]))
  const told = entries.flatMap(({ projectId, activity, receivedAt, read }) =>
    activity.stories.flatMap(({ id: storyId, link }) => {
      if (link === undefined) return []
      const toldAt = Date.parse(activity.occurredAt)
      return [
        {
          key: `${projectId} ${storyId}`,
          isRepeated: read !== undefined,
          values: linkValues({ projectId, storyId, ...(link ?? NONE) }, 'activity', receivedAt, toldAt),
        },
      ]
    }),
  )
  for (const round of rounds(told, ({ key }) => key))
    for (const [insertion, isRepeated] of [
      [LINKS, false],
      [REPEATED_LINKS, true],
    ] as const) {
      const rows = round.flatMap((each) => (each.isRepeated === isRepeated ? [each.values] : []))
      if (rows.length > 0) await trx.insert(insertion, rows)
    }
  // Afterwards, since what an activity says outright comes first.
  if (guessed.size > 0) await trx.insert(LINKS_IF_NONE, [...guessed.values()])
}

function guessedIn({ projectId, activity, receivedAt }: Entry): Row[] {
  return activity.stories.flatMap(({ id: storyId, linkIfNone }) =>
    linkIfNone === undefined ? [] : [linkValues({ projectId, storyId, ...linkIfNone }, 'activity', receivedAt, null)],
  )
}

const NONE = { system: null, integrationId: null, externalId: null, externalUrl: null }

/**
 * An edit has only what it changed: another ticket of the same integration comes without the integration. A link of
 * v5, which has ids alone, says less than what an operator set.
 */
const LINKS: Insertion = {
  table: 'links',
  columns: LINK_COLUMNS,
  tail: `on conflict (project_id, story_id) do update set
     system = case
       when excluded.system is not null or excluded.external_id is null then excluded.system
       when excluded.integration_id is null or excluded.integration_id = links.integration_id then links.system end,
     integration_id = case
       when excluded.integration_id is not null or excluded.external_id is null then excluded.integration_id
       when excluded.system is null or excluded.system = links.system then links.integration_id end,
     external_id = excluded.external_id, external_url = excluded.external_url, source = excluded.source,
     learned_at = excluded.learned_at, told_at = excluded.told_at
   where (links.told_at is null or excluded.told_at >= links.told_at)
     and (links.source <> 'operator' or excluded.external_id is null
       or excluded.external_url is not null or excluded.system is not null)`,
}

/**
 * Other tools tell a label or an address again with each event of a story: what an operator has set since would not last.
 */
const REPEATED_LINKS: Insertion = { ...LINKS, tail: `${LINKS.tail} and links.source <> 'operator'` }

/** A story without a ticket, also one that is known to have none, gets this one; no other is touched. */
const LINKS_IF_NONE: Insertion = {
  table: 'links',
  columns: LINK_COLUMNS,
  tail: `on conflict (project_id, story_id) do update set
     system = excluded.system, integration_id = excluded.integration_id, external_id = excluded.external_id,
     external_url = excluded.external_url, source = excluded.source, learned_at = excluded.learned_at
   where links.external_id is null and links.source <> 'operator'`,
}
