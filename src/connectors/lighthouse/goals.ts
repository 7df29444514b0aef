import type { StateEffect } from '../contract/effect.ts'
import type { Api, Project } from './api.ts'
import { noProject } from './refusal.ts'
import type { Settings } from './settings.ts'
import { type Goal, goalOf } from './states.ts'

/** How long a project's lists of states are used before they are read again. */
const PROJECT_MS = 10 * 60 * 1000

export interface Goals {
  /** @throws {DeliveryError} */
  of(change: Pick<StateEffect, 'state' | 'from'>): Promise<Goal>
  /** @throws {DeliveryError} if the token may not see the project */
  proveProject(): Promise<void>
}

export function createGoals(
  api: Pick<Api, 'project'>,
  project: string,
  chosen: Settings['states'],
  now: () => Date,
): Goals {
  let known: { readonly project: Project; readonly at: number } | null = null

  async function read(): Promise<Project> {
    const found = await api.project()
    if (found === null) throw noProject(project)
    known = { project: found, at: now().getTime() }
    return found
  }

  return {
    async of(change) {
      const isCurrent = known !== null && Math.abs(now().getTime() - known.at) < PROJECT_MS
      const kept = known !== null && isCurrent ? goalOf(change, chosen, known.project) : null
      // An unknown state may have been added to the project since its lists were read.
      return kept === null || kept.kind === 'unknown' ? goalOf(change, chosen, await read()) : kept
    },
    async proveProject() {
      await read()
    },
  }
}
