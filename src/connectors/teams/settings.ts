import { type Static, Type } from 'typebox'
import { publishSettings } from '../kit/announcements.ts'
import { hookUrl } from '../kit/hook-room.ts'
import { SHOWN_SENTENCES, TOLD, templateSettings } from '../kit/template.ts'

export const EXAMPLE =
  'https://default0000.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/0000/triggers/manual/paths/invoke?api-version=1&sig=XXXX'

export const Settings = Type.Object(
  {
    url: hookUrl('The address of the workflow, with its signature', EXAMPLE),
    ...publishSettings,
    templates: templateSettings(TOLD, SHOWN_SENTENCES),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
