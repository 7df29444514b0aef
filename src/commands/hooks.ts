import { type ConfigOptions, configuredBaseUrl, readConfig } from './environment.ts'
import { list } from './listing.ts'

export async function showHooks(options: ConfigOptions & { json?: boolean }): Promise<void> {
  const { server, projects } = await readConfig(options)
  const base = configuredBaseUrl(server)
  const addresses = projects.flatMap(({ id: project, secrets }) =>
    secrets.map((secret) => ({ project, url: `${base}/hooks/${project}/${secret}` })),
  )
  list(addresses, options.json === true, ({ url }) => url)
}
