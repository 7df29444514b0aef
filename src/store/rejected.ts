import type { Knex } from 'knex'
import type { Committer, Writes } from './committer.ts'
import { idBelow, MOST_EXAMINED } from './window.ts'

/** A request that was not an activity; kept so that a person can look at it and replay it. */
export interface Rejection {
  readonly projectId: string
  readonly receivedAt: number
  readonly reason: string
  readonly detail: string
  /** Method, route pattern and harmless headers; never the hook's secret. */
  readonly head: Readonly<Record<string, string>>
  readonly body: Buffer
  /** The length of the body as far as it was read. */
  readonly bodyBytes: number
  /** How many of the newest are kept. */
  readonly keep: number
}

/**
 * Room for an activity with a story's description of up to 20,000 characters before and after the change, so that it can
 * be replayed. A thousand rows (`retention.rejected_count`) take at most 256 MB.
 */
const MOST_BODY_BYTES = 256 * 1024

/** All of them: the newest ones push out the oldest. */
export const REJECTED = { names: ['rejected'] }

export function createReject(committer: Committer): (rejection: Rejection) => Promise<void> {
  const order = () => REJECTED
  return committer.batched(insertAll, { order, bytesOf: ({ body }) => Math.min(body.length, MOST_BODY_BYTES) })
}

async function insertAll({ knex }: Writes, rejections: readonly Rejection[]): Promise<undefined[]> {
  await knex('rejected').insert(
    rejections.map(({ projectId, receivedAt, reason, detail, head, body, bodyBytes }) => ({
      project_id: projectId,
      received_at: receivedAt,
      reason,
      detail: detail.slice(0, 1000),
      head: JSON.stringify(head),
      body: body.subarray(0, MOST_BODY_BYTES),
      body_bytes: bodyBytes,
    })),
  )
  // Otherwise anyone who has a hook's address could fill the disk. The ids are a range, so this is cheap.
  const keep = Math.min(...rejections.map((rejection) => rejection.keep))
  await knex('rejected')
    .where('id', '<=', knex.raw('(select max(id) from rejected) - ?', [keep]))
    .delete()
  return rejections.map(() => undefined)
}

export interface RejectedRow {
  readonly id: number
  readonly projectId: string | null
  readonly receivedAt: number
  readonly reason: string
  readonly detail: string
  readonly bodyBytes: number
}

const COLUMNS = ['id', 'project_id', 'received_at', 'reason', 'detail', 'body_bytes'] as const

interface StoredRow {
  readonly id: number
  readonly project_id: string | null
  readonly received_at: number
  readonly reason: string
  readonly detail: string
  readonly body_bytes: number
}

function rowOf({ id, project_id, received_at, reason, detail, body_bytes }: StoredRow): RejectedRow {
  return { id, projectId: project_id, receivedAt: received_at, reason, detail, bodyBytes: body_bytes }
}

export async function listRejected(reader: Knex, limit: number): Promise<RejectedRow[]> {
  const rows: StoredRow[] = await reader('rejected')
    .select(...COLUMNS)
    .orderBy('id', 'desc')
    .limit(limit)
  return rows.map(rowOf)
}

export interface RejectedSearch {
  readonly projectId?: string
  readonly reason?: string
  /** The page after this request. */
  readonly before?: number | null
  readonly limit: number
}

export interface RejectedPage {
  readonly requests: readonly RejectedRow[]
  /** Where the next page begins; null if there is none. */
  readonly next: number | null
}

/** The newest first. */
export async function rejectedPage(
  reader: Knex,
  { projectId, reason, before, limit }: RejectedSearch,
): Promise<RejectedPage> {
  const range = { from: 1, to: (before ?? Number.MAX_SAFE_INTEGER) - 1 }
  const floor = await idBelow(reader, 'rejected', range, MOST_EXAMINED)
  const rows: StoredRow[] = await reader('rejected')
    .select(...COLUMNS)
    .whereBetween('id', [floor ?? range.from, range.to])
    .modify((query) => {
      if (projectId !== undefined) query.where('project_id', projectId)
      if (reason !== undefined) query.where({ reason })
    })
    .orderBy('id', 'desc')
    .limit(limit)
  const last = rows.length === limit ? (rows.at(-1)?.id ?? null) : floor
  return { requests: rows.map(rowOf), next: last === null ? null : Number(last) }
}

/** With the stored part of the head, and the first 256 KiB of the body. */
export interface RejectedRequest extends RejectedRow {
  readonly head: Readonly<Record<string, string>>
  readonly body: Buffer
}

export async function rejectedRequest(reader: Knex, id: number): Promise<RejectedRequest | null> {
  const row: (StoredRow & { head: string; body: Buffer }) | undefined = await reader('rejected')
    .where({ id })
    .first(...COLUMNS, 'head', 'body')
  return row === undefined ? null : { ...rowOf(row), head: JSON.parse(row.head), body: row.body }
}

/** The oldest first, in the order of a replay. */
export async function rejectedIds(reader: Knex, reason: string | null): Promise<number[]> {
  return await reader('rejected')
    .where(reason === null ? {} : { reason })
    .orderBy('id')
    .pluck('id')
}

export async function forgetRejected(committer: Committer, ids: readonly number[]): Promise<number> {
  return await committer.run(({ knex }) => knex('rejected').whereIn('id', ids).delete(), REJECTED)
}
