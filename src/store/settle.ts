import type { Exchange } from '../http/send.ts'
import type { Committer, Writes } from './committer.ts'
import { countSent } from './days.ts'
import { isSettled, type Outcome, type Taken } from './delivery.ts'
import type { Insertion, Row, Trx } from './dialect/dialect.ts'
import { storedReceiptId } from './doubt.ts'
import { type LaneEntry, laneKey } from './lanes.ts'

export interface Settlement {
  readonly delivery: Taken
  readonly outcome: Outcome
  readonly exchanges: readonly Exchange[]
  readonly endedAt: number
  readonly durationMs: number
  /** The target's clock when the attempt began, if it was known. */
  readonly targetTime: number | null
  /** The UTC day to count it on (2026-11-24) if the integration has max_per_day. */
  readonly day?: string | null
}

/**
 * Stores an attempt's outcome in one transaction: the delivery's new state, the attempt's record, and the next delivery
 * of the lane. False if the lease had ended and another process took the delivery; then nothing changes.
 */
export function createSettle(committer: Committer): (settlement: Settlement) => Promise<boolean> {
  return committer.batched(settleAll, {
    order: (settlement) => ({
      names: [
        ...entriesOf(settlement).map(laneKey),
        ...(isCounted(settlement) ? [`day ${settlement.delivery.integration}`] : []),
      ],
      deliveries: [settlement.delivery.id],
    }),
  })
}

async function settleAll(trx: Writes, settlements: readonly Settlement[]): Promise<boolean[]> {
  const results: boolean[] = []
  for (const settlement of settlements) results.push(await update(trx, settlement))
  const ours = settlements.filter((_, index) => results[index])
  for (const { delivery, outcome } of ours) trx.counts.move(delivery.integration, 'delivering', outcome.state)
  const left = ours.filter(({ outcome }) => isSettled(outcome.state)).flatMap(entriesOf)
  const latest = Math.max(...settlements.map(({ endedAt }) => endedAt))
  await trx.insert(ATTEMPTS, ours.map(attemptRow))
  for (const { delivery } of ours) await forgetMiddle(trx, delivery)
  trx.leave(left, latest)
  for (const settlement of ours)
    if (isCounted(settlement)) await countSent(trx.knex, settlement.delivery.integration, settlement.day)
  return results
}

function isCounted<S extends Settlement>(settlement: S): settlement is S & { readonly day: string } {
  return Boolean(settlement.day) && settlement.outcome.state === 'delivered'
}

/** A later attempt does not say when the first one in doubt wrote, whose time at the target may not be known. */
const TIME_OF_FIRST_DOUBT = 'case when in_doubt_since is null then coalesce(target_time, ?) else target_time end'

async function update(trx: Trx, { delivery, outcome, endedAt, targetTime }: Settlement): Promise<boolean> {
  const changed = await trx
    .knex('deliveries')
    .where({ id: delivery.id, token: delivery.token, state: 'delivering' })
    .update({
      state: outcome.state,
      due_at: outcome.dueAt === null ? null : trx.stored(outcome.dueAt, endedAt),
      token: null,
      failures: outcome.failures,
      in_doubt_since: outcome.inDoubtSince,
      failing_since: outcome.failingSince,
      first_failed_at: outcome.firstFailedAt,
      last_failed_at: outcome.lastFailedAt,
      // What the attempt in doubt is recognised by is of no use once the doubt has ended.
      ...(outcome.inDoubtSince === null
        ? { kept: null, target_time: null }
        : { target_time: trx.knex.raw(TIME_OF_FIRST_DOUBT, [targetTime]) }),
      settled_at: isSettled(outcome.state) ? endedAt : null,
      note: outcome.note,
    })
  return changed === 1
}

/** A delivery that is held for days is attempted thousands of times; the first attempts and the latest tell the story. */
const FIRST_KEPT = 10
const LATEST_KEPT = 40

async function forgetMiddle({ knex }: Trx, { id, attempts }: Taken): Promise<void> {
  if (attempts <= FIRST_KEPT + LATEST_KEPT) return
  await knex('attempts')
    .where('delivery_id', id)
    .where('number', '>', FIRST_KEPT)
    .where('number', '<=', attempts - LATEST_KEPT)
    .delete()
}

const ATTEMPTS: Insertion = {
  table: 'attempts',
  columns: [
    'delivery_id',
    'number',
    'started_at',
    'duration_ms',
    'outcome',
    'status',
    'note',
    'receipt_id',
    'exchanges',
  ],
}

function entriesOf({ delivery }: Settlement): LaneEntry[] {
  return delivery.lanes.map((lane) => ({ integration: delivery.integration, lane, deliveryId: delivery.id }))
}

function attemptRow({ delivery, outcome, exchanges, durationMs }: Settlement): Row {
  return [
    delivery.id,
    delivery.attempts,
    delivery.startedAt,
    Math.round(durationMs),
    outcome.word,
    outcome.status,
    outcome.note,
    storedReceiptId(outcome.receiptId),
    JSON.stringify(exchanges),
  ]
}
