import type { Knex } from 'knex'
import type { Effect } from '../connectors/contract/effect.ts'
import { insertDeliveries } from './append.ts'
import type { Committer } from './committer.ts'
import type { DeliveryState } from './delivery.ts'
import type { Tables } from './dialect/dialect.ts'
import { laneKey, occupied } from './lanes.ts'
import type { Planned } from './planned.ts'
import type { StoredBody } from './read-stored.ts'
import { orderOf, putThoseBack, type Settled } from './replay.ts'
import {
  type ActivitySelection,
  isOurs,
  LOST,
  moveOn,
  nameOf,
  type ReplayHold,
  type ReplayStep,
  type StepTime,
} from './replays.ts'

/** An activity that may be planned anew, and what has become of it so far. */
export interface PlannedBefore {
  readonly id: number
  readonly projectId: string
  readonly raw: Buffer
  readonly normalised: string | null
  readonly deliveries: readonly {
    readonly id: number
    readonly integration: string
    readonly effect: Effect
    readonly state: DeliveryState
    /** As JSON. */
    readonly lanes: string
  }[]
}

export interface ActivityRange {
  readonly after: number
  readonly untilId: number
  readonly most: number
}

/** The next activities of a selection, the oldest first. */
export async function activitiesToPlan(
  reader: Knex,
  selection: ActivitySelection,
  { after, untilId, most }: ActivityRange,
): Promise<PlannedBefore[]> {
  const rows: ({ id: number; project_id: string } & StoredBody)[] = await reader('activities')
    .select('id', 'project_id', 'raw', 'normalised')
    .where('id', '>', after)
    .where('id', '<=', untilId)
    .modify(thoseActivities, selection)
    .orderBy('id')
    .limit(most)
  const deliveries: {
    id: number
    activity_id: number
    integration: string
    effect: string
    state: DeliveryState
    lanes: string
  }[] = await reader('deliveries')
    .select('id', 'activity_id', 'integration', 'effect', 'state', 'lanes')
    .whereIn(
      'activity_id',
      rows.map(({ id }) => id),
    )
    .orderBy('id')
  return rows.map(({ id, project_id, raw, normalised }) => ({
    id: Number(id),
    projectId: project_id,
    raw,
    normalised,
    deliveries: deliveries
      .filter(({ activity_id }) => Number(activity_id) === Number(id))
      .map((row) => ({
        id: Number(row.id),
        integration: row.integration,
        effect: JSON.parse(row.effect) as Effect,
        state: row.state,
        lanes: row.lanes,
      })),
  }))
}

function thoseActivities(query: Knex.QueryBuilder, selection: ActivitySelection): void {
  if (selection.ids !== undefined) query.whereIn('id', [...selection.ids])
  if (selection.projectId !== undefined) query.where('project_id', selection.projectId)
  if (selection.from !== undefined) query.where('received_at', '>=', selection.from)
  if (selection.to !== undefined) query.where('received_at', '<=', selection.to)
}

export async function countActivities(
  reader: Knex,
  selection: ActivitySelection,
): Promise<{ readonly count: number; readonly lastId: number }> {
  const row: { n?: number | string; last?: number | null } | undefined = await reader('activities')
    .modify(thoseActivities, selection)
    .count({ n: '*' })
    .max({ last: 'id' })
    .first()
  return { count: Number(row?.n ?? 0), lastId: Number(row?.last ?? 0) }
}

/** What is to become of an activity that was planned anew. */
export interface PlannedAnew {
  readonly activityId: number
  readonly projectId: string
  /** Deliveries that it did not have. */
  readonly fresh: readonly Planned[]
  /** Those that it has and that are put back, as they were before the transaction. */
  readonly back: readonly (Settled & { readonly state: DeliveryState })[]
  readonly leftAlone: number
}

/** Stores what activities cause in addition, and moves the job's cursor on, in one transaction. */
export async function stepPlanAnew(
  committer: Committer,
  hold: ReplayHold,
  {
    items,
    most,
    again,
    ...time
  }: StepTime & {
    readonly items: readonly PlannedAnew[]
    /** How many were asked for: if there are fewer, it is the last step. */
    readonly most: number
    readonly again: boolean
  },
): Promise<ReplayStep> {
  const back = orderOf(items.flatMap((item) => item.back))
  const lanes = items.flatMap(({ fresh }) =>
    fresh.flatMap(({ integration, lanes }) => lanes.map((lane) => ({ integration, lane }))),
  )
  const end = { cursor: items.at(-1)?.activityId ?? hold.cursor, isLast: items.length < most }
  return await committer.run(
    async (trx) => {
      if (!(await isOurs(trx, hold))) return LOST
      // The sweep may have deleted one meanwhile, or another job planned it.
      const kept: number[] = await trx
        .knex('activities')
        .whereIn(
          'id',
          items.map(({ activityId }) => activityId),
        )
        .pluck('id')
      const known = new Set(kept.map(Number))
      const had = await deliveriesOf(trx.knex, kept)
      const entries = items
        .filter(({ activityId, fresh }) => known.has(activityId) && fresh.length > 0)
        .map(({ activityId, projectId, fresh }) => ({
          id: activityId,
          entry: {
            projectId,
            receivedAt: time.now,
            deliveries: fresh.filter(({ key, integration }) => !had.has(`${activityId} ${integration} ${key}`)),
          },
        }))
      const blocked = await occupied(trx, lanes)
      await insertDeliveries(trx, entries, blocked)
      const states = again ? undefined : (['dead'] as const)
      const put = await putThoseBack(trx, back.deliveries, time.now, states)
      const fresh = entries.flatMap(({ entry }) => entry.deliveries)
      const asked = items.reduce((sum, item) => sum + item.fresh.length + item.back.length, 0)
      const released = fresh.length + put.length
      const left = items.reduce((sum, { leftAlone }) => sum + leftAlone, 0) + asked - released
      const integrations = [...put, ...fresh.map(({ integration }) => integration)]
      const numbers = { looked: items.length, released, leftAlone: left }
      return await moveOn(trx, hold, { ...numbers, ...time, integrations, ...end })
    },
    {
      names: [
        ...back.names,
        ...lanes.map(laneKey),
        ...items.map(({ activityId }) => `activity planned ${activityId}`),
        nameOf(hold.id),
        'sweep',
      ],
      deliveries: back.deliveries,
      alone: back.alone,
    },
  )
}

async function deliveriesOf(knex: Tables, activityIds: readonly number[]): Promise<Set<string>> {
  const rows: { activity_id: number; integration: string; key: string }[] = await knex('deliveries')
    .select('activity_id', 'integration', 'key')
    .whereIn('activity_id', [...activityIds])
  return new Set(rows.map(({ activity_id, integration, key }) => `${activity_id} ${integration} ${key}`))
}
