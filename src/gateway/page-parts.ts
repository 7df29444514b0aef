import type { Config } from '../config/schema.ts'
import type { PageParts } from '../routes/pages/parts.ts'
import { hookPaths, importPaths } from './addresses.ts'

interface Parts {
  config(): Config
  now(): number
  /** Whether it has an account that is authorised on a page. */
  isConnectable(type: string, name: string): boolean
}

/** What the web page asks besides the admin API. */
export function pageParts({
  config,
  now,
  isConnectable,
}: Parts): Omit<PageParts, 'tokens' | 'guesses' | 'hosts' | 'version' | 'events'> {
  const integrationOf = (name: string) => config().integrations.find((each) => each.name === name)
  return {
    now,
    publicUrl: () => config().server.public_url ?? null,
    base() {
      const { public_url, base_path = '' } = config().server
      // A proxy may take the path off before it hands a request on.
      return (public_url === undefined ? base_path : new URL(public_url).pathname).replace(/\/$/, '')
    },
    hooks: () => hookPaths(config()),
    importPaths(name) {
      const settings = integrationOf(name)?.common.import
      return settings === undefined ? [] : importPaths(name, settings)
    },
    connectPath(name) {
      const integration = integrationOf(name)
      return integration !== undefined && isConnectable(integration.type, name)
        ? `/connect/${encodeURIComponent(integration.type)}/${encodeURIComponent(name)}`
        : null
    },
  }
}
