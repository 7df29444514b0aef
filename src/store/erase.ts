import type { Knex } from 'knex'
import type { Committer, Writes } from './committer.ts'
import { type DeliveryState, isSettled } from './delivery.ts'
import type { StoredBody } from './read-stored.ts'
import { entriesOf, orderOf, type Settled } from './replay.ts'
import { storyName } from './story-name.ts'

export interface EraseRange {
  readonly projectId?: string
  readonly after: number
  readonly most: number
}

/** An activity's body, and how many deliveries it has. */
export interface Erasable {
  readonly id: number
  readonly projectId: string
  readonly raw: Buffer
  readonly normalised: string | null
  readonly deliveries: number
  readonly open: number
}

/** The next activities, the oldest first. */
export async function erasable(reader: Knex, { projectId, after, most }: EraseRange): Promise<Erasable[]> {
  const rows: ({ id: number; project_id: string; n: number | string; open: number | string } & StoredBody)[] =
    await reader('activities')
      .select('id', 'project_id', 'raw', 'normalised')
      .select(reader.raw('(select count(*) from deliveries where activity_id = activities.id) as n'))
      .select(
        reader.raw(
          '(select count(*) from deliveries where activity_id = activities.id and settled_at is null) as open',
        ),
      )
      .where('id', '>', after)
      .modify((query) => {
        if (projectId !== undefined) query.where('project_id', projectId)
      })
      .orderBy('id')
      .limit(most)
  return rows.map(({ id, project_id, raw, normalised, n, open }) => ({
    id: Number(id),
    projectId: project_id,
    raw,
    normalised,
    deliveries: Number(n),
    open: Number(open),
  }))
}

export interface ErasedActivities {
  readonly activities: number
  readonly deliveries: number
  /** Activities that were left: something of them is open, or being delivered right now. */
  readonly left: number
  readonly integrations: readonly string[]
}

/**
 * Deletes activities with their deliveries and all that was recorded of them, in one commit.
 * @param ids few, so that hooks do not wait long
 * @param withOpen also those that have open deliveries, which are then never made
 */
export async function eraseActivities(
  committer: Committer,
  reader: Knex,
  ids: readonly number[],
  { withOpen, now }: { readonly withOpen: boolean; readonly now: number },
): Promise<ErasedActivities> {
  const before: Settled[] = await reader('deliveries')
    .select('id', 'integration', 'lanes')
    .whereIn('activity_id', [...ids])
  const { names, deliveries } = orderOf(before)
  return await committer.run((trx) => eraseThose(trx, ids, withOpen, now), { names: [...names, 'sweep'], deliveries })
}

interface Row extends Settled {
  readonly activity_id: number
  readonly state: DeliveryState
}

async function eraseThose(
  trx: Writes,
  ids: readonly number[],
  withOpen: boolean,
  now: number,
): Promise<ErasedActivities> {
  const { knex } = trx
  const rows: Row[] = await knex('deliveries')
    .select('id', 'integration', 'lanes', 'activity_id', 'state')
    .whereIn('activity_id', [...ids])
  const kept = new Set(
    rows
      .filter(({ state }) => state === 'delivering' || (!withOpen && !isSettled(state)))
      .map(({ activity_id }) => Number(activity_id)),
  )
  const gone = ids.filter((id) => !kept.has(Number(id)))
  const own = rows.filter(({ activity_id }) => !kept.has(Number(activity_id)))
  for (const { integration, state } of own) trx.counts.add(integration, state, -1)
  const open = own.filter(({ state }) => !isSettled(state))
  const ownIds = own.map(({ id }) => id)
  await knex('attempts').whereIn('delivery_id', ownIds).delete()
  await knex('deliveries').whereIn('id', ownIds).delete()
  const activities = await knex('activities').whereIn('id', gone).delete()
  trx.leave(open.flatMap(entriesOf), now)
  return {
    activities,
    deliveries: own.length,
    left: kept.size,
    integrations: [...new Set(open.map(({ integration }) => integration))],
  }
}

/** What is known of stories beside their activities. */
export interface ErasedStories {
  readonly stories: number
  readonly links: number
}

export type StoryChoice =
  | { readonly projectId: string; readonly storyId?: string }
  /** In any project. */
  | { readonly storyId: string; readonly projectId?: undefined }

export async function countStories(reader: Knex, choice: StoryChoice): Promise<ErasedStories> {
  const count = async (table: 'stories' | 'links', column: 'id' | 'story_id'): Promise<number> => {
    const row = (await reader(table).where(columnsOf(choice, column)).count({ n: '*' }).first()) as {
      n: number | string
    }
    return Number(row.n)
  }
  return { stories: await count('stories', 'id'), links: await count('links', 'story_id') }
}

