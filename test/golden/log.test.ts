import { golden } from './golden.ts'
import type { Variant } from './recording.ts'

const logged = (name: string, settings: object): Variant => ({
  name,
  connector: 'log',
  start: async () => ({ standIn: null, settings }),
})

golden('log', [logged('log', {}), logged('log-options', { publish_new_stories: false, publish_story_comments: false })])
