import type { Config } from '../config/schema.ts'
import { whyOf } from '../queue/why.ts'
import type { ApiParts } from '../routes/api/routes.ts'
import type { ThreadedStore } from '../store/thread.ts'
import type { Activity } from '../tracker/activity.ts'
import { parseActivity } from '../tracker/parse.ts'
import { ParseError } from '../tracker/parse-error.ts'
import { journalProject } from './projects.ts'
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
    resources: {
      activities: {
        store,
        redact,
        parse: readable,
        whyOf(activity, projectId, deliveries) {
          const { projects, integrations: all } = config()
          const project = projects.find(({ id }) => id === projectId)
          return whyOf(activity, {
            project: project === undefined ? undefined : journalProject(config(), project),
            projectId,
            integrations: all,
            deliveries,
          })
        },
      },
      deliveries: {
        store,
        redact,
        async replay({ id, integration }) {
          const put = await store.replay({ ids: [id] }, now())
          integrations.worker(integration)?.wake()
          return put > 0
        },
      },
    },
  }
}

/** Null for what an earlier release could read and this one cannot. */
function readable(raw: Buffer): Activity | null {
  try {
    return parseActivity(raw)
  } catch (error) {
    if (error instanceof ParseError) return null
    throw error
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
