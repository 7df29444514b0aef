import type { Knex } from 'knex'
import type { Committer } from './committer.ts'
import type { Insertion } from './dialect/dialect.ts'

const TYPES: Insertion = {
  table: 'integration_types',
  columns: ['integration', 'type', 'seen_at'],
  tail: `on conflict (integration) do update set type = excluded.type, seen_at = excluded.seen_at
   where integration_types.type <> excluded.type`,
}

/** Keeps of which type each integration of a config is. */
export async function rememberTypes(
  committer: Committer,
  types: Readonly<Record<string, string>>,
  now: number,
): Promise<void> {
  const rows = Object.entries(types).map(([integration, type]) => [integration, type, now] as const)
  if (rows.length > 0)
    await committer.run(async (trx) => void (await trx.insert(TYPES, rows)), { names: ['integration types'] })
}

/** By integration, those that were removed from the config too. */
export async function integrationTypes(reader: Knex): Promise<Map<string, string>> {
  const rows: { integration: string; type: string }[] = await reader('integration_types').select('integration', 'type')
  return new Map(rows.map(({ integration, type }) => [integration, type]))
}
