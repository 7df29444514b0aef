import { type Breaker, movedBy } from './breaker.ts'
import type { Committer } from './committer.ts'
import type { Database } from './database.ts'
import type { Tables } from './dialect/dialect.ts'

/** The part of an integration's standing that outlives a restart. Times are milliseconds since 1970. */
export interface IntegrationState {
  readonly integration: string
  /** Of the settings that it belongs to: a breaker that old settings opened does not hold new ones. */
  readonly fingerprint: string
  readonly pausedAt: number | null
  readonly pausedReason: string | null
  readonly pausedBy: 'operator' | 'target' | null
  readonly resumedAt: number | null
  readonly breaker: Breaker | null
  /** Grows with each breaker that is stored. Absent: none is, or one of a release that did not count. */
  readonly breakerVersion?: number
}

interface StateRow {
  integration: string
  fingerprint: string
  paused_at: number | null
  paused_reason: string | null
  paused_by: 'operator' | 'target' | null
  resumed_at: number | null
  breaker: string | null
}

/** @param now the clock by which the breakers' times are told; absent: as they are stored */
export async function readIntegrationStates(
  { reader, toldBy }: Pick<Database, 'reader' | 'toldBy'>,
  now?: number,
): Promise<IntegrationState[]> {
  const rows: (StateRow & { readonly ahead?: number | string })[] = await reader('integration_states')
    .select('*')
    .modify((query) => {
      if (now !== undefined) query.select(toldBy(now, '0', 'ahead'))
    })
  return rows.map((row) => ({
    integration: row.integration,
    fingerprint: row.fingerprint,
    pausedAt: row.paused_at,
    pausedReason: row.paused_reason,
    pausedBy: row.paused_by,
    resumedAt: row.resumed_at,
    ...breakerIn(row.breaker, Number(row.ahead ?? 0)),
  }))
}

/** As it is stored. */
type StoredBreaker = Breaker & { readonly version?: number }

function breakerIn(stored: string | null, ahead: number): Pick<IntegrationState, 'breaker' | 'breakerVersion'> {
  if (stored === null) return { breaker: null }
  const { version, ...breaker } = JSON.parse(stored) as StoredBreaker
  const told = { breaker: movedBy(breaker as Breaker, ahead) }
  return version === undefined ? told : { ...told, breakerVersion: version }
}

/**
 * Its times are stored as those are that instances compare.
 * @returns its version
 */
export function saveBreaker(
  committer: Committer,
  integration: string,
  fingerprint: string,
  breaker: Breaker,
  now: number,
): Promise<number> {
  return committer.run(async ({ knex, stored }) => {
    const before: Pick<StateRow, 'breaker'> | undefined = await knex('integration_states')
      .where({ integration })
      .first('breaker')
    const version = (breakerIn(before?.breaker ?? null, 0).breakerVersion ?? 0) + 1
    const kept: StoredBreaker = { ...movedBy(breaker, stored(now, now) - now), version }
    await merge(knex, integration, { fingerprint, breaker: JSON.stringify(kept) })
    return version
  }, orderOf(integration))
}

/** For unchanged settings whose fingerprint is computed in a new way. */
export function saveFingerprint(committer: Committer, integration: string, fingerprint: string): Promise<void> {
  return committer.run(({ knex }) => merge(knex, integration, { fingerprint }), orderOf(integration))
}

/**
 * A refusal by the target does not replace a pause by the operator.
 * @param fingerprint of the settings that the target refused; null: the operator pauses
 */
export function savePause(
  committer: Committer,
  integration: string,
  fingerprint: string | null,
  reason: string,
  now: number,
): Promise<void> {
  return committer.run(async ({ knex }) => {
    const pause = { paused_at: now, paused_reason: reason }
    if (fingerprint === null) return await merge(knex, integration, { ...pause, paused_by: 'operator' })
    const theirs: unknown = await knex('integration_states')
      .where({ integration, paused_by: 'operator' })
      .first('integration')
    if (theirs === undefined) await merge(knex, integration, { ...pause, fingerprint, paused_by: 'target' })
  }, orderOf(integration))
}

/**
 * Ends a pause and lets a probe through at once.
 * @returns `resumedAt`: workers know a resume by its being later than the one before, though its clock may be behind
 */
export function saveResume(committer: Committer, integration: string, now: number): Promise<number> {
  return committer.run(async (trx) => {
    const { knex } = trx
    const at = trx.stored(now, now)
    const before: Pick<StateRow, 'resumed_at'> | undefined = await knex('integration_states')
      .where({ integration })
      .first('resumed_at')
    const resumedAt = Math.max(now, Number(before?.resumed_at ?? 0) + 1)
    await merge(knex, integration, {
      paused_at: null,
      paused_reason: null,
      paused_by: null,
      resumed_at: resumedAt,
      breaker: null,
    })
    const held = knex('deliveries').select('id').where({ integration, state: 'held' }).where('due_at', '>', at)
    // Without those that another instance takes or settles at this moment.
    await knex('deliveries').whereIn('id', held.modify(trx.forUpdateSkipLocked)).update({ due_at: at })
    return resumedAt
  }, orderOf(integration))
}

const orderOf = (integration: string) => ({ names: [`state ${integration}`] })

async function merge(knex: Tables, integration: string, columns: Partial<StateRow>): Promise<void> {
  await knex('integration_states')
    .insert({ integration, fingerprint: '', ...columns })
    .onConflict('integration')
    .merge(columns)
}
