import type { Knex } from 'knex'
import type { Committer, Writes } from './committer.ts'
import { cut, storable } from './texts.ts'

/** What people do to the relay; the relay itself only gives deliveries up (`expire`). */
export const ACTIONS = [
  ...(['replay', 'cancel replay', 'skip', 'move', 'erase', 'pause', 'resume', 'test message'] as const),
  ...([
    'set link',
    'remove link',
    'hand in rejected',
    'delete rejected',
    'refresh import',
    'catch up',
    'rebuild stats',
    'connect',
    'disconnect',
    'rotate key',
    'expire',
  ] as const),
]
export type Action = (typeof ACTIONS)[number]

/** Something that somebody did. */
export interface Deed {
  /** The name of a token, or "command line". */
  readonly who: string
  readonly action: Action
  /** To which, such as `delivery 12`. */
  readonly subject: string
  /** Plain data: what was asked for. */
  readonly detail?: object | null
  readonly result: string
}

export interface AuditEntry extends Deed {
  readonly id: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly detail: object | null
}

const LONGEST_WHO = 200

/** In the transaction of the deed itself. @returns the entry's id */
export async function record({ knex }: Pick<Writes, 'knex'>, deed: Deed, now: number): Promise<number> {
  const { who, action, subject, detail = null, result } = deed
  const [row]: { id: number }[] = await knex('audit')
    .insert({
      at: now,
      who: cut(storable(who), LONGEST_WHO),
      action,
      subject: storable(subject),
      detail: detail === null ? null : JSON.stringify(storable(detail)),
      result: storable(result),
    })
    .returning('id')
  return Number(row?.id)
}

/** For a deed of several commits. */
export async function recordResult({ knex }: Pick<Writes, 'knex'>, id: number, result: string): Promise<void> {
  await knex('audit')
    .where({ id })
    .update({ result: storable(result) })
}

/** For a deed that another verb has done. */
export function audit(committer: Committer, deed: Deed, now: number): Promise<number> {
  return committer.run((trx) => record(trx, deed, now), {})
}

export interface AuditChoice {
  readonly who?: string
  readonly action?: Action
  /** Only entries with a smaller id: the page after it. */
  readonly before?: number
  readonly limit: number
}

/** The newest first. */
export async function listAudit(reader: Knex, choice: AuditChoice): Promise<AuditEntry[]> {
  const rows: {
    id: number
    at: number
    who: string
    action: Action
    subject: string
    detail: string | null
    result: string
  }[] = await reader('audit')
    .select('*')
    .modify((query) => {
      if (choice.who !== undefined) query.where('who', choice.who)
      if (choice.action !== undefined) query.where('action', choice.action)
      if (choice.before !== undefined) query.where('id', '<', choice.before)
    })
    .orderBy('id', 'desc')
    .limit(choice.limit)
  return rows.map((row) => ({
    id: Number(row.id),
    at: Number(row.at),
    who: row.who,
    action: row.action,
    subject: row.subject,
    detail: row.detail === null ? null : (JSON.parse(row.detail) as object),
    result: row.result,
  }))
}

const KEPT_MS = 365 * 86_400_000
/** Few rows in one commit, so that hooks do not wait long. */
const STEP = 200

/** Forgets what was done more than a year ago. @returns how many entries */
export async function sweepAudit(committer: Committer, reader: Knex, now: number): Promise<number> {
  for (let deleted = 0; ; ) {
    const old: number[] = await reader('audit')
      .where('at', '<', now - KEPT_MS)
      .orderBy('at')
      .limit(STEP)
      .pluck('id')
    if (old.length === 0) return deleted
    deleted += await committer.run(({ knex }) => knex('audit').whereIn('id', old).delete(), { names: ['sweep'] })
  }
}
