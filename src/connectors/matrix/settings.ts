import { type Static, Type } from 'typebox'
import type { SettingProblem } from '../contract/connector.ts'
import { publishSettings } from '../kit/announcements.ts'
import { baseUrl, NOT_A_BASE_URL } from '../kit/base-url.ts'
import { roomTemplateProblems } from '../kit/room-template.ts'
import { SHOWN_SENTENCES, TOLD, templateSettings } from '../kit/template.ts'

export const Settings = Type.Object(
  {
    base_url: Type.String({
      minLength: 1,
      description: 'The address of the homeserver',
      examples: ['https://matrix.example.com'],
    }),
    access_token: Type.String({
      minLength: 1,
      writeOnly: true,
      description: 'The access token of an account of its own that has joined the room',
    }),
    room: Type.String({
      pattern: '^[!#]\\S+$',
      description: "The room's id or its address",
      examples: ['#bridge:example.com'],
    }),
    threads: Type.Boolean({
      default: true,
      description: 'Does all that comes after the first message about a story go into its thread?',
    }),
    ...publishSettings,
    templates: templateSettings(TOLD, SHOWN_SENTENCES),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>

export function examine({ base_url, templates }: Settings): SettingProblem[] {
  const address = baseUrl(base_url) === null ? [{ setting: 'base_url', problem: NOT_A_BASE_URL }] : []
  return [...address, ...roomTemplateProblems(templates)]
}
