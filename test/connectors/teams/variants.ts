import { startTeams } from '../../../src/stand-ins/teams.ts'
import { OWN_WORDS } from '../rooms.ts'
import type { Variant } from '../variant.ts'

function variant(name: string, options: object): Variant {
  return {
    name,
    connector: 'teams',
    async start(now) {
      const standIn = await startTeams({ now })
      const { messages, hook } = standIn
      return {
        standIn,
        place: { written: () => messages.length, isNotAsked: 'a repeat is another message' },
        settings: { url: hook, ...options },
      }
    },
  }
}

export const variants: readonly Variant[] = [
  variant('teams', {}),
  variant('teams-options', { publish_new_stories: false, publish_story_comments: false }),
  variant('teams-templates', { templates: OWN_WORDS }),
]
