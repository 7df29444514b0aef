import type { Config } from '../config/schema.ts'
import type { PageParts } from '../routes/pages/parts.ts'
import { hookPaths, importPaths, toolOf } from './addresses.ts'

interface Parts {
  config(): Config
  now(): number
  readonly storyPage: PageParts['storyPage']
  /** Whether it has an account that is authorised on a page. */
  isConnectable(type: string, name: string): boolean
}

/** What the web page asks besides the admin API. */
export function pageParts({
  config,
  now,
  storyPage,
  isConnectable,
}: Parts): Omit<PageParts, 'tokens' | 'guesses' | 'hosts' | 'version' | 'events'> {
  const integrationOf = (name: string) => config().integrations.find((each) => each.name === name)
  function base(): string {
    const { public_url, base_path = '' } = config().server
    // A proxy may take the path off before it hands a request on.
    return (public_url === undefined ? base_path : new URL(public_url).pathname).replace(/\/$/, '')
  }
  return {
    now,
    storyPage,
    publicUrl: () => config().server.public_url ?? null,
    base,
    hooks: () => hookPaths(config()),
    toolOf: (project) => toolOf(config(), project),
    importPaths(name) {
      const settings = integrationOf(name)?.common.import
      return settings === undefined ? [] : importPaths(name, settings)
    },
    connectUrl(name) {
      const integration = integrationOf(name)
      if (integration === undefined || !isConnectable(integration.type, name)) return null
      const path = `/connect/${encodeURIComponent(integration.type)}/${encodeURIComponent(name)}`
      const { admin, server } = config()
      if (admin.listen === undefined) return `${base()}${path}`
      // The target leads back to the address that everybody reaches, so the account's page is there.
      return server.public_url === undefined ? null : `${server.public_url.replace(/\/$/, '')}${path}`
    },
  }
}
