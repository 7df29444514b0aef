import type { Knex } from 'knex'
import type { StateEffect } from '../connectors/contract/effect.ts'
import type { Delivery } from './delivery.ts'

export interface StoredActivity {
  readonly raw: Buffer
  readonly contentType: string | null
}

export async function storedActivity(reader: Knex, id: number): Promise<StoredActivity> {
  const row: { raw: Buffer; content_type: string | null } | undefined = await reader('activities')
    .select('raw', 'content_type')
    .where({ id })
    .first()
  if (row === undefined) throw new Error(`activity ${id} is not in the store`)
  return { raw: row.raw, contentType: row.content_type }
}

/** When the delivery's activity happened, and what is known about its story, in one query. */
export async function background(
  reader: Knex,
  delivery: Pick<Delivery, 'activityId' | 'projectId' | 'storyId'>,
): Promise<{ occurredAt: number; name: string | null; type: string | null }> {
  const row: { occurred_at: number; name: string | null; story_type: string | null } | undefined = await reader(
    'activities',
  )
    .leftJoin('stories', (join) =>
      join.onVal('stories.project_id', delivery.projectId).andOnVal('stories.id', delivery.storyId ?? ''),
    )
    .where('activities.id', delivery.activityId)
    .first('activities.occurred_at', 'stories.name', 'stories.story_type')
  if (row === undefined) throw new Error(`activity ${delivery.activityId} is not in the store`)
  return { occurredAt: row.occurred_at, name: row.name, type: row.story_type }
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
