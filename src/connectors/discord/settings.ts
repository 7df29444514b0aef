import { type Static, Type } from 'typebox'
import type { SettingProblem } from '../contract/connector.ts'
import { publishSettings } from '../kit/announcements.ts'
import { hookUrl, hookUrlProblems } from '../kit/hook-room.ts'
import { roomTemplateProblems } from '../kit/room-template.ts'
import { SHOWN_SENTENCES, TOLD, templateSettings } from '../kit/template.ts'

export const EXAMPLE = 'https://discord.com/api/webhooks/1234567890/XXXX'

export const Settings = Type.Object(
  {
    url: hookUrl("The address of the channel's web hook", EXAMPLE),
    thread_id: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,20}$',
        description: 'A thread of that channel to write into; in a forum channel either this or threads is needed',
        examples: ['1098765432109876543'],
      }),
    ),
    threads: Type.Boolean({
      default: false,
      description: 'In a forum or media channel: does each story get a thread of its own?',
    }),
    ...publishSettings,
    templates: templateSettings(TOLD, SHOWN_SENTENCES),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>

export function examine({ url, thread_id, threads, templates }: Settings): SettingProblem[] {
  const both = thread_id !== undefined && threads
  return [
    ...hookUrlProblems(url, EXAMPLE),
    ...roomTemplateProblems(templates),
    ...(both ? [{ setting: 'thread_id', problem: 'must be left out with threads: true' }] : []),
  ]
}
