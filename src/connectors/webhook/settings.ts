import { type Static, Type } from 'typebox'
import type { SettingProblem } from '../contract/connector.ts'
import { secretProblem } from './signature.ts'

const Secret = Type.String({
  minLength: 1,
  writeOnly: true,
  description: 'what the receiver knows too: whsec_ and base64, or any text of at least 24 bytes',
})

export const Settings = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      writeOnly: true,
      description: 'the address that every activity is posted to; nothing behind its host is ever shown',
      examples: ['https://builds.example.com/hooks/tracker'],
    }),
    secret: Type.Optional(Secret),
    secrets: Type.Optional(
      Type.Array(Secret, {
        minItems: 1,
        maxItems: 2,
        description: 'instead of secret, while the receiver changes over: the new one and the old one, both sign',
      }),
    ),
    headers: Type.Record(Type.String(), Type.String({ writeOnly: true }), {
      default: {},
      description: 'sent along with every request, for a receiver that asks for a login of its own',
      examples: [{ authorization: 'Bearer 2f1c...' }],
    }),
    payload: Type.Union([Type.Literal('activity'), Type.Literal('raw')], {
      default: 'activity',
      description:
        'activity: JSON in one form, whichever format Tracker sent; raw: exactly the bytes that Tracker sent',
    }),
    kinds: Type.Array(Type.String({ minLength: 1, maxLength: 100, pattern: '^[A-Za-z0-9_*]+$' }), {
      default: [],
      description: 'carry on only these kinds of activity; * stands for any text; empty: all',
      examples: [['story_*', 'comment_create']],
    }),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>

export function signingSecrets(settings: Settings): readonly string[] {
  return settings.secrets ?? (settings.secret === undefined ? [] : [settings.secret])
}

/** Problems that the schema cannot express; no secret is repeated. */
export function examine(settings: Settings): SettingProblem[] {
  return [
    ...addressProblems(settings.url),
    ...(settings.secret !== undefined && settings.secrets !== undefined
      ? [{ setting: 'secret', problem: 'must not be set together with secrets; keep one of the two' }]
      : []),
    ...secretProblems(settings),
    ...Object.entries(settings.headers).flatMap(([name, value]) => headerProblems(name, value)),
  ]
}

function addressProblems(address: string): SettingProblem[] {
  const url = URL.canParse(address) ? new URL(address) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    return [{ setting: 'url', problem: 'must be an http or https URL like https://builds.example.com/hooks/tracker' }]
  if (url.username !== '' || url.password !== '')
    return [{ setting: 'url', problem: 'must not hold a user or password; send them as headers: authorization' }]
  return []
}

function secretProblems(settings: Settings): SettingProblem[] {
  const setting = settings.secrets === undefined ? 'secret' : 'secrets'
  return signingSecrets(settings).flatMap((secret) => {
    const problem = secretProblem(secret)
    return problem === null ? [] : [{ setting, problem }]
  })
}

/** Set by the relay or by HTTP itself. */
const reserved =
  /^(webhook-.*|content-type|content-length|host|connection|transfer-encoding|keep-alive|upgrade|expect|te|accept-encoding)$/i

function headerProblems(name: string, value: string): SettingProblem[] {
  const setting = `headers.${name}`
  if (reserved.test(name)) return [{ setting, problem: 'is set by the relay itself; leave it out' }]
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return [{ setting, problem: 'is not a valid header name' }]
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
    return [{ setting, problem: 'contains a line break or another character that a header cannot have' }]
  return []
}
