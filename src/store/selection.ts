import type { Knex } from 'knex'
import type { Effect } from '../connectors/contract/effect.ts'
import { type DeliveryState, isSettled } from './delivery.ts'
import { thoseSaying } from './delivery-pages.ts'
import { type DeliveryRow, deliveryOf } from './delivery-row.ts'
import { SETTLED, type Settled } from './replay.ts'

/** Which deliveries; all of its fields together. Times are milliseconds since 1970. */
export interface Selection {
  readonly ids?: readonly number[]
  readonly integration?: string
  readonly projectId?: string
  readonly storyId?: string
  readonly states?: readonly DeliveryState[]
  readonly kind?: Effect['kind']
  readonly activityId?: number
  /** Of their creation, both included. */
  readonly from?: number
  readonly to?: number
  /** See `matches`; not empty. */
  readonly words?: readonly string[]
}

/** For `modify`: all but the words. */
export function those(query: Knex.QueryBuilder, selection: Selection): void {
  const { ids, states } = selection
  if (ids !== undefined) query.whereIn('id', [...ids])
  if (selection.integration !== undefined) query.where('integration', selection.integration)
  if (selection.projectId !== undefined) query.where('project_id', selection.projectId)
  if (selection.storyId !== undefined) touching(query, selection.storyId)
  // Not as values: only then the index of the dead ones is found.
  if (states !== undefined && states.length > 0)
    query.whereRaw(
      states.length === 1 ? `state = '${states[0]}'` : `state in (${states.map((state) => `'${state}'`).join(', ')})`,
    )
  // It says nothing new, but there is an index of these.
  if (states !== undefined && states.length > 0 && !states.some(isSettled)) query.whereNull('settled_at')
  if (selection.kind !== undefined) query.where('kind', selection.kind)
  if (selection.activityId !== undefined) query.where('activity_id', selection.activityId)
  if (selection.from !== undefined) query.where('created_at', '>=', selection.from)
  if (selection.to !== undefined) query.where('created_at', '<=', selection.to)
}

/** A forward has no story of its own, but lanes named after the stories of its activity. */
function touching(query: Knex.QueryBuilder, storyId: string): void {
  const inLanes = `%:${JSON.stringify(storyId)
    .slice(1)
    .replace(/[\\%_]/g, '\\$&')}%`
  query.where((either) =>
    either
      .where('story_id', storyId)
      .orWhere((forward) => forward.whereNull('story_id').whereRaw("lanes like ? escape '\\'", [inLanes])),
  )
}

export interface SelectionRange {
  readonly after: number
  readonly untilId?: number
  /** How many are looked at. */
  readonly most: number
}

export interface Chosen {
  readonly rows: readonly Settled[]
  /** The id of the last one that was looked at. */
  readonly cursor: number
  readonly isLast: boolean
}

/** The next ones of a selection, the oldest first. */
export async function nextThose(
  reader: Knex,
  selection: Selection,
  { after, untilId, most }: SelectionRange,
): Promise<Chosen> {
  const { words } = selection
  const found: DeliveryRow[] = await reader('deliveries')
    .select(words === undefined ? [...SETTLED] : '*')
    .where('id', '>', after)
    .modify((query) => {
      if (untilId !== undefined) query.where('id', '<=', untilId)
    })
    .modify(those, selection)
    .orderBy('id')
    .limit(most)
  const end = { cursor: Number(found.at(-1)?.id ?? after), isLast: found.length < most }
  if (words === undefined) return { rows: found, ...end }
  const saying = new Set((await thoseSaying(reader, found.map(deliveryOf), words)).map(({ id }) => id))
  return { rows: found.filter(({ id }) => saying.has(id)), ...end }
}

/** So many are looked at for a text. */
const MOST_SEARCHED = 20_000
const STEP = 250

export interface SelectionCount {
  readonly integration: string
  readonly state: DeliveryState
  readonly count: number
}

/**
 * How many there are, by integration and state.
 * @returns null if a text would have to be searched for in too many
 */
export async function countThose(reader: Knex, selection: Selection): Promise<SelectionCount[] | null> {
  if (selection.words !== undefined) return await countSaying(reader, selection)
  const rows: { integration: string; state: DeliveryState; n: number }[] = await reader('deliveries')
    .select('integration', 'state')
    .count({ n: '*' })
    .modify(those, selection)
    .groupBy('integration', 'state')
    .orderBy(['integration', 'state'])
  return rows.map(({ integration, state, n }) => ({ integration, state, count: Number(n) }))
}

async function countSaying(reader: Knex, selection: Selection): Promise<SelectionCount[] | null> {
  const counts = new Map<string, SelectionCount>()
  let looked = 0
  for (let after = 0; looked < MOST_SEARCHED; looked += STEP) {
    const { rows, cursor, isLast } = await nextThose(reader, selection, { after, most: STEP })
    for (const row of rows) {
      const { integration, state } = row as DeliveryRow
      const key = `${integration} ${state}`
      counts.set(key, { integration, state, count: (counts.get(key)?.count ?? 0) + 1 })
    }
    if (isLast) return [...counts.values()]
    after = cursor
  }
  return null
}
