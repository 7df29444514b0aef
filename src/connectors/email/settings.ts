import { type Static, Type } from 'typebox'
import type { SettingProblem } from '../contract/connector.ts'
import { publishSettings } from '../kit/announcements.ts'
import { digestProblems, digestSetting } from '../kit/digest-times.ts'
import { roomTemplateProblems } from '../kit/room-template.ts'
import { SHOWN_SENTENCES, TOLD, templateSettings } from '../kit/template.ts'

/** One address, without a name: what SMTP takes without an extension. */
const ADDRESS = {
  pattern: "^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$",
  patternErrorMessage: 'an e-mail address like relay@example.com',
}

export const Settings = Type.Object(
  {
    host: Type.String({ pattern: '^[^\\s/@:]+$', description: 'The mail server', examples: ['smtp.example.com'] }),
    port: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65_535, description: 'Its port; without it 587, or 465 with security: tls' }),
    ),
    security: Type.Union([Type.Literal('starttls'), Type.Literal('tls'), Type.Literal('none')], {
      default: 'starttls',
      description:
        'How the connection is encrypted: from the first command on (tls), before the login (starttls), or not at all',
    }),
    user: Type.Optional(Type.String({ minLength: 1, description: 'The name of the login, if the server wants one' })),
    password: Type.Optional(Type.String({ minLength: 1, writeOnly: true, description: 'Its password' })),
    from: Type.String({
      ...ADDRESS,
      description: 'The address that the mails come from',
      examples: ['tracker@example.com'],
    }),
    to: Type.Array(Type.String(ADDRESS), {
      minItems: 1,
      maxItems: 50,
      uniqueItems: true,
      description: 'The addresses that they go to; best one, of a list',
      examples: [['crew@example.com']],
    }),
    subject_prefix: Type.String({ maxLength: 50, default: '[Tracker] ', description: 'What each subject begins with' }),
    threads: Type.Boolean({
      default: true,
      description:
        'Do the mails about a story stand together as one conversation? Their subject is then the name of the story',
    }),
    digest: digestSetting,
    ...publishSettings,
    templates: templateSettings(TOLD, SHOWN_SENTENCES),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>

export function examine(settings: Settings): SettingProblem[] {
  return [...loginProblems(settings), ...digestProblems(settings.digest), ...roomTemplateProblems(settings.templates)]
}

function loginProblems({ user, password, security, host }: Settings): SettingProblem[] {
  if (user !== undefined && password === undefined)
    return [{ setting: 'password', problem: 'missing; set it together with user' }]
  if (user === undefined && password !== undefined)
    return [{ setting: 'user', problem: 'missing; set it together with password' }]
  if (user === undefined || security !== 'none' || /^(localhost|127\..*|\[?::1\]?)$/.test(host)) return []
  return [{ setting: 'security', problem: 'must not be none with a login, which everybody on the way could read' }]
}

export function portOf({ port, security }: Settings): number {
  return port ?? (security === 'tls' ? 465 : 587)
}
