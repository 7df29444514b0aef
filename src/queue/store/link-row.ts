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

/** A link before anybody has said who told it, and when. */
export type GivenLink = Omit<StoredLink, 'source' | 'learnedAt'>

export interface LinkRow {
  readonly project_id: string
  readonly story_id: string
  readonly system: string | null
  readonly integration_id: string | null
  readonly external_id: string | null
  readonly external_url: string | null
  readonly source: LinkSource
  readonly learned_at: number
  readonly told_at: number | null
}

/** @param toldAt when the activity happened that told the link, milliseconds since 1970; null where none did */
export function linkRow(link: GivenLink, source: LinkSource, learnedAt: number, toldAt: number | null): LinkRow {
  return {
    project_id: link.projectId,
    story_id: link.storyId,
    system: link.system,
    integration_id: link.integrationId,
    external_id: link.externalId,
    external_url: link.externalUrl,
    source,
    learned_at: learnedAt,
    told_at: toldAt,
  }
}

export function storedLink(row: LinkRow): StoredLink {
  return {
    projectId: row.project_id,
    storyId: row.story_id,
    system: row.system,
    integrationId: row.integration_id,
    externalId: row.external_id,
    externalUrl: row.external_url,
    source: row.source,
    learnedAt: row.learned_at,
  }
}
