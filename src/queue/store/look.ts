import type { Knex } from 'knex'
import type { Delivery } from '../delivery.ts'

/** The small questions that carrying a delivery out needs answered. */

export interface StoredActivity {
  readonly raw: Buffer
  readonly contentType: string | null
}

/** @throws {Error} when there is no such activity: a delivery cannot exist without one */
export async function storedActivity(reader: Knex, id: number): Promise<StoredActivity> {
  const row: { raw: Buffer; content_type: string | null } | undefined = await reader('activities')
    .select('raw', 'content_type')
    .where({ id })
    .first()
  if (row === undefined) throw new Error(`activity ${id} is not in the store`)
  return { raw: row.raw, contentType: row.content_type }
}

/** When the delivery's activity happened, and what all activities so far told of its story; one look for both. */
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

/** True when a later state of the same story waits in the same lane. */
export async function laterStateWaits(reader: Knex, delivery: Delivery): Promise<boolean> {
  const row: unknown = await reader('lane_entries')
    .join('deliveries', 'deliveries.id', 'lane_entries.delivery_id')
    .where('lane_entries.integration', delivery.integration)
    .where('lane_entries.lane', delivery.lanes[0] ?? '')
    .where('lane_entries.delivery_id', '>', delivery.id)
    .where('deliveries.kind', 'state')
    .first('deliveries.id')
  return row !== undefined
}
