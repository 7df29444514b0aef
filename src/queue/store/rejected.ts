import type { Knex } from 'knex'
import type { Committer } from './committer.ts'

/** A request that was no activity; kept so that nothing is lost and a person can see what came. */
export interface Rejection {
  readonly projectId: string
  /** Milliseconds since 1970. */
  readonly receivedAt: number
  readonly reason: string
  readonly detail: string
  /** Method, route pattern and harmless headers; never the hook's secret. */
  readonly head: Readonly<Record<string, string>>
  readonly body: Buffer
  /** How long the body was in all, as far as it was read. */
  readonly bodyBytes: number
  /** How many of the newest are kept. */
  readonly keep: number
}

const MOST_BODY_BYTES = 64 * 1024

export function createReject(committer: Committer): (rejection: Rejection) => Promise<void> {
  return committer.batched(async (trx, rejections: readonly Rejection[]) => {
    await trx('rejected').insert(
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
    // Whoever has a hook's address could fill the disk with nonsense otherwise; the ids are a range, so this is cheap.
    const keep = Math.min(...rejections.map((rejection) => rejection.keep))
    await trx('rejected')
      .where('id', '<=', trx.raw('(select max(id) from rejected) - ?', [keep]))
      .delete()
    return rejections.map(() => undefined)
  })
}

export interface RejectedRow {
  readonly id: number
  readonly projectId: string | null
  readonly receivedAt: number
  readonly reason: string
  readonly detail: string
  readonly bodyBytes: number
}

/** The newest first. */
export async function listRejected(reader: Knex, limit: number): Promise<RejectedRow[]> {
  const rows: {
    id: number
    project_id: string | null
    received_at: number
    reason: string
    detail: string
    body_bytes: number
  }[] = await reader('rejected')
    .select('id', 'project_id', 'received_at', 'reason', 'detail', 'body_bytes')
    .orderBy('id', 'desc')
    .limit(limit)
  return rows.map((row) => ({
    id: row.id,
    projectId: row.project_id,
    receivedAt: row.received_at,
    reason: row.reason,
    detail: row.detail,
    bodyBytes: row.body_bytes,
  }))
}

/** What came: the head as it was kept, and the first 64 KiB of the body. */
export async function rejectedRequest(
  reader: Knex,
  id: number,
): Promise<{ head: Record<string, string>; body: Buffer } | null> {
  const row: { head: string; body: Buffer } | undefined = await reader('rejected').where({ id }).first('head', 'body')
  return row === undefined ? null : { head: JSON.parse(row.head), body: row.body }
}
