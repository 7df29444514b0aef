import type { Knex } from 'knex'
import { bulkInsert } from './bulk-insert.ts'
import { inPieces } from './pieces.ts'
import { statement } from './statement.ts'

/**
 * Order: of all open deliveries in a lane (an integration and a story) only the first may be taken. `lane_entries`
 * holds a row for each open delivery and lane; a delivery that is first in all its lanes has a due date.
 */

export interface LaneEntry {
  readonly integration: string
  readonly lane: string
  readonly deliveryId: number
}

type Lane = Pick<LaneEntry, 'integration' | 'lane'>

export const laneKey = ({ integration, lane }: Lane): string => `${integration} ${lane}`

/**
 * Locks lanes until the transaction ends, where several instances write at once; SQLite has one writer anyway.
 * Sorted, so that two transactions never wait for each other.
 */
export async function lockLanes(trx: Knex, lanes: readonly Lane[]): Promise<void> {
  if (trx.client.config.client !== 'pg') return
  const keys = [...new Set(lanes.map(laneKey))]
  if (keys.length === 0) return
  await trx.raw(
    `select pg_advisory_xact_lock(lane) from (
       select distinct hashtextextended(key, 0) as lane from unnest(?::text[]) as key order by 1
     ) as sorted`,
    [keys],
  )
}

/** Those of the lanes that hold an open delivery; looks at one row of each, however many wait there. */
export async function occupied(trx: Knex, lanes: readonly Lane[]): Promise<Set<string>> {
  if (lanes.length === 0) return new Set()
  const some = [...new Map(lanes.map((lane) => [laneKey(lane), lane])).values()]
  const taken = `exists (
    select 1 from lane_entries where lane_entries.integration = given.integration and lane_entries.lane = given.lane)`
  const rows: Lane[] =
    trx.client.config.client === 'pg'
      ? await statement(
          trx,
          `select integration, lane from unnest(?::text[], ?::text[]) as given (integration, lane) where ${taken}`,
          [some.map(({ integration }) => integration), some.map(({ lane }) => lane)],
        )
      : await statement(
          trx,
          `with given (integration, lane) as (select value->>0, value->>1 from jsonb_each(?))
           select integration, lane from given where ${taken}`,
          [JSON.stringify(some.map(({ integration, lane }) => [integration, lane]))],
        )
  return new Set(rows.map(laneKey))
}

const intoLanes = bulkInsert('lane_entries', ['integration', 'lane', 'delivery_id'])

export async function enter(trx: Knex, entries: readonly LaneEntry[]): Promise<void> {
  if (entries.length === 0) return
  await intoLanes(
    trx,
    entries.map(({ integration, lane, deliveryId }) => [integration, lane, deliveryId]),
  )
}

/**
 * Takes settled deliveries out of their lanes and gives those behind them their turn.
 * @returns the ids of the deliveries that became due
 */
export async function leave(trx: Knex, left: readonly LaneEntry[], now: number): Promise<number[]> {
  if (left.length === 0) return []
  for (const some of inPieces(left))
    await trx('lane_entries')
      .whereIn(
        ['integration', 'lane', 'delivery_id'],
        some.map(({ integration, lane, deliveryId }) => [integration, lane, deliveryId]),
      )
      .delete()
  const heads = await firstOf(trx, left)
  if (heads.size === 0) return []
  const candidates = trx('deliveries')
    .select('id', 'integration', 'lanes')
    .whereIn('id', [...new Set(heads.values())])
    .whereNull('due_at')
    .orderBy('id')
  // Two instances that each free one lane of the same delivery must not both think that the other lane is taken.
  if (trx.client.config.client === 'pg') candidates.forUpdate()
  const ready: number[] = []
  for (const { id, integration, lanes } of (await candidates) as { id: number; integration: string; lanes: string }[]) {
    // It may stand in more lanes than the ones that moved.
    const own = (JSON.parse(lanes) as string[]).map((lane) => ({ integration, lane }))
    if (!(await isBlocked(trx, id, own))) ready.push(id)
  }
  if (ready.length > 0) await trx('deliveries').whereIn('id', ready).update({ due_at: now })
  return ready
}

/**
 * True while another delivery of its lanes comes first: an older one, or, after a replay, a younger one that has its
 * turn already. So whatever waits has somebody before it who, on leaving, gives it its turn.
 */
export async function isBlocked(trx: Knex, id: number, lanes: readonly Lane[]): Promise<boolean> {
  for (const some of inPieces(lanes)) {
    const blocker: unknown = await trx('lane_entries')
      .join('deliveries', 'deliveries.id', 'lane_entries.delivery_id')
      .whereIn(
        ['lane_entries.integration', 'lane_entries.lane'],
        some.map(({ integration, lane }) => [integration, lane]),
      )
      .whereNot('lane_entries.delivery_id', id)
      .where((before) => before.where('lane_entries.delivery_id', '<', id).orWhereNotNull('deliveries.due_at'))
      .first('deliveries.id')
    if (blocker !== undefined) return true
  }
  return false
}

async function firstOf(trx: Knex, lanes: readonly Lane[]): Promise<Map<string, number>> {
  const first = new Map<string, number>()
  for (const some of inPieces(lanes)) {
    const rows: { integration: string; lane: string; first: number }[] = await trx('lane_entries')
      .select('integration', 'lane')
      .min({ first: 'delivery_id' })
      .whereIn(
        ['integration', 'lane'],
        some.map(({ integration, lane }) => [integration, lane]),
      )
      .groupBy('integration', 'lane')
    for (const row of rows) first.set(laneKey(row), Number(row.first))
  }
  return first
}
