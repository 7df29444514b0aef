import type { Knex } from 'knex'
import type { StateEffect } from '../connectors/contract/effect.ts'
import type { Delivery, StoredActivity } from './delivery.ts'
import type { Dialect, Statement } from './dialect/dialect.ts'
import { storedJson } from './stored-json.ts'
import { together } from './together.ts'

const ACTIVITIES: Statement = {
  given: { table: 'activities', columns: ['id'] },
  sql: () => `select activities.id, activities.raw, activities.content_type, activities.normalised
    from given join activities on activities.id = given.id`,
}

export function createStoredActivity(read: Dialect['read']): (id: number) => Promise<StoredActivity> {
  const find = together(String, async (ids: readonly number[]) => {
    const rows = await read<{ id: number; raw: Buffer; content_type: string | null; normalised: string | null }>(
      ACTIVITIES,
      [...new Set(ids)].map((id) => [id]),
    )
    return new Map(
      rows.map(({ id, raw, content_type, normalised }) => [String(id), { raw, contentType: content_type, normalised }]),
    )
  })
  return async (id) => (await find(id)) ?? missing(id)
}

function missing(id: number): never {
  throw new Error(`activity ${id} is not in the store`)
}

type OfAStory = Pick<Delivery, 'id' | 'integration' | 'projectId' | 'storyId'>

export async function nextState(reader: Knex, delivery: OfAStory): Promise<StateEffect | null> {
  const row: { effect: string } | undefined = await laterStates(reader, delivery)
    .whereNull('settled_at')
    .first('effect')
  return row === undefined ? null : storedJson<StateEffect>(row.effect, 'the effect of a delivery')
}

/** Later states of the same story that were delivered already, the newest first. */
export async function laterStatesDelivered(reader: Knex, delivery: OfAStory): Promise<StateEffect[]> {
  const rows: { effect: string }[] = await laterStates(reader, delivery, 'desc')
    .where('state', 'delivered')
    .limit(20)
    .select('effect')
  return rows.map(({ effect }) => storedJson<StateEffect>(effect, 'the effect of a delivery'))
}

function laterStates(reader: Knex, { id, integration, projectId, storyId }: OfAStory, order: 'asc' | 'desc' = 'asc') {
  return reader('deliveries')
    .where({ integration, story_id: storyId ?? '', project_id: projectId })
    .where('id', '>', id)
    .where('kind', 'state')
    .orderBy('id', order)
}
