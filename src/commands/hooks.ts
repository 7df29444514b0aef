import { hookPaths } from '../gateway/addresses.ts'
import { type ConfigOptions, configuredBaseUrl, readConfig } from './environment.ts'
import { screenFor } from './terminal/screen.ts'
import { showList } from './terminal/show.ts'
import type { Column } from './terminal/table.ts'

interface Hook {
  readonly project: string
  readonly url: string
}

const COLUMNS: readonly Column<Hook>[] = [
  { header: 'project', value: ({ project }) => project },
  // Never cut: it is there to be copied.
  { header: 'web hook', value: ({ url }) => url },
]

export async function showHooks(options: ConfigOptions & { json?: boolean }): Promise<void> {
  const { server, projects } = await readConfig(options)
  if (projects.length === 0) return showList<Hook>([], screenFor(options), COLUMNS)
  const base = configuredBaseUrl(server)
  const hooks = hookPaths({ projects }).map(({ project, path }) => ({ project, url: `${base}${path}` }))
  await showList(hooks, screenFor(options), COLUMNS)
}
