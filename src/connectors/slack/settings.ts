import { type Static, Type } from 'typebox'
import { publishSettings } from '../kit/announcements.ts'
import { hookUrl } from '../kit/hook-room.ts'
import { SHOWN_SENTENCES, TOLD, templateSettings } from '../kit/template.ts'

export const EXAMPLE = 'https://hooks.slack.com/services/T000/B000/XXXX'

export const Settings = Type.Object(
  {
    url: hookUrl('The address of the incoming web hook', EXAMPLE),
    server: Type.Union([Type.Literal('slack'), Type.Literal('mattermost'), Type.Literal('rocketchat')], {
      default: 'slack',
      description: 'Whose web hook it is: the three take the same form, but another markup',
    }),
    ...publishSettings,
    templates: templateSettings(TOLD, SHOWN_SENTENCES),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
