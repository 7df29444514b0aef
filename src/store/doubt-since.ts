import type { Knex } from 'knex'

/**
 * Marks what a copy of the database does not know to be delivered as in doubt: the relay went on after the copy was made,
 * and may have carried it out. So its target is asked before anything is sent. Dead and skipped deliveries too, since they
 * may have been replayed. An older doubt stays.
 * @param since when the copy was made, or earlier
 */
export async function markInDoubt(copy: Knex, since: number): Promise<void> {
  await copy('deliveries')
    .whereNot('state', 'delivered')
    .whereNull('in_doubt_since')
    .update({
      in_doubt_since: copy.raw("case when state = 'delivering' then coalesce(attempt_started_at, ?) else ? end", [
        since,
        since,
      ]),
    })
}

/** A time before the copy was made, for one that does not tell it: the latest that it has noted. */
export async function latestTimeIn(copy: Knex): Promise<number> {
  const activity: { at: number | null } | undefined = await copy('activities').first(copy.raw('max(received_at) as at'))
  const attempt: { at: number } | undefined = await copy('attempts').orderBy('id', 'desc').first('started_at as at')
  return Math.max(activity?.at ?? 0, attempt?.at ?? 0)
}
