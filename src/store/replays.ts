import { randomBytes } from 'node:crypto'
import type { Knex } from 'knex'
import { record, recordResult } from './audit.ts'
import type { Committer, Writes } from './committer.ts'
import type { DeliveryState } from './delivery.ts'
import { orderOf, putThoseBack, SETTLED, type Settled } from './replay.ts'
import { nextThose, type Selection } from './selection.ts'
import { subjectOf } from './skip.ts'

/** What a job puts into the queue. */
export type ReplayWhat =
  | { readonly type: 'deliveries'; readonly selection: ReplaySelection }
  | { readonly type: 'activities'; readonly selection: ActivitySelection }

export const REPLAYABLE = ['dead', 'skipped', 'delivered'] as const satisfies readonly DeliveryState[]

export type ReplaySelection = Selection & { readonly states: readonly (typeof REPLAYABLE)[number][] }

/** Activities that are planned anew. Times are milliseconds since 1970. */
export interface ActivitySelection {
  readonly ids?: readonly number[]
  readonly projectId?: string
  /** Of their arrival, both included. */
  readonly from?: number
  readonly to?: number
  /** Only for these; absent: for all of the activity's project. */
  readonly integrations?: readonly string[]
  /** Whether what was delivered or skipped is repeated too. */
  readonly again: boolean
}

export const REPLAY_STATES = ['running', 'done', 'cancelled', 'failed'] as const
export type ReplayState = (typeof REPLAY_STATES)[number]

export interface ReplayJob {
  readonly id: number
  readonly createdAt: number
  readonly who: string
  readonly what: ReplayWhat
  readonly state: ReplayState
  /** How many are put into the queue in a second at most. */
  readonly perSecond: number
  /** How many deliveries or activities were chosen when it was made. */
  readonly total: number
  readonly looked: number
  /** Deliveries that were put into the queue. */
  readonly released: number
  /** Deliveries that were not: open again, or not chosen any more; for activities: those that it has already. */
  readonly leftAlone: number
  /** The id of the last one that was looked at. */
  readonly cursor: number
  readonly changedAt: number
  readonly endedAt: number | null
  /** Why it failed. */
  readonly note: string | null
}

/** A job that the caller works on, until its lease ends. */
export interface ClaimedReplay extends ReplayJob {
  readonly token: string
  /** Nothing with a greater id belongs to it. */
  readonly untilId: number
}

interface ReplayRow {
  id: number
  created_at: number
  who: string
  what: string
  state: ReplayState
  per_second: number
  total: number
  looked: number
  released: number
  left_alone: number
  cursor: number
  until_id: number
  token: string | null
  leased_until: number | null
  changed_at: number
  ended_at: number | null
  note: string | null
  audit_id: number | null
}

function jobOf(row: ReplayRow): ReplayJob {
  return {
    id: Number(row.id),
    createdAt: row.created_at,
    who: row.who,
    what: JSON.parse(row.what) as ReplayWhat,
    state: row.state,
    perSecond: row.per_second,
    total: Number(row.total),
    looked: Number(row.looked),
    released: Number(row.released),
    leftAlone: Number(row.left_alone),
    cursor: Number(row.cursor),
    changedAt: row.changed_at,
    endedAt: row.ended_at,
    note: row.note,
  }
}

export interface NewReplay {
  readonly who: string
  readonly what: ReplayWhat
  readonly perSecond: number
  readonly total: number
}

/** Puts a few back at once, with an entry of the audit. @returns those that were, and the integrations */
export async function replayThose(
  committer: Committer,
  reader: Knex,
  ids: readonly number[],
  who: string,
  now: number,
): Promise<{ readonly released: number; readonly integrations: readonly string[] }> {
  const rows: Settled[] = await reader('deliveries')
    .select(...SETTLED)
    .whereIn('id', [...ids])
  return await committer.run(async (trx) => {
    const integrations = await putThoseBack(
      trx,
      rows.map(({ id }) => id),
      now,
    )
    const released = integrations.length
    const result = `${released} put into the queue, ${ids.length - released} left alone`
    await record(trx, { who, action: 'replay', subject: subjectOf({ ids }), detail: { ids }, result }, now)
    return { released, integrations: [...new Set(integrations)] }
  }, orderOf(rows))
}

