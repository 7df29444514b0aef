import type { Config, TrackerConfig } from '../config/schema.ts'
import { secretsOfTracker } from '../config/secrets.ts'
import { type Client, createClient } from '../http/client.ts'
import { createTrackerApi, type TrackerApi } from '../tracker/api.ts'
import { wayToTarget } from './way-to-target.ts'

/** Projects with the same `tracker` settings share one API client, with its limits and its cache. */
export interface TrackerApis {
  /** Null: the project has no `tracker` settings. */
  of(projectId: string): TrackerApi | null
  /** Puts another config in force; unchanged clients keep their cache. */
  reload(config: Config): Promise<void>
  close(): Promise<void>
}

interface Opened {
  readonly api: TrackerApi
  readonly client: Client
}

interface TrackerApisParts {
  readonly version: string
  now(): number
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
  random(): number
  pause(ms: number): Promise<void>
}

export function openTrackerApis(first: Config, parts: TrackerApisParts): TrackerApis {
  const opened = new Map<string, Opened>()
  let byProject = connect(first)

  function connect(config: Config): Map<string, string> {
    return new Map(
      config.projects.flatMap(({ id, tracker }) => {
        if (tracker === undefined) return []
        const access = JSON.stringify(tracker)
        if (!opened.has(access)) opened.set(access, open(tracker))
        return [[id, access] as const]
      }),
    )
  }

  function open(settings: TrackerConfig): Opened {
    const client = createClient({
      userAgent: `tracker-relay/${parts.version}`,
      timeoutMs: settings.timeout_seconds * 1000,
      blockPrivateAddresses: false,
      allowAddresses: [],
      secrets: secretsOfTracker(settings),
      ...wayToTarget(settings.connection),
    })
    return { client, api: createTrackerApi({ ...parts, settings, send: client.send }) }
  }

  return {
    of(projectId) {
      const access = byProject.get(projectId)
      return access === undefined ? null : (opened.get(access)?.api ?? null)
    },
    async reload(config) {
      byProject = connect(config)
      const used = new Set(byProject.values())
      for (const [access, { client }] of opened) {
        if (used.has(access)) continue
        opened.delete(access)
        await client.close()
      }
    },
    async close() {
      for (const { client } of opened.values()) await client.close()
    },
  }
}
