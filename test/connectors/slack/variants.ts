import { type SlackServer, startSlack } from '../../../src/stand-ins/slack.ts'
import { OWN_WORDS } from '../rooms.ts'
import type { Variant } from '../variant.ts'

function variant(name: string, server: SlackServer, options: object = {}): Variant {
  return {
    name,
    connector: 'slack',
    async start(now) {
      const standIn = await startSlack({ server, now })
      const { messages, hook } = standIn
      return {
        standIn,
        place: { written: () => messages.length, isNotAsked: 'a repeat is another message' },
        settings: { url: hook, server, ...options },
      }
    },
  }
}

export const variants: readonly Variant[] = [
  variant('slack', 'slack'),
  variant('slack-mattermost', 'mattermost', { publish_new_stories: false }),
  variant('slack-rocketchat', 'rocketchat', { publish_story_state_changes: false }),
  variant('slack-templates', 'slack', { templates: OWN_WORDS }),
  variant('slack-mattermost-templates', 'mattermost', { templates: OWN_WORDS }),
  variant('slack-rocketchat-templates', 'rocketchat', { templates: OWN_WORDS }),
]
