import type { Knex } from 'knex'
import type { Committer } from './committer.ts'
import { inPieces } from './pieces.ts'

/** How far a project's tool has been asked for what its hook missed; times in milliseconds since 1970. */
export interface CatchUp {
  readonly projectId: string
  /** All that happened before then is there. */
  readonly since: number
  /** What happened to all that was changed last before then is there. Later than `since` while there is more. */
  readonly upTo: number
  /** When asking last came to an end, whatever came of it; null: not yet. */
  readonly askedAt: number | null
  /** When all of it was last there. */
  readonly succeededAt: number | null
  /** Null: asking last succeeded. */
  readonly failing: { readonly since: number; readonly problem: string } | null
}

export async function catchUps(reader: Knex): Promise<CatchUp[]> {
  const rows: {
    project_id: string
    since: number | string | null
    up_to: number | string
    asked_at: number | string | null
    succeeded_at: number | string | null
    failing_since: number | string | null
    problem: string | null
  }[] = await reader('catch_ups').select('*').orderBy('project_id')
  return rows.map((row) => ({
    projectId: row.project_id,
    // A relay of before this column has written it since.
    since: Math.min(Number(row.since ?? row.up_to), Number(row.up_to)),
    upTo: Number(row.up_to),
    askedAt: row.asked_at === null ? null : Number(row.asked_at),
    succeededAt: row.succeeded_at === null ? null : Number(row.succeeded_at),
    failing: row.failing_since === null ? null : { since: Number(row.failing_since), problem: row.problem ?? '' },
  }))
}

export function saveCatchUp(committer: Committer, { projectId, failing, ...times }: CatchUp): Promise<void> {
  return committer.run(
    async ({ knex }) => {
      await knex('catch_ups')
        .insert({
          project_id: projectId,
          since: times.since,
          up_to: times.upTo,
          asked_at: times.askedAt,
          succeeded_at: times.succeededAt,
          failing_since: failing?.since ?? null,
          problem: failing?.problem ?? null,
        })
        .onConflict('project_id')
        .merge()
    },
    { names: [`catch up ${projectId}`] },
  )
}

/** Which of these activities are stored. */
export async function knownKeys(reader: Knex, projectId: string, keys: readonly string[]): Promise<Set<string>> {
  const known = new Set<string>()
  for (const some of inPieces(keys)) {
    const rows: { key: string }[] = await reader('activities')
      .where({ project_id: projectId })
      .whereIn('key', [...some])
      .select('key')
    for (const { key } of rows) known.add(key)
  }
  return known
}

/**
 * From when on a project that was never asked for may have missed something: its last activity before `started`, else its
 * first one since; null: it has none. What is older than the hook is nobody's news.
 */
export async function firstSeen(reader: Knex, projectId: string, started: number): Promise<number | null> {
  const any: unknown = await reader('activities').where({ project_id: projectId }).first('id')
  if (any === undefined) return null
  const of = () => reader('activities').where({ project_id: projectId })
  const row: { occurred_at: number | string; received_at: number | string } | undefined =
    (await of()
      .where('received_at', '<', started)
      .orderBy('received_at', 'desc')
      .first('occurred_at', 'received_at')) ?? (await of().orderBy('received_at').first('occurred_at', 'received_at'))
  return row === undefined ? null : Math.min(Number(row.occurred_at), Number(row.received_at))
}
