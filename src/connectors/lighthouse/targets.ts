import type { Api, Project } from './api.ts'
import { noProject } from './refusal.ts'
import type { Settings } from './settings.ts'
import { type Target, targetOf } from './states.ts'

/** How long a project's lists of states are taken as current. */
const PROJECT_MS = 10 * 60 * 1000

/** Where the states of stories lead in a project. */
export interface Targets {
  /** @throws {DeliveryError} when the project cannot be read, or is not shown to the token */
  of(state: string): Promise<Target>
  /** Makes sure that the project is shown to the token. @throws {DeliveryError} when it is not */
  proveProject(): Promise<void>
}

export function createTargets(
  api: Pick<Api, 'project'>,
  project: string,
  chosen: Settings['states'],
  now: () => Date,
): Targets {
  let known: { readonly project: Project; readonly at: number } | null = null

  async function read(): Promise<Project> {
    const found = await api.project()
    if (found === null) throw noProject(project)
    known = { project: found, at: now().getTime() }
    return found
  }

  return {
    async of(state) {
      const isCurrent = known !== null && Math.abs(now().getTime() - known.at) < PROJECT_MS
      const kept = known !== null && isCurrent ? targetOf(state, chosen, known.project) : null
      // A state that the lists do not have may have been added to the project since they were read.
      return kept === null || kept.kind === 'unknown' ? targetOf(state, chosen, await read()) : kept
    },
    async proveProject() {
      await read()
    },
  }
}
