import type { Config } from '../config/schema.ts'
import type { ApiParts } from '../routes/api/routes.ts'
import type { ThreadedStore } from '../store/thread.ts'
import type { RunningIntegrations } from './running-integrations.ts'

interface Parts {
  readonly store: ThreadedStore
  readonly integrations: RunningIntegrations
  readonly version: string
  config(): Config
  now(): number
  noticeOthers(): Promise<void>
}

export function adminParts({ store, integrations, version, config, now }: Parts): Omit<ApiParts, 'tokens' | 'guesses'> {
  const redact = (name: string, text: string): string => integrations.worker(name)?.integration.redact(text) ?? text
  return {
    version,
    hosts: () => adminHosts(config()),
    deliveries: {
      store,
      redact,
      async replay({ id, integration }) {
        const put = await store.replay({ ids: [id] }, now())
        integrations.worker(integration)?.wake()
        return put > 0
      },
    },
  }
}

/** The names by which the admin API may be reached. */
function adminHosts({ server, admin }: Config): readonly string[] {
  const { public_url } = server
  return [
    ...admin.hosts,
    ...(public_url === undefined ? [] : [new URL(public_url).hostname]),
    (admin.listen ?? server).host,
  ]
}
