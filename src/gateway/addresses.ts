import type { Config, ImportConfig } from '../config/schema.ts'

/** The paths of web hooks, which hold their secrets. */
export function hookPaths({
  projects,
}: Pick<Config, 'projects'>): readonly { project: string; name: string; path: string }[] {
  return projects.flatMap(({ id, name, secrets }) =>
    secrets.map((secret) => ({ project: id, name, path: `/hooks/${id}/${secret}` })),
  )
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
