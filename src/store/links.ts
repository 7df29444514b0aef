import type { Knex } from 'knex'
import type { TrackerIntegration } from '../tracker/api.ts'
import type { Committer } from './committer.ts'
import type { Insertion } from './dialect/dialect.ts'
import { type GivenLink, LINK_COLUMNS, type LinkRow, linkValues, type StoredLink, storedLink } from './link-row.ts'
import { storyName } from './story-name.ts'

/** With what is stored about the link's integration. */
export interface FoundLink extends StoredLink {
  readonly integration: TrackerIntegration | null
}

export interface LinkChoice {
  readonly projectId?: string
  readonly storyId?: string
  readonly externalId?: string
  readonly after?: Pick<StoredLink, 'projectId' | 'storyId'>
  readonly limit: number
}

export async function findLink(reader: Knex, projectId: string, storyId: string): Promise<FoundLink | null> {
  const row: (LinkRow & { known_system: string | null; known_base_url: string | null }) | undefined = await reader(
    'links',
  )
    .leftJoin('tracker_integrations', (join) =>
      join
        .on('tracker_integrations.project_id', 'links.project_id')
        .andOn('tracker_integrations.integration_id', 'links.integration_id'),
    )
    .where({ 'links.project_id': projectId, 'links.story_id': storyId })
    .first('links.*', { known_system: 'tracker_integrations.system', known_base_url: 'tracker_integrations.base_url' })
  if (row === undefined) return null
  const link = storedLink(row)
  const { integrationId } = link
  const integration =
    integrationId === null || row.known_system === null
      ? null
      : { integrationId, system: row.known_system, baseUrl: row.known_base_url }
  return { ...link, integration }
}

const REPLACE = `on conflict (project_id, story_id) do update set system = excluded.system,
  integration_id = excluded.integration_id, external_id = excluded.external_id, external_url = excluded.external_url,
  source = excluded.source, learned_at = excluded.learned_at, told_at = excluded.told_at`
const REPLACE_ANY: Insertion = { table: 'links', columns: LINK_COLUMNS, tail: REPLACE }
const REPLACE_API: Insertion = { ...REPLACE_ANY, tail: `${REPLACE} where links.source = 'api'` }

/** Stores a link from Tracker's API, unless an activity or the operator set one meanwhile. */
export function learnApiLink(committer: Committer, link: GivenLink, now: number): Promise<void> {
  return committer.run(
    async (trx) => {
      await trx.insert(REPLACE_API, [linkValues(link, 'api', now, null)])
    },
    ofStory(link.projectId, link.storyId),
  )
}

/** Deletes a link from Tracker's API that the API does not have any more. */
export function forgetApiLink(committer: Committer, link: StoredLink): Promise<void> {
  return committer.run(
    async ({ knex }) => {
      await knex('links')
        .where({ project_id: link.projectId, story_id: link.storyId, source: 'api', external_id: link.externalId })
        .delete()
    },
    ofStory(link.projectId, link.storyId),
  )
}

const ofStory = (projectId: string, storyId: string) => ({ names: [storyName(projectId, storyId)] })

const INTEGRATIONS: Insertion = {
  table: 'tracker_integrations',
  columns: ['project_id', 'integration_id', 'system', 'base_url'],
  tail: 'on conflict (project_id, integration_id) do update set system = excluded.system, base_url = excluded.base_url',
}

export function learnIntegrations(
  committer: Committer,
  projectId: string,
  integrations: readonly TrackerIntegration[],
): Promise<void> {
  const rows = integrations.map(({ integrationId, system, baseUrl }) => [projectId, integrationId, system, baseUrl])
  return committer.run(
    async (trx) => {
      await trx.insert(INTEGRATIONS, rows)
    },
    { names: [`integrations ${projectId}`] },
  )
}

export async function listLinks(reader: Knex, choice: LinkChoice): Promise<StoredLink[]> {
  const { projectId, storyId, externalId, after, limit } = choice
  const rows: LinkRow[] = await reader('links')
    .select('*')
    .modify((query) => {
      if (projectId !== undefined) query.where('project_id', projectId)
      if (storyId !== undefined) query.where('story_id', storyId)
      if (externalId !== undefined)
        // As in the index, word for word.
        query.whereRaw('substr(external_id, 1, 200) = substr(?, 1, 200)', [externalId]).where('external_id', externalId)
      if (after !== undefined) query.whereRaw('(project_id, story_id) > (?, ?)', [after.projectId, after.storyId])
    })
    .orderBy(['project_id', 'story_id'])
    .limit(limit)
  return rows.map(storedLink)
}

/**
 * Sets the operator's links, all or none; a link without a ticket says that the story has none.
 * @param batches is called again if the transaction did not commit
 */
export function setLinks(
  committer: Committer,
  batches: () => AsyncIterable<readonly GivenLink[]> | Iterable<readonly GivenLink[]>,
  now: number,
): Promise<number> {
  return committer.run(async (trx) => {
    await trx.lockTable('links')
    let count = 0
    for await (const links of batches()) {
      await trx.insert(
        REPLACE_ANY,
        links.map((link) => linkValues(link, 'operator', now, null)),
      )
      count += links.length
    }
    return count
  }, {})
}

/** The operator's link of one story. */
export function setLink(committer: Committer, link: GivenLink, now: number): Promise<void> {
  return committer.run(
    async (trx) => {
      await trx.insert(REPLACE_ANY, [linkValues(link, 'operator', now, null)])
    },
    ofStory(link.projectId, link.storyId),
  )
}

/** Deletes a link, so that the story is looked up again; false if there was none. */
export function forgetLink(committer: Committer, projectId: string, storyId: string): Promise<boolean> {
  return committer.run(
    async ({ knex }) => (await knex('links').where({ project_id: projectId, story_id: storyId }).delete()) > 0,
    ofStory(projectId, storyId),
  )
}
