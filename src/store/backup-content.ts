import type { Knex } from 'knex'

/** What a copy of the database holds, for those who keep it. */
export interface BackupContent {
  readonly bytes: number
  readonly activities: number
  /** When the latest activity came, in milliseconds since 1970; null if there is none. */
  readonly latestActivityAt: number | null
  /** How many deliveries are not settled, by integration. */
  readonly open: Readonly<Record<string, number>>
}

export async function contentOf(copy: Knex): Promise<Omit<BackupContent, 'bytes'>> {
  const found: { count: number; latest: number | null } | undefined = await copy('activities').first(
    copy.raw('count(*) as count, max(received_at) as latest'),
  )
  const rows: { integration: string; count: number }[] = await copy('deliveries')
    .select('integration', copy.raw('count(*) as count'))
    .whereNull('settled_at')
    .groupBy('integration')
    .orderBy('integration')
  return {
    activities: found?.count ?? 0,
    latestActivityAt: found?.latest ?? null,
    open: Object.fromEntries(rows.map(({ integration, count }) => [integration, count])),
  }
}
