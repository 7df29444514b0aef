import type { Knex } from 'knex'
import { type Deed, record, recordResult } from './audit.ts'
import type { Committer, Writes } from './committer.ts'
import type { DeliveryState } from './delivery.ts'
import { blockedAmong, enter, type LaneEntry, laneKey } from './lanes.ts'
import { AFRESH } from './replay.ts'
import { DOUBT_OF_THE_ABANDONED, isAbandoned } from './skip.ts'

export interface MoveRequest {
  readonly who: string
  /** An integration that no relay runs any more. */
  readonly from: string
  readonly to: string
  readonly now: number
}

export interface MoveReport {
  readonly moved: number
  /** Being delivered right now; then the move stops, so that the others do not overtake them. */
  readonly underWay: number
}

/** Few rows in one commit, so that hooks do not wait long. */
const STEP = 200

/**
 * Gives the open deliveries of one integration to another, with all their retries and in their order; they come behind
 * what waits there already. A doubt is kept, so that the target is asked before anything is repeated.
 */
export async function moveOpen(committer: Committer, reader: Knex, request: MoveRequest): Promise<MoveReport> {
  let moved = 0
  let auditId: number | null = null
  for (let cursor = 0; ; ) {
    const rows: Row[] = await reader('deliveries')
      .select('id', 'lanes')
      .where('integration', request.from)
      .whereNull('settled_at')
      .where('id', '>', cursor)
      .orderBy('id')
      .limit(STEP)
    const lanes = rows.flatMap(lanesOf)
    const step = await committer.run(
      async (trx) => {
        const done = await moveThose(trx, rows, request)
        const result = resultOf(moved + done.moved, done.underWay)
        if (auditId !== null) await recordResult(trx, auditId, result)
        return { ...done, auditId: auditId ?? (await record(trx, deedOf(request, result), request.now)) }
      },
      {
        names: [request.from, request.to].flatMap((integration) => lanes.map((lane) => laneKey({ integration, lane }))),
        deliveries: rows.map(({ id }) => id),
        alone: true,
      },
    )
    moved += step.moved
    const { underWay } = step
    auditId = step.auditId
    if (rows.length < STEP || underWay > 0) return { moved, underWay }
    cursor = rows.at(-1)?.id ?? cursor
  }
}

interface Row {
  readonly id: number
  readonly lanes: string
}

const lanesOf = ({ lanes }: Row): string[] => JSON.parse(lanes) as string[]

function deedOf({ who, from, to }: MoveRequest, result: string): Deed {
  return { who, action: 'move', subject: `open deliveries of ${from}`, detail: { from, to }, result }
}

function resultOf(moved: number, underWay: number): string {
  return `${moved} moved${underWay > 0 ? `, ${underWay} being delivered` : ''}`
}

/** @param rows as they were before the transaction */
async function moveThose(trx: Writes, rows: readonly Row[], { from, to, now }: MoveRequest): Promise<MoveReport> {
  const found: (Row & { state: DeliveryState; due_at: number | null })[] = await trx
    .knex('deliveries')
    .select('id', 'lanes', 'state', 'due_at')
    .whereIn(
      'id',
      rows.map(({ id }) => id),
    )
    .where('integration', from)
    .whereNull('settled_at')
    .orderBy('id')
  const underWay = await countUnderWay(trx, from, now)
  if (underWay > 0) return { moved: 0, underWay }
  const entries = found.flatMap((row) =>
    lanesOf(row).map((lane): LaneEntry => ({ integration: to, lane, deliveryId: Number(row.id) })),
  )
  const ids = found.map(({ id }) => id)
  await trx
    .knex('deliveries')
    .whereIn('id', ids)
    .update({
      integration: to,
      state: 'pending',
      due_at: null,
      token: null,
      in_doubt_since: trx.knex.raw(DOUBT_OF_THE_ABANDONED),
      ...AFRESH,
      digest: null,
      note: `moved from ${from}`,
    })
  await enter(trx, entries)
  const blocked = await blockedAmong(trx, entries)
  await trx
    .knex('deliveries')
    .whereIn(
      'id',
      ids.filter((id) => !blocked.has(Number(id))),
    )
    .update({ due_at: trx.stored(now, now) })
  for (const { state } of found) {
    trx.counts.add(from, state, -1)
    trx.counts.add(to, 'pending', 1)
  }
  trx.leave(
    found.flatMap((row) => lanesOf(row).map((lane) => ({ integration: from, lane, deliveryId: Number(row.id) }))),
    now,
  )
  return { moved: found.length, underWay: 0 }
}

/** What comes after one that is still being delivered would overtake it elsewhere. */
async function countUnderWay(trx: Writes, integration: string, now: number): Promise<number> {
  const rows: { due_at: number | null }[] = await trx
    .knex('deliveries')
    .select('due_at')
    .where({ integration, state: 'delivering' })
    // As in the index, word for word.
    .whereRaw("settled_at is null and (in_doubt_since is not null or state = 'delivering')")
  return rows.filter(({ due_at }) => !isAbandoned(trx, due_at, now)).length
}
