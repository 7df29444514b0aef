import type { Row } from './dialect/dialect.ts'
import { storable } from './texts.ts'

type LinkSource = 'activity' | 'api' | 'operator'

export interface StoredLink {
  readonly projectId: string
  readonly storyId: string
  readonly system: string | null
  readonly integrationId: string | null
  /** Null: the story is known to have no ticket. */
  readonly externalId: string | null
  readonly externalUrl: string | null
  readonly source: LinkSource
  readonly learnedAt: number
}

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
}

/** In the order of `linkValues`. */
export const LINK_COLUMNS = [
  ...['project_id', 'story_id', 'system', 'integration_id', 'external_id', 'external_url', 'source', 'learned_at'],
  'told_at',
]

/** @param toldAt when the activity happened that had the link; null if the link is not from an activity */
export function linkValues(link: GivenLink, source: LinkSource, learnedAt: number, toldAt: number | null): Row {
  const { projectId, storyId, system, integrationId, externalId, externalUrl } = link
  return storable([projectId, storyId, system, integrationId, externalId, externalUrl, source, learnedAt, toldAt])
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