/** Stores a job; whichever instance looks first begins to work on it. */
export function createReplay(committer: Committer, job: NewReplay, now: number): Promise<ReplayJob> {
  const { who, what, perSecond, total } = job
  return committer.run(async (trx) => {
    const { knex } = trx
    const last: { id?: number | null } | undefined = await knex(what.type).max({ id: 'id' }).first()
    const [row]: ReplayRow[] = await knex('replays')
      .insert({
        created_at: now,
        who,
        what: JSON.stringify(what),
        state: 'running',
        per_second: perSecond,
        total,
        until_id: last?.id ?? 0,
        changed_at: now,
      })
      .returning('*')
    if (row === undefined) throw new Error('the database returned no replay')
    const subject = what.type === 'deliveries' ? subjectOf(what.selection) : 'activities, planned anew'
    const audit_id = await record(
      trx,
      { who, action: 'replay', subject, detail: { replay: Number(row.id), ...what }, result: `${total} chosen` },
      now,
    )
    await knex('replays').where({ id: row.id }).update({ audit_id })
    return jobOf(row)
  }, {})
}

/**
 * Takes the oldest job that no living instance works on.
 * @param except what the caller works on already
 */
export function claimReplay(
  committer: Committer,
  { now, leaseMs, except }: { readonly now: number; readonly leaseMs: number; readonly except: readonly number[] },
): Promise<ClaimedReplay | null> {
  return committer.run(async (trx) => {
    const free: { id: number } | undefined = await trx
      .knex('replays')
      .whereRaw("state = 'running'")
      .whereNotIn('id', [...except])
      .where((unheld) =>
        unheld
          .whereNull('leased_until')
          .orWhere('leased_until', '<', trx.stored(now, now))
          // By a clock that was ahead.
          .orWhere('leased_until', '>', trx.stored(now + 10 * leaseMs, now)),
      )
      .orderBy('id')
      .modify(trx.forUpdateSkipLocked)
      .first('id')
    if (free === undefined) return null
    const token = randomBytes(12).toString('hex')
    const [row]: ReplayRow[] = await trx
      .knex('replays')
      .where({ id: free.id })
      .update({ token, leased_until: trx.stored(now + leaseMs, now) })
      .returning('*')
    return row === undefined ? null : { ...jobOf(row), token, untilId: Number(row.until_id) }
  }, 'waits for nobody')
}

/** Whether there is work at all: a read, which costs no commit. */
export async function isReplayRunning(reader: Knex): Promise<boolean> {
  return (await reader('replays').whereRaw("state = 'running'").first('id')) !== undefined
}

export interface ReplayStep {
  /** `lost`: the job was cancelled, or another instance works on it. */
  readonly state: 'going' | 'done' | 'lost'
  readonly released: number
  /** Whose queues have something new. */
  readonly integrations: readonly string[]
  readonly cursor: number
}

/** What a step needs to know of its job. */
export type ReplayHold = Pick<ClaimedReplay, 'id' | 'token' | 'cursor' | 'untilId' | 'perSecond'>

export interface StepTime {
  readonly now: number
  readonly leaseMs: number
}

/**
 * Puts the next deliveries of a job back into the queue, and moves its cursor on in the same transaction: so none is put
 * back twice, whichever process dies.
 */
export async function stepReplay(
  committer: Committer,
  reader: Knex,
  hold: ReplayHold,
  { selection, most, ...time }: StepTime & { readonly selection: ReplaySelection; readonly most: number },
): Promise<ReplayStep> {
  const { rows, ...end } = await nextThose(reader, selection, { after: hold.cursor, untilId: hold.untilId, most })
  const ids = rows.map(({ id }) => id)
  const order = orderOf(rows)
  return await committer.run(
    async (trx) => {
      if (!(await isOurs(trx, hold))) return LOST
      const integrations = await putThoseBack(trx, ids, time.now, selection.states)
      const looked = { looked: ids.length, released: integrations.length, leftAlone: ids.length - integrations.length }
      return await moveOn(trx, hold, { ...looked, ...time, integrations, ...end })
    },
    { ...order, names: [...order.names, nameOf(hold.id)] },
  )
}

export const LOST: ReplayStep = { state: 'lost', released: 0, integrations: [], cursor: 0 }

/** By which a transaction holds a job. */
export const nameOf = (id: number): string => `replay ${id}`

