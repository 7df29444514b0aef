import type { Knex } from 'knex'
import type { Committer } from './committer.ts'
import type { Insertion } from './dialect/dialect.ts'
import { eraseStories } from './erase.ts'

const GONE: Insertion = {
  table: 'gone_projects',
  columns: ['project_id', 'since'],
  tail: 'on conflict (project_id) do nothing',
}

/**
 * Forgets the stories and links of projects that have been in no config for so long, and have no activities any more.
 * @param configured the projects that are in the config now
 * @returns of how many projects
 */
export async function sweepGone(
  committer: Committer,
  reader: Knex,
  configured: readonly string[],
  { now, keptMs }: { readonly now: number; readonly keptMs: number },
): Promise<number> {
  const known = new Set([...(await projectsIn(reader, 'stories')), ...(await projectsIn(reader, 'links'))])
  const gone = [...known].filter((projectId) => !configured.includes(projectId))
  const before: { project_id: string; since: number }[] = await reader('gone_projects').select('project_id', 'since')
  const back = before.filter(({ project_id }) => !gone.includes(project_id)).map(({ project_id }) => project_id)
  const fresh = gone.filter((projectId) => !before.some(({ project_id }) => project_id === projectId))
  if (back.length + fresh.length > 0)
    await committer.run(
      async (trx) => {
        await trx.knex('gone_projects').whereIn('project_id', back).delete()
        await trx.insert(
          GONE,
          fresh.map((projectId) => [projectId, now]),
        )
      },
      { names: ['sweep'] },
    )
  let forgotten = 0
  for (const { project_id: projectId, since } of before) {
    if (!gone.includes(projectId) || Number(since) > now - keptMs) continue
    const activity: unknown = await reader('activities').where({ project_id: projectId }).first('id')
    if (activity !== undefined) continue
    await eraseStories(committer, { projectId })
    forgotten += 1
  }
  return forgotten
}

/** A look at each project, however many rows it has. */
async function projectsIn(reader: Knex, table: 'stories' | 'links'): Promise<string[]> {
  const found: string[] = []
  for (;;) {
    const after = found.at(-1)
    const row: { project_id: string } | undefined = await reader(table)
      .modify((query) => {
        if (after !== undefined) query.where('project_id', '>', after)
      })
      .orderBy('project_id')
      .first('project_id')
    if (row === undefined) return found
    found.push(row.project_id)
  }
}
