import { type Static, Type } from 'typebox'
import { publishSettings } from '../kit/announcements.ts'
import { hookUrl } from '../kit/hook-room.ts'
import { SHOWN_SENTENCES, TOLD, templateSettings } from '../kit/template.ts'

export const EXAMPLE = 'https://discord.com/api/webhooks/1234567890/XXXX'

export const Settings = Type.Object(
  {
    url: hookUrl("The address of the channel's web hook", EXAMPLE),
    thread_id: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,20}$',
        description: 'A thread of that channel to write into; needed for a forum channel, where each post is a thread',
        examples: ['1098765432109876543'],
      }),
    ),
    ...publishSettings,
    templates: templateSettings(TOLD, SHOWN_SENTENCES),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
