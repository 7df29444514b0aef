import type { Knex } from 'knex'
import type { StateEffect } from '../connectors/contract/effect.ts'
import type { Delivery } from './delivery.ts'
import type { Dialect, Statement } from './dialect/dialect.ts'
import { together } from './together.ts'

export interface StoredActivity {
  readonly raw: Buffer
  readonly contentType: string | null
}

const ACTIVITIES: Statement = {
  given: { table: 'activities', columns: ['id'] },
  sql: () => `select activities.id, activities.raw, activities.content_type
    from given join activities on activities.id = given.id`,
}

export function createStoredActivity(read: Dialect['read']): (id: number) => Promise<StoredActivity> {
  const find = together(String, async (ids: readonly number[]) => {
    const rows = await read<{ id: number; raw: Buffer; content_type: string | null }>(
      ACTIVITIES,
      [...new Set(ids)].map((id) => [id]),
    )
    return new Map(rows.map(({ id, raw, content_type }) => [String(id), { raw, contentType: content_type }]))
  })
  return async (id) => (await find(id)) ?? missing(id)
}

interface Background {
  readonly occurredAt: number
  readonly name: string | null
  readonly type: string | null
}
type OfAnActivity = Pick<Delivery, 'activityId' | 'projectId' | 'storyId'>

const BACKGROUNDS: Statement = {
  given: { table: 'deliveries', columns: ['activity_id', 'project_id', 'story_id'] },
  sql: () => `select given.activity_id, given.project_id, given.story_id, activities.occurred_at,
      stories.name, stories.story_type
    from given join activities on activities.id = given.activity_id
      left join stories on stories.project_id = given.project_id and stories.id = given.story_id`,
}

/** When the delivery's activity happened, and what is known about its story, in one query. */
export function createBackground(read: Dialect['read']): (delivery: OfAnActivity) => Promise<Background> {
  const nameOf = ({ activityId, projectId, storyId }: OfAnActivity): string =>
    JSON.stringify([activityId, projectId, storyId])
  const find = together(nameOf, async (deliveries: readonly OfAnActivity[]) => {
    const rows = await read<BackgroundRow>(
      BACKGROUNDS,
      deliveries.map(({ activityId, projectId, storyId }) => [activityId, projectId, storyId]),
    )
    return new Map(
      rows.map(({ activity_id, project_id, story_id, occurred_at, name, story_type }) => [
        nameOf({ activityId: activity_id, projectId: project_id, storyId: story_id }),
        { occurredAt: occurred_at, name, type: story_type },
      ]),
    )
  })
  return async (delivery) => (await find(delivery)) ?? missing(delivery.activityId)
}

interface BackgroundRow {
  readonly activity_id: number
  readonly project_id: string
  readonly story_id: string | null
  readonly occurred_at: number
  readonly name: string | null
  readonly story_type: string | null
}

function missing(id: number): never {
  throw new Error(`activity ${id} is not in the store`)
}

type OfAStory = Pick<Delivery, 'id' | 'integration' | 'projectId' | 'storyId'>

export async function nextState(reader: Knex, delivery: OfAStory): Promise<StateEffect | null> {
  const row: { effect: string } | undefined = await laterStates(reader, delivery)
    .whereNull('settled_at')
    .first('effect')
  return row === undefined ? null : (JSON.parse(row.effect) as StateEffect)
}

/** Later states of the same story that were delivered already, the newest first. */
export async function laterStatesDelivered(reader: Knex, delivery: OfAStory): Promise<StateEffect[]> {
  const rows: { effect: string }[] = await laterStates(reader, delivery, 'desc')
    .where('state', 'delivered')
    .limit(20)
    .select('effect')
  return rows.map(({ effect }) => JSON.parse(effect) as StateEffect)
}

function laterStates(reader: Knex, { id, integration, projectId, storyId }: OfAStory, order: 'asc' | 'desc' = 'asc') {
  return reader('deliveries')
    .where({ integration, story_id: storyId ?? '', project_id: projectId })
    .where('id', '>', id)
    .where('kind', 'state')
    .orderBy('id', order)
}
