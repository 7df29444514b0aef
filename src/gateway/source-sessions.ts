import type { Config, SourceConfig } from '../config/schema.ts'
import { secretsOfSource } from '../config/secrets.ts'
import { type Client, type ClientOptions, createClient } from '../http/client.ts'
import type { SourceSession } from '../sources/contract/source.ts'
import { wayToTarget } from './way-to-target.ts'

/** The ways to the APIs of the projects' tools, each with a client of its own; projects with the same settings share one. */
export interface SourceSessions {
  /** Null: the project's source has no access to an API. */
  of(projectId: string): SourceSession | null
  /** Puts another config in force; unchanged sessions keep what they know. */
  reload(config: Config): Promise<void>
  close(): Promise<void>
}

interface SourceSessionsParts {
  readonly version: string
  now(): number
  /** Milliseconds of a clock that nobody sets. */
  steady(): number
  pause(ms: number, signal?: AbortSignal): Promise<void>
  readonly createClient?: (options: ClientOptions) => Client
}

interface Opened {
  readonly session: SourceSession
  readonly client: Client
}

/** A hook waits for what is asked. */
const TIMEOUT_MS = 10_000

export function openSourceSessions(first: Config, parts: SourceSessionsParts): SourceSessions {
  const opened = new Map<string, Opened>()
  let byProject = connect(first)

  function connect(config: Config): Map<string, string> {
    return new Map(
      config.projects.flatMap(({ id, source }) => {
        if (source?.configured.open === undefined) return []
        const access = JSON.stringify([source.type, source.settings, source.connection])
        if (!opened.has(access)) opened.set(access, open(source, source.configured.open))
        return [[id, access] as const]
      }),
    )
  }

  function open(source: SourceConfig, openSession: NonNullable<SourceConfig['configured']['open']>): Opened {
    const client = (parts.createClient ?? createClient)({
      userAgent: `tracker-relay/${parts.version}`,
      timeoutMs: TIMEOUT_MS,
      blockPrivateAddresses: false,
      allowAddresses: [],
      secrets: secretsOfSource(source),
      ...wayToTarget(source.connection),
    })
    return { client, session: openSession({ ...parts, send: client.send }) }
  }

  return {
    of(projectId) {
      const access = byProject.get(projectId)
      return access === undefined ? null : (opened.get(access)?.session ?? null)
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
