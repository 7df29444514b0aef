import type { Knex } from 'knex'
import { type Deed, record, recordResult } from './audit.ts'
import type { Committer, Writes } from './committer.ts'
import { type DeliveryState, isSettled } from './delivery.ts'
import { entriesOf, orderOf, type Settled } from './replay.ts'
import { nextThose, type Selection } from './selection.ts'

export interface SkipRequest {
  readonly who: string
  readonly selection: Selection
  /** Stands in the note of each. */
  readonly reason: string
  readonly now: number
}

export interface SkipReport {
  readonly skipped: number
  /** Being delivered right now. */
  readonly underWay: number
  /** Delivered or skipped already. */
  readonly settled: number
  /** Whose lanes may go on. */
  readonly byIntegration: readonly { readonly integration: string; readonly skipped: number }[]
}

/** Few rows in one commit, so that hooks do not wait long. */
const STEP = 200
/** A lease that ended so long ago belonged to a process that has gone; each living one extends its leases. */
export const LONG_OVER_MS = 60_000

/**
 * Settles open and dead deliveries as skipped, so that their lanes go on. What is being delivered right now is left
 * alone. A doubt is kept, so that a replay looks before it repeats.
 */
export async function skip(committer: Committer, reader: Knex, request: SkipRequest): Promise<SkipReport> {
  const total = { skipped: 0, underWay: 0, settled: 0 }
  const skippedOf = new Map<string, number>()
  let auditId: number | null = null
  // What comes meanwhile was not meant.
  const newest: { id?: number | null } | undefined = await reader('deliveries').max({ id: 'id' }).first()
  const untilId = Number(newest?.id ?? 0)
  for (let cursor = 0; ; ) {
    const { rows, ...end } = await nextThose(reader, request.selection, { after: cursor, untilId, most: STEP })
    const step = await committer.run(async (trx) => {
      const done = await skipThose(trx, rows, request)
      return { ...done, auditId: await told(trx, auditId, request, added(total, done)) }
    }, orderOf(rows))
    Object.assign(total, added(total, step))
    for (const { integration, skipped } of step.byIntegration)
      skippedOf.set(integration, (skippedOf.get(integration) ?? 0) + skipped)
    auditId = step.auditId
    if (end.isLast) return { ...total, byIntegration: listOf(skippedOf) }
    cursor = end.cursor
  }
}

function timesOf(names: readonly string[]): Map<string, number> {
  const times = new Map<string, number>()
  for (const name of names) times.set(name, (times.get(name) ?? 0) + 1)
  return times
}

function listOf(skippedOf: ReadonlyMap<string, number>): SkipReport['byIntegration'] {
  return [...skippedOf].map(([integration, skipped]) => ({ integration, skipped }))
}

type Numbers = Pick<SkipReport, 'skipped' | 'underWay' | 'settled'>

function added(one: Numbers, other: Numbers): Numbers {
  return {
    skipped: one.skipped + other.skipped,
    underWay: one.underWay + other.underWay,
    settled: one.settled + other.settled,
  }
}

async function told(
  trx: Writes,
  auditId: number | null,
  { who, selection, reason, now }: SkipRequest,
  { skipped, underWay }: Numbers,
): Promise<number> {
  const result = `${skipped} skipped${underWay > 0 ? `, ${underWay} being delivered` : ''}`
  if (auditId !== null) await recordResult(trx, auditId, result)
  const deed: Deed = { who, action: 'skip', subject: subjectOf(selection), detail: { selection, reason }, result }
  return auditId ?? (await record(trx, deed, now))
}

/** What an action is about, in an entry of the audit. */
export function subjectOf({ ids, integration }: Selection): string {
  if (ids?.length === 1) return `delivery ${ids[0]}`
  if (ids !== undefined) return `${ids.length} deliveries`
  return integration === undefined ? 'deliveries' : `deliveries of ${integration}`
}

/** @param rows as they were before the transaction */
async function skipThose(
  trx: Writes,
  rows: readonly Settled[],
  { who, reason, now }: SkipRequest,
): Promise<SkipReport> {
  const found: (Settled & { state: DeliveryState; due_at: number | null })[] = await trx
    .knex('deliveries')
    .select('id', 'integration', 'lanes', 'state', 'due_at')
    .whereIn(
      'id',
      rows.map(({ id }) => id),
    )
    .orderBy('id')
  const skippable = found.filter(({ state, due_at }) => isSkippable(trx, state, due_at, now))
  const underWay = found.filter(({ state }) => state === 'delivering').length
  const abandoned = skippable.filter(({ state }) => state === 'delivering').length
  const ids = skippable.map(({ id }) => id)
  await trx
    .knex('deliveries')
    .whereIn('id', ids)
    .update({
      state: 'skipped',
      due_at: null,
      token: null,
      in_doubt_since: trx.knex.raw(DOUBT_OF_THE_ABANDONED),
      settled_at: now,
      note: `skipped by ${who}: ${reason}`,
    })
  for (const { integration, state } of skippable) trx.counts.move(integration, state, 'skipped')
  trx.leave(skippable.filter(({ state }) => !isSettled(state)).flatMap(entriesOf), now)
  return {
    skipped: ids.length,
    underWay: underWay - abandoned,
    settled: found.length - ids.length - (underWay - abandoned),
    byIntegration: listOf(timesOf(skippable.map(({ integration }) => integration))),
  }
}

export const DOUBT_OF_THE_ABANDONED =
  "case when state = 'delivering' then coalesce(in_doubt_since, attempt_started_at) else in_doubt_since end"

function isSkippable(trx: Writes, state: DeliveryState, dueAt: number | null, now: number): boolean {
  if (state === 'delivering') return isAbandoned(trx, dueAt, now)
  return state === 'dead' || !isSettled(state)
}

export function isAbandoned(trx: Writes, dueAt: number | null, now: number): boolean {
  return dueAt !== null && Number(dueAt) < trx.stored(now - LONG_OVER_MS, now)
}
