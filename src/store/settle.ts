import type { Exchange } from '../http/send.ts'
import type { Committer } from './committer.ts'
import { CountChanges } from './counts.ts'
import { countSent } from './days.ts'
import { isSettled, type Outcome, type Taken } from './delivery.ts'
import type { Insertion, Row, Trx } from './dialect/dialect.ts'
import { type LaneEntry, leave, lockLanes } from './lanes.ts'

export interface Settlement {
  readonly delivery: Taken
  readonly outcome: Outcome
  /** Redacted and capped. */
  readonly exchanges: readonly Exchange[]
  /** Milliseconds since 1970. */
  readonly endedAt: number
  /** The day to count it on (2026-11-24, UTC), where the integration's settings cap how many are sent in one. */
  readonly day?: string | null
}

/** False: the delivery was no longer ours (the lease had ended and somebody else took it), and nothing was changed. */
export type Settled = boolean

/**
 * Writes down what became of an attempt: the delivery's new state, the attempt's record, and the turn of the next one
 * in the lane, in one transaction.
 */
export function createSettle(committer: Committer): (settlement: Settlement) => Promise<Settled> {
  return committer.batched(settleAll)
}

async function settleAll(trx: Trx, settlements: readonly Settlement[]): Promise<Settled[]> {
  await lockLanes(trx, settlements.flatMap(entriesOf))
  const results: Settled[] = []
  for (const settlement of settlements) results.push(await update(trx, settlement))
  const ours = settlements.filter((_, index) => results[index])
  const counts = new CountChanges()
  for (const { delivery, outcome } of ours) counts.move(delivery.integration, 'delivering', outcome.state)
  const left = ours.filter(({ outcome }) => isSettled(outcome.state)).flatMap(entriesOf)
  const latest = Math.max(...settlements.map(({ endedAt }) => endedAt))
  await trx.insert(ATTEMPTS, ours.map(attemptRow))
  await leave(trx, left, latest)
  await counts.apply(trx)
  for (const { delivery, outcome, day } of ours)
    if (day && outcome.state === 'delivered') await countSent(trx.knex, delivery.integration, day)
  return results
}

/** @returns false when the delivery is in other hands meanwhile */
async function update(trx: Trx, { delivery, outcome, endedAt }: Settlement): Promise<Settled> {
  const changed = await trx
    .knex('deliveries')
    .where({ id: delivery.id, token: delivery.token, state: 'delivering' })
    .update({
      state: outcome.state,
      due_at: outcome.dueAt,
      token: null,
      failures: outcome.failures,
      in_doubt_since: outcome.inDoubtSince,
      failing_since: outcome.failingSince,
      settled_at: isSettled(outcome.state) ? endedAt : null,
      note: outcome.note,
    })
  return changed === 1
}

const ATTEMPTS: Insertion = {
  table: 'attempts',
  columns: ['delivery_id', 'number', 'started_at', 'duration_ms', 'outcome', 'status', 'note', 'exchanges'],
}

function entriesOf({ delivery }: Settlement): LaneEntry[] {
  return delivery.lanes.map((lane) => ({ integration: delivery.integration, lane, deliveryId: delivery.id }))
}

function attemptRow({ delivery, outcome, exchanges, endedAt }: Settlement): Row {
  return [
    delivery.id,
    delivery.attempts,
    delivery.startedAt,
    endedAt - delivery.startedAt,
    outcome.word,
    outcome.status,
    outcome.note,
    JSON.stringify(exchanges),
  ]
}
