/** By which a transaction holds all that is kept of a story: its name, its state and its link. */
export const storyName = (projectId: string, storyId: string): string => `story ${projectId} ${storyId}`
