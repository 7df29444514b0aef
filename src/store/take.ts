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
  /** Milliseconds since 1970. */
  readonly now: number
  /** Whoever has not settled or extended by then is taken for dead. */
  readonly leaseMs: number
  /** Deliveries that the taker is carrying out already. */
  readonly except?: readonly number[]
}

/**
 * Takes due deliveries, oldest due first. Taking moves the due date on to the end of the lease in the same statement,
 * so two takers never get the same one, and whoever dies simply lets it fall due again: then it comes back in doubt.
 */
export function createTake(committer: Committer): (request: TakeRequest) => Promise<Taken[]> {
  return committer.batched(async (trx, requests: readonly TakeRequest[]) => {
    const results: Taken[][] = []
    for (const request of requests) results.push(await take(trx, request))
    return results
  })
}

async function take(trx: Trx, { integration, limit, now, leaseMs, except = [] }: TakeRequest): Promise<Taken[]> {
  const token = randomBytes(12).toString('hex')
  const due = trx
    .knex('deliveries')
    .select('id')
    .where('integration', integration)
    .where('due_at', '<=', now)
    .whereNotIn('id', [...except])
    .orderBy([{ column: 'due_at' }, { column: 'id' }])
    .limit(limit)
    .modify(trx.forUpdateSkipLocked)
  // The states before: a row that is still `delivering` was left behind by somebody who died.
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

/** Moves the leases of what is still being delivered on. */
export function createExtend(
  committer: Committer,
): (taken: readonly { id: number; token: string }[], until: number) => Promise<void> {
  return (taken, until) =>
    committer.run(async (trx) => {
      for (const { id, token } of taken)
        await trx.knex('deliveries').where({ id, token, state: 'delivering' }).update({ due_at: until })
    })
}

/** When the integration's next delivery falls due, milliseconds since 1970; null when there is none. */
export async function nextDue(reader: Knex, integration: string): Promise<number | null> {
  const row = await reader('deliveries')
    .where('integration', integration)
    .whereNotNull('due_at')
    .min({ due: 'due_at' })
    .first()
  return row?.due ?? null
}
