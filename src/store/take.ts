import { randomBytes } from 'node:crypto'
import type { Knex } from 'knex'
import type { Committer } from './committer.ts'
import { CountChanges } from './counts.ts'
import type { Taken } from './delivery.ts'
import { type DeliveryRow, deliveryOf } from './delivery-row.ts'
import type { Trx } from './dialect/dialect.ts'

export interface TakeRequest {
  readonly integration: string
  readonly limit: number
  readonly now: number
  /** A worker that has not settled or extended a delivery within this time is considered dead. */
  readonly leaseMs: number
  /** Deliveries that the worker is carrying out already. */
  readonly except?: readonly number[]
  /** Only this delivery, if it is due. */
  readonly only?: number | undefined
}

/**
 * Takes due deliveries, the oldest due first, and moves their due date to the end of the lease in the same transaction.
 * So two workers never get the same one, and if a worker dies, its deliveries fall due again, in doubt.
 */
export function createTake(committer: Committer): (request: TakeRequest) => Promise<Taken[]> {
  return committer.batched(async (trx, requests: readonly TakeRequest[]) => {
    const results: Taken[][] = []
    for (const request of requests) results.push(await take(trx, request))
    return results
  })
}

async function take(trx: Trx, { integration, limit, now, leaseMs, except = [], only }: TakeRequest): Promise<Taken[]> {
  const token = randomBytes(12).toString('hex')
  const due = trx
    .knex('deliveries')
    .select('id')
    .where('integration', integration)
    .where('due_at', '<=', now)
    .whereNotIn('id', [...except])
    .modify((query) => {
      if (only !== undefined) query.where('id', only)
    })
    .orderBy([{ column: 'due_at' }, { column: 'id' }])
    .limit(limit)
    .modify(trx.forUpdateSkipLocked)
  // A row that is still `delivering` was left by a worker that died.
  const before: { id: number; state: DeliveryRow['state'] }[] = await trx
    .knex('deliveries')
    .select('id', 'state')
    .whereIn('id', due)
  if (before.length === 0) return []
  const rows: DeliveryRow[] = await trx
    .knex('deliveries')
    .whereIn(
      'id',
      before.map(({ id }) => id),
    )
    .update({
      state: 'delivering',
      due_at: now + leaseMs,
      token,
      attempts: trx.knex.raw('attempts + 1'),
      in_doubt_since: trx.knex.raw(
        "case when state = 'delivering' then coalesce(in_doubt_since, attempt_started_at) else in_doubt_since end",
      ),
      attempt_started_at: now,
    })
    .returning('*')
  const counts = new CountChanges()
  for (const { state } of before) counts.move(integration, state, 'delivering')
  await counts.apply(trx)
  return rows.sort((one, other) => one.id - other.id).map((row) => ({ ...deliveryOf(row), token, startedAt: now }))
}

/** Extends the leases of deliveries that are still under way. */
export function createExtend(
  committer: Committer,
): (taken: readonly { id: number; token: string }[], until: number) => Promise<void> {
  return (taken, until) =>
    committer.run(async (trx) => {
      for (const { id, token } of taken)
        await trx.knex('deliveries').where({ id, token, state: 'delivering' }).update({ due_at: until })
    })
}

export async function nextDue(reader: Knex, integration: string): Promise<number | null> {
  const row = await reader('deliveries')
    .where('integration', integration)
    .whereNotNull('due_at')
    .min({ due: 'due_at' })
    .first()
  return row?.due ?? null
}
