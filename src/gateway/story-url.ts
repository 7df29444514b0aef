import { TRACKER_STORY } from '../config/project.ts'
import type { Config } from '../config/schema.ts'
import type { Activity } from '../tracker/activity.ts'

/**
 * A story's page for people; also for open deliveries of a project that is no longer configured.
 * Other tools than Tracker send the address with the activity.
 * @param told reads the activity that caused it
 */
export async function storyUrl(
  config: Config,
  { projectId, storyId }: { readonly projectId: string; readonly storyId: string },
  told: () => Promise<Activity>,
): Promise<string> {
  const project = config.projects.find(({ id }) => id === projectId)
  const story_url = project === undefined ? TRACKER_STORY : project.story_url
  if (story_url === null) {
    const { stories } = await told()
    return stories.find(({ id }) => id === storyId)?.url ?? project?.source?.configured.home ?? ''
  }
  const named = /^\d+$/.test(projectId) || !story_url.includes('{project}') ? projectId : (await told()).projectId
  return story_url.replaceAll('{id}', encodeURIComponent(storyId)).replaceAll('{project}', encodeURIComponent(named))
}
