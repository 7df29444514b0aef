import type { Committer } from './committer.ts'

/** What only one of all instances does at a time. */
export interface Duty {
  readonly name: string
  /** Who wants it: the same in each call for it. */
  readonly holder: string
  readonly now: number
  /** Then another one may have it, in case that the holder died. */
  readonly forMs: number
}

/**
 * A row and not a lock of the session, which a proxy that pools transactions would give to somebody else.
 * @returns whether the caller has the duty now
 */
export function claimDuty(committer: Committer, { name, holder, now, forMs }: Duty): Promise<boolean> {
  return committer.run(async ({ knex, stored }) => {
    const at = stored(now, now)
    const before: { holder: string; until: number | string } | undefined = await knex('duties')
      .where({ name })
      .first('holder', 'until')
    const until = Number(before?.until ?? 0)
    // What ends in a far future was claimed by a clock that was ahead.
    if (before !== undefined && before.holder !== holder && until > at && until <= at + 10 * forMs) return false
    await knex('duties')
      .insert({ name, holder, until: at + forMs })
      .onConflict('name')
      .merge(['holder', 'until'])
    return true
  }, orderOf(name))
}

export function releaseDuty(committer: Committer, { name, holder }: Pick<Duty, 'name' | 'holder'>): Promise<void> {
  return committer.run(async ({ knex }) => {
    await knex('duties').where({ name, holder }).delete()
  }, orderOf(name))
}

const orderOf = (name: string) => ({ names: [`duty ${name}`] })
