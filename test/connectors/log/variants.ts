import type { Variant } from '../variant.ts'

const logged = (name: string, settings: object): Variant => ({
  name,
  connector: 'log',
  start: async () => ({ standIn: null, settings }),
})

export const variants: readonly Variant[] = [
  logged('log', {}),
  logged('log-options', { publish_new_stories: false, publish_story_comments: false }),
]
