import type { Knex } from 'knex'

/** What stands for the project where the relay speaks for itself; no project has this id. */
export const NO_PROJECT = ''

/** The newest notice as it was stored, and its key, which tells its number; null if none is kept. */
export async function lastNotice(reader: Knex): Promise<{ key: string; raw: Buffer } | null> {
  const row: { key: string; raw: Buffer } | undefined = await reader('activities')
    .where({ project_id: NO_PROJECT })
    .orderBy('key', 'desc')
    .first('key', 'raw')
  return row ?? null
}
