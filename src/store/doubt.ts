import type { Knex } from 'knex'
import type { Committer } from './committer.ts'
import type { Database } from './database.ts'
import type { DeliveryState, Taken } from './delivery.ts'
import type { Statement, Trx } from './dialect/dialect.ts'
import { rounds } from './rounds.ts'
import { cut, storable } from './texts.ts'

export interface KeptWords {
  readonly delivery: Pick<Taken, 'id' | 'token'>
  readonly words: string
  /** The target's clock, in milliseconds since 1970; null if it is not known. */
  readonly targetTime: number | null
}

/**
 * Commits what an attempt is about to send, before its write. The target's time of an earlier attempt in doubt stays.
 * @returns for each whether the lease was still the caller's
 */
export function createKeep(committer: Committer): (kept: KeptWords) => Promise<boolean> {
  return committer.batched(keepAll, { order: ({ delivery }) => ({ deliveries: [delivery.id] }) })
}

const KEEP: Statement = {
  given: { table: 'deliveries', columns: ['id', 'token', 'kept', 'target_time'] },
  sql: ({ onlyGiven }) => `update deliveries set kept = given.kept,
      target_time = case when deliveries.in_doubt_since is null then given.target_time else deliveries.target_time end
    from given
    where deliveries.id = given.id and deliveries.token = given.token and deliveries.state = 'delivering'
      and ${onlyGiven}
    returning deliveries.id as id`,
}

async function keepAll(trx: Trx, kept: readonly KeptWords[]): Promise<boolean[]> {
  const ours = new Set<KeptWords>()
  for (const round of rounds(kept, ({ delivery }) => delivery.id)) {
    const rows = round.map(({ delivery, words, targetTime }) => [delivery.id, delivery.token, words, targetTime])
    const ids = new Set((await trx.apply<{ id: number }>(KEEP, rows)).map(({ id }) => id))
    for (const each of round) if (ids.has(each.delivery.id)) ours.add(each)
  }
  return kept.map((each) => ours.has(each))
}

/**
 * The first open delivery of an integration that may have been written without our knowing: in doubt, or under way in a
 * process that may have died.
 * @param except what the caller is carrying out itself
 * @param now the caller's clock, by which the answer tells the time
 */
export async function firstDoubt(
  { reader, toldBy }: Pick<Database, 'reader' | 'toldBy'>,
  integration: string,
  except: readonly number[],
  now: number,
): Promise<{ readonly id: number; readonly dueAt: number; readonly isUnderWay: boolean } | null> {
  const row: { id: number; due: number; state: DeliveryState } | undefined = await reader('deliveries')
    .where({ integration })
    .whereNotNull('due_at')
    // As in the index, word for word.
    .whereRaw("settled_at is null and (in_doubt_since is not null or state = 'delivering')")
    .whereNotIn('id', [...except])
    .orderBy('due_at')
    .first('id', toldBy(now, 'due_at', 'due'), 'state')
  if (row === undefined) return null
  return { id: Number(row.id), dueAt: Number(row.due), isUnderWay: row.state === 'delivering' }
}

/** An index of PostgreSQL takes no more than 2700 bytes of a row. */
export function storedReceiptId<T extends string | null>(id: T): T {
  return cut(storable(id), 500)
}

/** The id in the receipt of the latest delivery of the story that arrived. */
export async function latestReceipt(
  reader: Knex,
  integration: string,
  projectId: string,
  storyId: string,
): Promise<string | null> {
  const row: { receipt_id: string } | undefined = await reader('deliveries')
    .join('attempts', 'attempts.delivery_id', 'deliveries.id')
    .where({ story_id: storyId, project_id: projectId, integration, state: 'delivered' })
    .whereNotNull('attempts.receipt_id')
    .orderBy('deliveries.id', 'desc')
    .first('attempts.receipt_id')
  return row?.receipt_id ?? null
}

/** Those of the ids that an attempt of the integration has a receipt for. */
export async function receiptedIds(reader: Knex, integration: string, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const asked = new Map(ids.map((id) => [storedReceiptId(id), id]))
  const rows: { receipt_id: string }[] = await reader('attempts')
    .join('deliveries', 'deliveries.id', 'attempts.delivery_id')
    .whereIn('attempts.receipt_id', [...asked.keys()])
    .where('deliveries.integration', integration)
    .distinct('attempts.receipt_id')
  return rows.flatMap(({ receipt_id }) => asked.get(receipt_id) ?? [])
}
