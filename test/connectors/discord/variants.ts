import { startDiscord } from '../../../src/stand-ins/discord.ts'
import { OWN_WORDS } from '../rooms.ts'
import type { Variant } from '../variant.ts'

function variant(name: string, options: object): Variant {
  return {
    name,
    connector: 'discord',
    async start(now) {
      const standIn = await startDiscord({ now })
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
  variant('discord', {}),
  variant('discord-options', { thread_id: '1098765432109876543', publish_new_stories: false }),
  variant('discord-templates', { templates: OWN_WORDS }),
]
