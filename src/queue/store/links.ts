import type { Knex } from 'knex'
import type { Link } from '../../tracker/activity.ts'
import type { Entry } from './append.ts'
import type { Committer } from './committer.ts'

/** Who told the relay: an activity, Tracker's API, or the operator. */
export type LinkSource = 'activity' | 'api' | 'operator'

/** What the relay keeps of a story's link. */
export interface StoredLink {
  readonly projectId: string
  readonly storyId: string
  readonly system: string | null
  readonly integrationId: string | null
  /** Null: the story is known to have no ticket. */
  readonly externalId: string | null
  readonly externalUrl: string | null
  readonly source: LinkSource
  /** Milliseconds since 1970. */
  readonly learnedAt: number
}

/** One of a project's integrations in Tracker. */
export interface TrackerIntegration {
  readonly integrationId: string
  /** As in a link: jira, zendesk, ..., other. */
  readonly system: string
  readonly baseUrl: string | null
}

/** A stored link with what is stored of the integration that it names. */
export interface FoundLink extends StoredLink {
  readonly integration: TrackerIntegration | null
}

interface Row {
  project_id: string
  story_id: string
  system: string | null
  integration_id: string | null
  external_id: string | null
  external_url: string | null
  source: LinkSource
  learned_at: number
  told_at: number | null
}

/** A link as the operator gives it. */
export type GivenLink = Pick<
  StoredLink,
  'projectId' | 'storyId' | 'system' | 'integrationId' | 'externalId' | 'externalUrl'
>

/**
 * Takes the links that activities tell into the transaction that stores them, so that every later delivery sees them.
 * An edited link replaces, a removed one ends it; one that happened before what is known changes nothing. Costs
 * nothing when no activity tells a link.
 */
export async function learnLinks(trx: Knex.Transaction, entries: readonly Entry[]): Promise<void> {
  const told = entries.flatMap(({ projectId, activity, receivedAt }) =>
    activity.stories.flatMap(({ id, link }) =>
      link === undefined ? [] : [toldRow(projectId, id, link, receivedAt, Date.parse(activity.occurredAt))],
    ),
  )
  for (const rows of rounds(told))
    for (const some of inPieces(rows))
      await trx('links')
        .insert(some)
        .onConflict(['project_id', 'story_id'])
        .merge({ ...REPLACED, ...(followed(trx) as object) })
        .whereRaw('links.told_at is null or excluded.told_at >= links.told_at')
}

const REPLACED = ['external_id', 'external_url', 'source', 'learned_at', 'told_at']

function toldRow(projectId: string, storyId: string, link: Link | null, learnedAt: number, toldAt: number): Row {
  return {
    project_id: projectId,
    story_id: storyId,
    system: link?.system ?? null,
    integration_id: link?.integrationId ?? null,
    external_id: link?.externalId ?? null,
    external_url: link?.externalUrl ?? null,
    source: 'activity',
    learned_at: learnedAt,
    told_at: toldAt,
  }
}
