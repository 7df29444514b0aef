import type { Config, ImportConfig, SourceConfig } from '../config/schema.ts'
import tracker from '../sources/tracker/index.ts'

/** The paths of web hooks, which hold their secrets. */
export function hookPaths({
  projects,
}: Pick<Config, 'projects'>): readonly { project: string; name: string; path: string; tool: string; paste: string }[] {
  return projects.flatMap(({ id, name, secrets, source }) => {
    const tool = toolName(source)
    const { paste } = source?.source ?? tracker
    return secrets.map((secret) => ({ project: id, name, path: `/hooks/${id}/${secret}`, tool, paste }))
  })
}

/** Where the project's stories are. */
export function toolOf({ projects }: Pick<Config, 'projects'>, projectId: string): string {
  return toolName(projects.find(({ id }) => id === projectId)?.source)
}

function toolName(source: SourceConfig | undefined): string {
  return source?.configured.tool ?? (source?.source ?? tracker).title
}

/** The paths of an import feed, for Tracker's "Import API URL": those with its secrets, and one for a login or for everybody. */
export function importPaths(
  integration: string,
  { secret, secrets = [], username, public: isPublic }: ImportConfig,
): readonly string[] {
  const own = secret === undefined ? secrets : [secret]
  return [
    ...own.map((one) => `/imports/${integration}/${one}.xml`),
    ...(isPublic || username !== undefined ? [`/imports/${integration}.xml`] : []),
  ]
}
