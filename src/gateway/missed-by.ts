import type { Config } from '../config/schema.ts'
import { secretsOfSource, secretsOfTracker } from '../config/secrets.ts'
import { createRedactor } from '../http/redact.ts'
import type { AskMissed } from '../sources/contract/source.ts'
import { missedInTracker } from '../sources/tracker/missed.ts'
import { readStored } from '../store/read-stored.ts'
import type { ThreadedStore } from '../store/thread.ts'
import type { SourceSessions } from './source-sessions.ts'
import type { TrackerApis } from './tracker-apis.ts'

interface MissedByParts {
  readonly store: Pick<ThreadedStore, 'activityPage' | 'storedActivity'>
  readonly trackerApis: Pick<TrackerApis, 'of'>
  readonly sessions: Pick<SourceSessions, 'of'>
  config(): Config
}

/** How each project's tool is asked for what its hook missed; null: there is no token, or its API does not tell. */
export function missedBy({ store, trackerApis, sessions, config }: MissedByParts) {
  /** Tracker's number of a project that the config may call by a word: that of its last activity. */
  async function numberOf(projectId: string): Promise<string> {
    if (/^\d+$/.test(projectId)) return projectId
    const { activities } = await store.activityPage({ projectId, limit: 1 })
    const [last] = activities
    return last === undefined ? projectId : readStored(await store.storedActivity(last.id)).projectId
  }

  return (projectId: string): AskMissed | null => {
    const project = config().projects.find(({ id }) => id === projectId)
    if (project?.source !== undefined) return sessions.of(projectId)?.missed ?? null
    const activities = trackerApis.of(projectId)?.activities
    return activities === undefined ? null : missedInTracker(activities, () => numberOf(projectId))
  }
}

export function redactorOf({ projects }: Config, projectId: string): (text: string) => string {
  const project = projects.find(({ id }) => id === projectId)
  return createRedactor([
    ...(project?.source === undefined ? [] : secretsOfSource(project.source)),
    ...(project?.tracker === undefined ? [] : secretsOfTracker(project.tracker)),
  ])
}
