import type { Committer, Writes } from './committer.ts'
import { countSent } from './days.ts'
import { isSettled, type Outcome, type Taken } from './delivery.ts'
import type { Insertion, Row, Statement, Trx } from './dialect/dialect.ts'
import { DIGEST_LANE, settleOthers } from './digest.ts'
import { storedReceiptId } from './doubt.ts'
import { type LaneEntry, laneKey } from './lanes.ts'
import { rounds } from './rounds.ts'

export interface Settlement {
  readonly delivery: Pick<
    Taken,
    'id' | 'key' | 'integration' | 'token' | 'lanes' | 'attempts' | 'startedAt' | 'createdAt' | 'replayedAt' | 'digest'
  >
  readonly outcome: Outcome
  /** The requests and answers, as JSON of `Exchange[]`. */
  readonly exchanges: string
  readonly endedAt: number
  readonly durationMs: number
  /** The target's clock when the attempt began, if it was known. */
  readonly targetTime: number | null
  /** The UTC day to count it on (2026-11-24) if the integration has max_per_day. */
  readonly day?: string | null
  /** Whether all of the delivery's digest were carried out with it; false: it alone was. */
  readonly withDigest?: boolean
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
  const settled = new Set<Settlement>()
  for (const round of rounds(settlements, ({ delivery }) => delivery.id)) {
    const ids = new Set(await update(trx, round))
    for (const settlement of round) if (ids.has(settlement.delivery.id)) settled.add(settlement)
  }
  const ours = settlements.filter((settlement) => settled.has(settlement))
  for (const { delivery, outcome } of ours) trx.counts.move(delivery.integration, 'delivering', outcome.state)
  const left = ours.filter(({ outcome }) => isSettled(outcome.state)).flatMap(entriesOf)
  for (const settlement of ours.filter(isOfDigest)) left.push(...(await settleDigest(trx, settlement)))
  const latest = Math.max(...settlements.map(({ endedAt }) => endedAt))
  await trx.insert(ATTEMPTS, ours.map(attemptRow))
  for (const { delivery } of ours) await forgetMiddle(trx, delivery)
  trx.leave(left, latest, true)
  await countSent(
    trx,
    ours.filter(isCounted).map(({ delivery, day }) => ({ integration: delivery.integration, day })),
  )
  return settlements.map((settlement) => settled.has(settlement))
}

function isOfDigest({ withDigest = false, delivery }: Settlement): boolean {
  return withDigest || delivery.digest !== null
}

/** @returns the lanes that the others of the digest leave */
async function settleDigest(trx: Writes, settlement: Settlement): Promise<LaneEntry[]> {
  const { delivery, outcome, endedAt, withDigest = false } = settlement
  const { id, integration, digest } = delivery
  if (!withDigest) {
    // Its integration gathers nothing any more.
    if (digest !== null) await trx.knex('deliveries').where({ id }).update({ digest: null })
    return []
  }
  const { state, note } = outcome
  if (state !== 'delivered' && state !== 'skipped' && state !== 'dead') return []
  const others = await settleOthers(trx, { id, integration, state, note, at: endedAt })
  for (const _ of others) trx.counts.move(integration, 'pending', state)
  return others.map((deliveryId) => ({ integration, lane: DIGEST_LANE, deliveryId }))
}

function isCounted<S extends Settlement>(settlement: S): settlement is S & { readonly day: string } {
  return Boolean(settlement.day) && settlement.outcome.state === 'delivered'
}

/**
 * What the attempt in doubt is recognised by is of no use once the doubt has ended. A later attempt does not say when the
 * first one in doubt wrote, whose time at the target may not be known.
 */
const UPDATE: Statement = {
  given: {
    table: 'deliveries',
    columns: [
      ...['id', 'token', 'state', 'due_at', 'failures', 'in_doubt_since', 'failing_since', 'first_failed_at'],
      ...['last_failed_at', 'target_time', 'settled_at', 'note'],
    ],
  },
  sql: ({ onlyGiven }) => `update deliveries set state = given.state, due_at = given.due_at, token = null,
      failures = given.failures, in_doubt_since = given.in_doubt_since, failing_since = given.failing_since,
      first_failed_at = given.first_failed_at, last_failed_at = given.last_failed_at,
      kept = case when given.in_doubt_since is not null then deliveries.kept end,
      target_time = case when given.in_doubt_since is null then null
        when deliveries.in_doubt_since is null then coalesce(deliveries.target_time, given.target_time)
        else deliveries.target_time end,
      settled_at = given.settled_at, note = given.note
    from given
    where deliveries.id = given.id and deliveries.token = given.token and deliveries.state = 'delivering'
      and ${onlyGiven}
    returning deliveries.id as id`,
}

/** @returns the ids of those whose lease was still ours */
async function update(trx: Trx, settlements: readonly Settlement[]): Promise<number[]> {
  const updated = await trx.apply<{ id: number }>(
    UPDATE,
    settlements.map(({ delivery, outcome, endedAt, targetTime }) => [
      delivery.id,
      delivery.token,
      outcome.state,
      outcome.dueAt === null ? null : trx.stored(outcome.dueAt, endedAt),
      outcome.failures,
      outcome.inDoubtSince,
      outcome.failingSince,
      outcome.firstFailedAt,
      outcome.lastFailedAt,
      targetTime,
      isSettled(outcome.state) ? endedAt : null,
      outcome.note,
    ]),
  )
  return updated.map(({ id }) => id)
}

/** A delivery that is held for days is attempted thousands of times; the first attempts and the latest tell the story. */
const FIRST_KEPT = 10
const LATEST_KEPT = 40

async function forgetMiddle({ knex }: Trx, { id, attempts }: Settlement['delivery']): Promise<void> {
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
    'replayed_at',
    'outcome',
    'status',
    'note',
    'receipt_id',
    'exchanges',
  ],
  long: ['exchanges'],
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
    delivery.replayedAt,
    outcome.word,
    outcome.status,
    outcome.note,
    storedReceiptId(outcome.receiptId),
    exchanges,
  ]
}
