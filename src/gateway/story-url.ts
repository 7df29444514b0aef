import type { Config, ProjectConfig } from '../config/schema.ts'

const ANY_PROJECT: Pick<ProjectConfig, 'story_url'> = { story_url: 'https://www.pivotaltracker.com/story/show/{id}' }

/**
 * A story's page for people; also for open deliveries of a project that is no longer configured.
 * @param trackerProject finds Tracker's number of the project, which the config may call by a word
 */
export async function storyUrl(
  config: Config,
  { projectId, storyId }: { readonly projectId: string; readonly storyId: string },
  trackerProject: () => Promise<string>,
): Promise<string> {
  const { story_url } = config.projects.find(({ id }) => id === projectId) ?? ANY_PROJECT
  const project = story_url.includes('{project}') ? await trackerProject() : projectId
  return story_url.replaceAll('{id}', encodeURIComponent(storyId)).replaceAll('{project}', encodeURIComponent(project))
}
