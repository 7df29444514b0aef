import { randomBytes } from 'node:crypto'
import type { Knex } from 'knex'
import type { Committer, Writes } from './committer.ts'
import type { Database } from './database.ts'
import type { Taken } from './delivery.ts'
import { type DeliveryRow, deliveryOf } from './delivery-row.ts'

/** A delivery that is taken; its due date is the end of the lease. */
export interface UnderWay {
  readonly id: number
  readonly token: string
  readonly dueAt: number
}

export interface TakeRequest {
  readonly integration: string
  readonly limit: number
  readonly now: number
  /** A worker that has not settled or extended a delivery within this time is considered dead. */
  readonly leaseMs: number
  /** What processes that died have left, as they were last seen: it is taken first. */
  readonly abandoned?: readonly UnderWay[]
  /** Only this delivery, if it is due. */
  readonly only?: number | undefined
  /** What was never tried comes first, and of that what came last. */
  readonly newestFirst?: boolean
}

/**
 * Takes due deliveries, the oldest due first, and moves their due date to the end of the lease in the same transaction.
 * So two workers never get the same one. What a worker that died has left is taken in doubt.
 */
export function createTake(committer: Committer): (request: TakeRequest) => Promise<Taken[]> {
  return committer.batched(
    async (trx, requests: readonly TakeRequest[]) => {
      const results: Taken[][] = []
      for (const request of requests) results.push(await take(trx, request))
      return results
    },
    { order: 'waits for nobody' },
  )
}

async function take(trx: Writes, request: TakeRequest): Promise<Taken[]> {
  const { integration, now, leaseMs } = request
  const token = randomBytes(12).toString('hex')
  const before = await takeable(trx, request)
  if (before.length === 0) return []
  const rows: DeliveryRow[] = await trx
    .knex('deliveries')
    .whereIn(
      'id',
      before.map(({ id }) => id),
    )
    .update({
      state: 'delivering',
      due_at: trx.stored(now + leaseMs, now),
      token,
      attempts: trx.knex.raw('attempts + 1'),
      in_doubt_since: trx.knex.raw(
        "case when state = 'delivering' then coalesce(in_doubt_since, attempt_started_at) else in_doubt_since end",
      ),
      attempt_started_at: now,
    })
    .returning('*')
  for (const { state } of before) trx.counts.move(integration, state, 'delivering')
  return rows.sort((one, other) => one.id - other.id).map((row) => ({ ...deliveryOf(row), token, startedAt: now }))
}

interface Before {
  readonly id: number
  readonly state: DeliveryRow['state']
}

async function takeable(trx: Writes, request: TakeRequest): Promise<Before[]> {
  const { limit, newestFirst = false } = request
  const left = await stillAbandoned(trx, request)
  if (left.length >= limit) return left
  const newest = newestFirst && left.length === 0 ? await due(trx, request, limit, 'never tried') : []
  return newest.length > 0 ? newest : [...left, ...(await due(trx, request, limit - left.length, 'all'))]
}

async function due(
  trx: Writes,
  { integration, now, only }: TakeRequest,
  limit: number,
  which: 'all' | 'never tried',
): Promise<Before[]> {
  const order = which === 'all' ? 'asc' : 'desc'
  return await trx
    .knex('deliveries')
    .select('id', 'state')
    .where('integration', integration)
    .where('due_at', '<=', trx.stored(now, now))
    .modify((query) => {
      if (which === 'all') query.whereNot('state', 'delivering')
      else query.where('state', 'pending')
      if (only !== undefined) query.where('id', only)
    })
    // In the order of the index: however many wait, the first ones end the search.
    .orderBy([
      { column: 'due_at', order },
      { column: 'id', order },
    ])
    .limit(limit)
    .modify(trx.forUpdateSkipLocked)
}

/** A process that was only slow has extended its lease meanwhile, and keeps its delivery. */
async function stillAbandoned(trx: Writes, { abandoned = [], only, limit }: TakeRequest): Promise<Before[]> {
  const asked = abandoned.filter(({ id }) => only === undefined || id === only).slice(0, limit)
  if (asked.length === 0) return []
  return await trx
    .knex('deliveries')
    .select('id', 'state')
    .whereIn(
      ['id', 'token', 'due_at'],
      asked.map(({ id, token, dueAt }) => [id, token, dueAt]),
    )
    .where('state', 'delivering')
    .modify(trx.forUpdateSkipLocked)
}

/**
 * Extends the leases of deliveries that are still under way.
 * @returns the ids of those that no other process has taken
 */
export function createExtend(
  committer: Committer,
): (taken: readonly Pick<Taken, 'id' | 'token'>[], until: number, now: number) => Promise<number[]> {
  return (taken, until, now) =>
    committer.run(
      async (trx) => {
        const due_at = trx.stored(until, now)
        const ours: number[] = []
        for (const { id, token } of taken) {
          const changed = await trx.knex('deliveries').where({ id, token, state: 'delivering' }).update({ due_at })
          if (changed === 1) ours.push(id)
        }
        return ours
      },
      { deliveries: taken.map(({ id }) => id) },
    )
}

/** @param except what the caller is carrying out itself */
export async function underWay(reader: Knex, integration: string, except: readonly number[]): Promise<UnderWay[]> {
  const rows: { id: number; token: string; due_at: number }[] = await reader('deliveries')
    .select('id', 'token', 'due_at')
    .where({ integration, state: 'delivering' })
    // As in the index, word for word.
    .whereRaw("settled_at is null and (in_doubt_since is not null or state = 'delivering')")
    .whereNotIn('id', [...except])
  return rows.map(({ id, token, due_at }) => ({ id: Number(id), token, dueAt: Number(due_at) }))
}

/** Of what nobody is carrying out, by the clock that says `now`. */
export async function nextDue(
  { reader, toldBy }: Pick<Database, 'reader' | 'toldBy'>,
  integration: string,
  now: number,
): Promise<number | null> {
  const row: { due: number | null } | undefined = await reader('deliveries')
    .where('integration', integration)
    .whereNotNull('due_at')
    .whereNot('state', 'delivering')
    .first(toldBy(now, 'min(due_at)', 'due'))
  return row?.due ?? null
}
