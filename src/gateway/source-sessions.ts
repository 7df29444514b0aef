import type { Config } from '../config/schema.ts'
import { secretsOfSource } from '../config/secrets.ts'
import { type Client, type ClientOptions, createClient } from '../http/client.ts'
import type { SourceSession } from '../sources/contract/source.ts'
import { openSharedClients, type SharedClients } from './shared-clients.ts'
import { wayToTarget } from './way-to-target.ts'

/** The ways to the APIs of the projects' tools. */
export type SourceSessions = SharedClients<SourceSession>

interface SourceSessionsParts {
  readonly version: string
  now(): number
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
  pause(ms: number, signal?: AbortSignal): Promise<void>
  readonly createClient?: (options: ClientOptions) => Client
}

/** A hook waits for what is asked. */
const TIMEOUT_MS = 10_000

export function openSourceSessions(first: Config, parts: SourceSessionsParts): SourceSessions {
  return openSharedClients(first, ({ source }) => {
    const openSession = source?.configured.open
    if (source === undefined || openSession === undefined) return null
    return {
      same: JSON.stringify([source.type, source.settings, source.connection]),
      open() {
        const client = (parts.createClient ?? createClient)({
          userAgent: `tracker-relay/${parts.version}`,
          timeoutMs: TIMEOUT_MS,
          blockPrivateAddresses: false,
          allowAddresses: [],
          secrets: secretsOfSource(source),
          ...wayToTarget(source.connection),
        })
        return { client, api: openSession({ ...parts, send: client.send }) }
      },
    }
  })
}
