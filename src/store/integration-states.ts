import type { Knex } from 'knex'
import type { Breaker } from './breaker.ts'
import type { Committer } from './committer.ts'
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

export async function readIntegrationStates(reader: Knex): Promise<IntegrationState[]> {
  const rows: StateRow[] = await reader('integration_states').select('*')
  return rows.map((row) => ({
    integration: row.integration,
    fingerprint: row.fingerprint,
    pausedAt: row.paused_at,
    pausedReason: row.paused_reason,
    pausedBy: row.paused_by,
    resumedAt: row.resumed_at,
    breaker: row.breaker === null ? null : (JSON.parse(row.breaker) as Breaker),
  }))
}

export function saveBreaker(
  committer: Committer,
  integration: string,
  fingerprint: string,
  breaker: Breaker,
): Promise<void> {
  return committer.run(
    ({ knex }) => merge(knex, integration, { fingerprint, breaker: JSON.stringify(breaker) }),
    orderOf(integration),
  )
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