export async function isOurs({ knex }: Writes, { id, token, cursor }: ReplayHold): Promise<boolean> {
  return (await knex('replays').where({ id, token, cursor, state: 'running' }).first('id')) !== undefined
}

export async function moveOn(
  trx: Writes,
  { id, perSecond }: ReplayHold,
  step: StepTime & {
    readonly looked: number
    readonly released: number
    readonly leftAlone: number
    readonly integrations: readonly string[]
    readonly cursor: number
    readonly isLast: boolean
  },
): Promise<ReplayStep> {
  const { now, leaseMs, released, cursor, isLast } = step
  const { knex } = trx
  const [row]: ReplayRow[] = await knex('replays')
    .where({ id })
    .update({
      cursor,
      looked: knex.raw('looked + ?', [step.looked]),
      released: knex.raw('released + ?', [released]),
      left_alone: knex.raw('left_alone + ?', [step.leftAlone]),
      changed_at: now,
      ...(isLast
        ? { state: 'done', ended_at: now, token: null, leased_until: null }
        : // The next step comes when these have had their time.
          { leased_until: trx.stored(now + leaseMs + (1000 * released) / perSecond, now) }),
    })
    .returning('*')
  if (isLast && row !== undefined) await tellResult(trx, row)
  return { state: isLast ? 'done' : 'going', released, integrations: [...new Set(step.integrations)], cursor }
}

async function tellResult(trx: Writes, row: ReplayRow): Promise<void> {
  if (row.audit_id === null) return
  const { released, left_alone, state, note } = row
  const numbers = `${released} put into the queue, ${left_alone} left alone`
  const how = state === 'done' ? '' : `${state}${note === null ? '' : ` (${note})`}: `
  await recordResult(trx, Number(row.audit_id), `${how}${numbers}`)
}

/** Gives a job back, so that another instance goes on with it at once. */
export async function releaseReplay(
  committer: Committer,
  { id, token }: Pick<ClaimedReplay, 'id' | 'token'>,
): Promise<void> {
  await committer.run(({ knex }) => knex('replays').where({ id, token }).update({ token: null, leased_until: null }), {
    names: [nameOf(id)],
  })
}

/** @returns whether it was still ours */
export function failReplay(
  committer: Committer,
  { id, token }: Pick<ClaimedReplay, 'id' | 'token'>,
  note: string,
  now: number,
): Promise<boolean> {
  return end(committer, id, { token }, { state: 'failed', note }, now)
}

/**
 * Ends a job; what it has put into the queue stays there.
 * @returns false if it has ended already, or never was
 */
export function cancelReplay(committer: Committer, id: number, who: string, now: number): Promise<boolean> {
  return end(committer, id, {}, { state: 'cancelled' }, now, async (trx) => {
    await record(trx, { who, action: 'cancel replay', subject: `replay ${id}`, result: 'cancelled' }, now)
  })
}

function end(
  committer: Committer,
  id: number,
  which: { readonly token?: string },
  how: { readonly state: ReplayState; readonly note?: string },
  now: number,
  also: (trx: Writes) => Promise<void> = async () => {},
): Promise<boolean> {
  return committer.run(
    async (trx) => {
      const [row]: ReplayRow[] = await trx
        .knex('replays')
        .where({ id, state: 'running', ...which })
        .update({ ...how, ended_at: now, changed_at: now, token: null, leased_until: null })
        .returning('*')
      if (row === undefined) return false
      await tellResult(trx, row)
      await also(trx)
      return true
    },
    { names: [nameOf(id)] },
  )
}

/** The newest first. @param before only jobs with a smaller id */
export async function listReplays(
  reader: Knex,
  choice: { readonly state?: ReplayState; readonly before?: number; readonly limit: number },
): Promise<ReplayJob[]> {
  const rows: ReplayRow[] = await reader('replays')
    .select('*')
    .modify((query) => {
      if (choice.state !== undefined) query.where('state', choice.state)
      if (choice.before !== undefined) query.where('id', '<', choice.before)
    })
    .orderBy('id', 'desc')
    .limit(choice.limit)
  return rows.map(jobOf)
}

export async function showReplay(reader: Knex, id: number): Promise<ReplayJob | null> {
  const row: ReplayRow | undefined = await reader('replays').where({ id }).first()
  return row === undefined ? null : jobOf(row)
}
