import type { Insertion, Lane, Statement, Trx } from './dialect/dialect.ts'
import { inPieces } from './pieces.ts'
import { storedJson } from './stored-json.ts'

/**
 * Of all open deliveries in a lane (an integration and a story) only the first may be taken. `lane_entries` has a row for
 * each open delivery and lane; a delivery that is first in all its lanes has a due date.
 */
export interface LaneEntry extends Lane {
  readonly deliveryId: number
}

/** Also the name by which a transaction holds a lane. */
export const laneKey = ({ integration, lane }: Lane): string => `${integration} ${lane}`

export async function occupied(trx: Trx, lanes: readonly Lane[]): Promise<Set<string>> {
  if (lanes.length === 0) return new Set()
  const different = [...new Map(lanes.map((lane) => [laneKey(lane), lane])).values()]
  return new Set((await trx.occupied(different)).map(laneKey))
}

const LANE_ENTRIES: Insertion = { table: 'lane_entries', columns: ['integration', 'lane', 'delivery_id'] }

export async function enter(trx: Trx, entries: readonly LaneEntry[]): Promise<void> {
  if (entries.length === 0) return
  await trx.insert(
    LANE_ENTRIES,
    entries.map(({ integration, lane, deliveryId }) => [integration, lane, deliveryId]),
  )
}

const REMOVE: Statement = {
  given: { table: 'lane_entries', columns: ['integration', 'lane', 'delivery_id'] },
  sql: ({ among, place }) =>
    `delete from lane_entries where ${among(
      place,
      `select (select own.${place} from lane_entries as own where own.integration = given.integration
        and own.lane = given.lane and own.delivery_id = given.delivery_id) from given`,
    )}`,
}

/**
 * Makes the first of each lane due if that is its only lane and what left was the lane's only delivery that was due.
 * Returns the others too, of which that is not certain, and locks them, in one order for all: two instances that each free one lane of
 * the same delivery must not both think that the other lane is taken.
 */
const MOVE_UP: Statement = {
  given: { table: 'lane_entries', columns: ['integration', 'lane'] },
  sql({ among, locked }) {
    const first = `select (select min(delivery_id) from lane_entries
      where lane_entries.integration = given.integration and lane_entries.lane = given.lane) from given`
    const waiting = `select id from deliveries where due_at is null and ${among('id', first)} ${locked}`
    return `update deliveries set due_at = case when lanes like '%","%' or cast($3 as bigint) = 0 then null else cast($2 as bigint) end
      where ${among('id', waiting)} returning id, integration, lanes, due_at`
  },
}

/** For the committer, once in a transaction. */
export async function leave(trx: Trx, left: readonly LaneEntry[], now: number, wereDue: boolean): Promise<void> {
  if (left.length === 0) return
  await trx.apply(
    REMOVE,
    left.map(({ integration, lane, deliveryId }) => [integration, lane, deliveryId]),
  )
  const freed = [...new Map(left.map((entry) => [laneKey(entry), [entry.integration, entry.lane] as const])).values()]
  const due = trx.stored(now, now)
  const first = await trx.apply<{ id: number; integration: string; lanes: string; due_at: number | null }>(
    MOVE_UP,
    freed,
    [due, wereDue ? 1 : 0],
  )
  const ready: number[] = []
  for (const { id, integration, lanes, due_at } of first) {
    if (due_at !== null) continue
    const own = storedJson<string[]>(lanes, `the lanes of delivery ${id}`).map((lane) => ({ integration, lane }))
    if (!(await isBlocked(trx, id, own))) ready.push(id)
  }
  if (ready.length > 0) await trx.knex('deliveries').whereIn('id', ready).update({ due_at: due })
}

/**
 * True if another delivery of its lanes comes first: an older one, or, after a replay, a younger one that is due already.
 * So each waiting delivery has one before it that makes it due on leaving.
 */
export async function isBlocked(trx: Trx, id: number, lanes: readonly Lane[]): Promise<boolean> {
  for (const some of inPieces(lanes)) {
    const blocker: unknown = await trx
      .knex('lane_entries')
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

/**
 * The deliveries, of some that have just entered their lanes and have no due date yet, before which another one comes, by
 * the same rule.
 */
export async function blockedAmong(trx: Trx, entries: readonly LaneEntry[]): Promise<Set<number>> {
  const blocked = new Set<number>()
  for (const some of inPieces(entries)) {
    const ids: number[] = await trx
      .knex('lane_entries as own')
      .whereIn(
        ['own.integration', 'own.lane', 'own.delivery_id'],
        some.map(({ integration, lane, deliveryId }) => [integration, lane, deliveryId]),
      )
      .whereExists((before) =>
        before
          .from('lane_entries as other')
          .join('deliveries', 'deliveries.id', 'other.delivery_id')
          .whereRaw('other.integration = own.integration and other.lane = own.lane')
          .whereRaw('other.delivery_id <> own.delivery_id')
          .whereRaw('(other.delivery_id < own.delivery_id or deliveries.due_at is not null)'),
      )
      .pluck('own.delivery_id')
    for (const id of ids) blocked.add(Number(id))
  }
  return blocked
}
