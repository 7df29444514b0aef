import type { Config, ProjectConfig } from '../config/schema.ts'

const ANY_PROJECT: Pick<ProjectConfig, 'story_url'> = { story_url: 'https://www.pivotaltracker.com/story/show/{id}' }

/** A story's page for people; also for open deliveries of a project that is no longer configured. */
export function storyUrl(config: Config, projectId: string, storyId: string): string {
  const { story_url } = config.projects.find(({ id }) => id === projectId) ?? ANY_PROJECT
  return story_url
    .replaceAll('{id}', encodeURIComponent(storyId))
    .replaceAll('{project}', encodeURIComponent(projectId))
}
