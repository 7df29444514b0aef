import type { Knex } from 'knex'
import type { Exchange } from '../../http/send.ts'
import { isSettled, type Outcome, type Taken } from '../delivery.ts'
import type { Committer } from './committer.ts'
import { CountChanges } from './counts.ts'
import { type LaneEntry, leave, lockLanes } from './lanes.ts'
import { inPieces } from './pieces.ts'

export interface Settlement {
  readonly delivery: Taken
  readonly outcome: Outcome
  /** Redacted and capped. */
  readonly exchanges: readonly Exchange[]
  /** Milliseconds since 1970. */
  readonly endedAt: number
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

async function settleAll(trx: Knex.Transaction, settlements: readonly Settlement[]): Promise<Settled[]> {
  await lockLanes(trx, settlements.flatMap(entriesOf))
  const counts = new CountChanges()
  const left: LaneEntry[] = []
  const attempts: object[] = []
  const results: Settled[] = []
  let latest = 0
  for (const settlement of settlements) {
    const { delivery, outcome, endedAt } = settlement
    latest = Math.max(latest, endedAt)
    const settled = isSettled(outcome.state)
    const changed = await trx('deliveries')
      .where({ id: delivery.id, token: delivery.token, state: 'delivering' })
      .update({
        state: outcome.state,
        due_at: outcome.dueAt,
        token: null,
        failures: outcome.failures,
        in_doubt_since: outcome.inDoubtSince,
        failing_since: outcome.failingSince,
        settled_at: settled ? endedAt : null,
        note: outcome.note,
      })
    results.push(changed === 1)
    if (changed !== 1) continue
    counts.move(delivery.integration, 'delivering', outcome.state)
    if (settled) left.push(...entriesOf(settlement))
    attempts.push(attemptRow(settlement))
  }
  for (const some of inPieces(attempts)) await trx('attempts').insert(some)
  await leave(trx, left, latest)
  await counts.apply(trx)
  return results
}

function entriesOf({ delivery }: Settlement): LaneEntry[] {
  return delivery.lanes.map((lane) => ({ integration: delivery.integration, lane, deliveryId: delivery.id }))
}

function attemptRow({ delivery, outcome, exchanges, endedAt }: Settlement): object {
  return {
    delivery_id: delivery.id,
    number: delivery.attempts,
    started_at: delivery.startedAt,
    duration_ms: endedAt - delivery.startedAt,
    outcome: outcome.word,
    status: outcome.status,
    note: outcome.note,
    exchanges: JSON.stringify(exchanges),
  }
}
