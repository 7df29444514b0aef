import type { Config, ProjectConfig } from '../config/schema.ts'
import type { Client } from '../http/client.ts'

/** Ways to the APIs of the projects' tools, each with a client of its own; projects with the same access share one. */
export interface SharedClients<T> {
  /** Null: the project has no access to an API. */
  of(projectId: string): T | null
  /** Puts another config in force; what is unchanged keeps what it knows. */
  reload(config: Config): Promise<void>
  close(): Promise<void>
}

interface Opened<T> {
  readonly api: T
  readonly client: Client
}

/** Null: it has none. `same` is equal for projects that may share a client. */
type AccessOf<T> = (project: ProjectConfig) => { readonly same: string; open(): Opened<T> } | null

export function openSharedClients<T>(first: Config, accessOf: AccessOf<T>): SharedClients<T> {
  const opened = new Map<string, Opened<T>>()
  let byProject = connect(first)

  function connect({ projects }: Config): Map<string, string> {
    return new Map(
      projects.flatMap((project) => {
        const access = accessOf(project)
        if (access === null) return []
        if (!opened.has(access.same)) opened.set(access.same, access.open())
        return [[project.id, access.same] as const]
      }),
    )
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
