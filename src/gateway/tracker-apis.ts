import type { Config } from '../config/schema.ts'
import { secretsOfTracker } from '../config/secrets.ts'
import { createClient } from '../http/client.ts'
import { createTrackerApi, type TrackerApi } from '../tracker/api.ts'
import { openSharedClients, type SharedClients } from './shared-clients.ts'
import { wayToTarget } from './way-to-target.ts'

/** Projects with the same `tracker` settings share one API client, with its limits and its cache. */
export type TrackerApis = SharedClients<TrackerApi>

interface TrackerApisParts {
  readonly version: string
  now(): number
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
  random(): number
  pause(ms: number): Promise<void>
}

export function openTrackerApis(first: Config, parts: TrackerApisParts): TrackerApis {
  return openSharedClients(first, ({ tracker: settings }) => {
    if (settings === undefined) return null
    return {
      same: JSON.stringify(settings),
      open() {
        const client = createClient({
          userAgent: `tracker-relay/${parts.version}`,
          timeoutMs: settings.timeout_seconds * 1000,
          blockPrivateAddresses: false,
          allowAddresses: [],
          secrets: secretsOfTracker(settings),
          ...wayToTarget(settings.connection),
        })
        return { client, api: createTrackerApi({ ...parts, settings, send: client.send }) }
      },
    }
  })
}
