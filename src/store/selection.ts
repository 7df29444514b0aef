import type { Knex } from 'knex'
import type { DeliveryState } from './delivery.ts'

/** Which deliveries; all of its fields together. Times are milliseconds since 1970. */
export interface Selection {
  readonly ids?: readonly number[]
  readonly integration?: string
  readonly projectId?: string
  readonly storyId?: string
  readonly states?: readonly DeliveryState[]
  readonly kind?: 'announce' | 'comment' | 'state' | 'forward'
  readonly activityId?: number
  readonly createdFrom?: number
  readonly createdBefore?: number
}

/** For `modify`. */
export function those(query: Knex.QueryBuilder, selection: Selection): void {
  const { ids, states } = selection
  if (ids !== undefined) query.whereIn('id', [...ids])
  if (selection.integration !== undefined) query.where('integration', selection.integration)
  if (selection.projectId !== undefined) query.where('project_id', selection.projectId)
  if (selection.storyId !== undefined) query.where('story_id', selection.storyId)
  // Not as values: only then the index of the dead ones is found.
  if (states !== undefined && states.length > 0)
    query.whereRaw(
      states.length === 1 ? `state = '${states[0]}'` : `state in (${states.map((state) => `'${state}'`).join(', ')})`,
    )
  if (selection.kind !== undefined) query.where('kind', selection.kind)
  if (selection.activityId !== undefined) query.where('activity_id', selection.activityId)
  if (selection.createdFrom !== undefined) query.where('created_at', '>=', selection.createdFrom)
  if (selection.createdBefore !== undefined) query.where('created_at', '<', selection.createdBefore)
}

/** How many there are, by integration and state. */
export async function countThose(
  reader: Knex,
  selection: Selection,
): Promise<{ integration: string; state: DeliveryState; count: number }[]> {
  const rows: { integration: string; state: DeliveryState; n: number }[] = await reader('deliveries')
    .select('integration', 'state')
    .count({ n: '*' })
    .modify(those, selection)
    .groupBy('integration', 'state')
    .orderBy(['integration', 'state'])
  return rows.map(({ integration, state, n }) => ({ integration, state, count: Number(n) }))
}