/** Forgets the names, states, labels and links of stories; of a whole project, also which systems its integrations lead to. */
export async function eraseStories(committer: Committer, choice: StoryChoice): Promise<ErasedStories> {
  const { projectId, storyId } = choice
  return await committer.run(
    async (trx) => {
      const { knex } = trx
      if (storyId === undefined || projectId === undefined) await trx.lockTable('links')
      if (storyId === undefined && projectId !== undefined)
        await knex('tracker_integrations').where({ project_id: projectId }).delete()
      return {
        links: await knex('links').where(columnsOf(choice, 'story_id')).delete(),
        stories: await knex('stories').where(columnsOf(choice, 'id')).delete(),
      }
    },
    projectId !== undefined && storyId !== undefined ? { names: [storyName(projectId, storyId)] } : {},
  )
}

function columnsOf({ projectId, storyId }: StoryChoice, column: 'id' | 'story_id'): Record<string, string> {
  return {
    ...(projectId === undefined ? {} : { project_id: projectId }),
    ...(storyId === undefined ? {} : { [column]: storyId }),
  }
}

export interface NamedText {
  readonly table: 'stories' | 'audit' | 'replays' | 'integration_states'
  readonly key: readonly [string, string] | number | string
  readonly text: string
}

/** Texts beside the activities in which a person may be named: names and labels of stories, and what operators have said and asked for. */
export async function textsBeside(reader: Knex): Promise<NamedText[]> {
  const stories: { project_id: string; id: string; name: string | null; labels: string | null }[] = await reader(
    'stories',
  )
    .select('project_id', 'id', 'name', 'labels')
    .whereRaw('coalesce(name, labels) is not null')
  const audit: { id: number; subject: string; detail: string | null; result: string }[] = await reader('audit').select(
    'id',
    'subject',
    'detail',
    'result',
  )
  const replays: { id: number; what: string }[] = await reader('replays').select('id', 'what')
  const pauses: { integration: string; paused_reason: string }[] = await reader('integration_states')
    .select('integration', 'paused_reason')
    .whereNotNull('paused_reason')
  return [
    ...pauses.map(({ integration, paused_reason }) => ({
      table: 'integration_states' as const,
      key: integration,
      text: paused_reason,
    })),
    ...stories.map(({ project_id, id, name, labels }) => ({
      table: 'stories' as const,
      key: [project_id, id] as const,
      text: `${name ?? ''}\n${labels ?? ''}`,
    })),
    ...audit.map(({ id, subject, detail, result }) => ({
      table: 'audit' as const,
      key: Number(id),
      text: `${subject}\n${detail ?? ''}\n${result}`,
    })),
    ...replays.map(({ id, what }) => ({ table: 'replays' as const, key: Number(id), text: what })),
  ]
}

/** Empties these texts; what was done, by whom and when stays. */
export async function eraseTexts(committer: Committer, texts: readonly Omit<NamedText, 'text'>[]): Promise<number> {
  return await committer.run(
    async ({ knex }) => {
      let changed = 0
      for (const { table, key } of texts) {
        if (table === 'stories' && typeof key === 'object')
          changed += await knex('stories')
            .where({ project_id: key[0], id: key[1] })
            .update({ name: null, labels: null })
        else if (table === 'audit')
          changed += await knex('audit')
            .where({ id: key })
            .update({ subject: 'erased', detail: null, result: 'erased' })
        else if (table === 'integration_states')
          // The pause itself stays.
          changed += await knex('integration_states').where({ integration: key }).update({ paused_reason: 'erased' })
        else if (table === 'replays')
          // A job that still runs keeps what it needs.
          changed += await knex('replays')
            .where({ id: key })
            .whereNot('state', 'running')
            .update({ what: JSON.stringify({ type: 'deliveries', selection: { states: [] } }) })
      }
      return changed
    },
    {
      names: texts.flatMap(({ table, key }) =>
        table === 'stories' && typeof key === 'object' ? [storyName(key[0], key[1])] : [],
      ),
    },
  )
}

/** The next requests that were refused, the oldest first. */
export async function rejectedBodies(
  reader: Knex,
  { after, most }: Pick<EraseRange, 'after' | 'most'>,
): Promise<{ id: number; projectId: string | null; detail: string; body: Buffer }[]> {
  const rows: { id: number; project_id: string | null; detail: string; body: Buffer }[] = await reader('rejected')
    .select('id', 'project_id', 'detail', 'body')
    .where('id', '>', after)
    .orderBy('id')
    .limit(most)
  return rows.map(({ id, project_id, detail, body }) => ({ id: Number(id), projectId: project_id, detail, body }))
}
