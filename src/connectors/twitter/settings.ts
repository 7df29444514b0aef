import { type Static, Type } from 'typebox'
import type { SettingProblem } from '../contract/connector.ts'
import { publishSettings } from '../kit/announcements.ts'
import { examineTemplates, Templates } from '../kit/post-template.ts'
import { compose } from '../kit/post-text.ts'
import type { Template, TOLD } from '../kit/template.ts'
import { LONGEST_POST, weightedLength } from './weighted-length.ts'

const secret = (description: string) => Type.Optional(Type.String({ minLength: 1, writeOnly: true, description }))

export const Settings = Type.Object(
  {
    consumer_key: Type.Optional(
      Type.String({ minLength: 1, description: 'OAuth 1.0a: the "API key" (consumer key) of your app at X' }),
    ),
    consumer_secret: secret('OAuth 1.0a: the "API key secret" of the app'),
    access_token: secret(
      'OAuth 1.0a: the access token of the account, made for the app with "Read and write". Without it the account is authorised with a click or with "tracker-relay connect"',
    ),
    access_token_secret: secret('OAuth 1.0a: the secret that belongs to access_token'),
    client_id: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'OAuth 2.0 instead of OAuth 1.0a: the client ID of the app; the account is then authorised with a click',
      }),
    ),
    client_secret: secret('OAuth 2.0: the client secret, where the app is a confidential client'),
    ...publishSettings,
    include_link: Type.Boolean({
      default: false,
      description: "Put the story's link into the post? X bills a post with a link at 13 times the price ($0.20)",
    }),
    templates: Templates,
    api_base_url: Type.String({
      default: 'https://api.x.com',
      pattern: '^https?://[^\\s?#]+$',
      description: 'Where the API of X is',
    }),
    authorize_base_url: Type.Optional(
      Type.String({
        pattern: '^https?://[^\\s?#]+$',
        description:
          'Where the browser is sent to authorise the account: without it https://api.x.com (OAuth 1.0a) or https://x.com (OAuth 2.0)',
        examples: ['https://x.com'],
      }),
    ),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>

export type App =
  | {
      readonly kind: 'oauth1'
      readonly key: string
      readonly secret: string
      /** The account's, if it was pasted into the settings. */
      readonly token: { readonly token: string; readonly secret: string } | null
    }
  | { readonly kind: 'oauth2'; readonly clientId: string; readonly clientSecret: string | null }

export function appOf(settings: Settings): App | SettingProblem[] {
  const { consumer_key, consumer_secret, access_token, access_token_secret, client_id, client_secret } = settings
  const wrong = (setting: string, problem: string) => [{ setting, problem }]
  if (consumer_key !== undefined && client_id !== undefined)
    return wrong(
      'client_id',
      'must not be set together with consumer_key; keep one of them: this for OAuth 2.0, or that for OAuth 1.0a',
    )
  if (client_id !== undefined) {
    for (const [name, value] of Object.entries({ consumer_secret, access_token, access_token_secret }))
      if (value !== undefined)
        return wrong(name, 'must not be set together with client_id; it belongs to consumer_key (OAuth 1.0a)')
    return { kind: 'oauth2', clientId: client_id, clientSecret: client_secret ?? null }
  }
  if (consumer_key === undefined)
    return wrong('consumer_key', 'is missing; set it to the "API key" of your app at X, or set client_id for OAuth 2.0')
  if (client_secret !== undefined)
    return wrong('client_secret', 'must not be set together with consumer_key; it belongs to client_id (OAuth 2.0)')
  if (consumer_secret === undefined)
    return wrong('consumer_secret', 'is missing; set it to the "API key secret" of the app')
  if (access_token !== undefined && access_token_secret === undefined)
    return wrong('access_token_secret', 'is missing; X shows it together with the access token')
  if (access_token === undefined && access_token_secret !== undefined)
    return wrong('access_token', 'is missing; X shows it together with its secret')
  const isPasted = access_token !== undefined && access_token_secret !== undefined
  const token = isPasted ? { token: access_token, secret: access_token_secret } : null
  return { kind: 'oauth1', key: consumer_key, secret: consumer_secret, token }
}

export function templateProblems({ include_link, templates }: Settings): SettingProblem[] {
  return examineTemplates(templates, include_link, (parts, told) => tooMuch(parts, told, include_link))
}

function tooMuch(parts: Template, what: (typeof TOLD)[number], includeLink: boolean): string | null {
  const rules = { measure: weightedLength, includeLink, templates: {} }
  const whole = compose(parts, { ...sample, what }, sampleStory, { ...rules, longest: 10 * LONGEST_POST })
  const weight = whole === null ? Number.POSITIVE_INFINITY : weightedLength(whole)
  if (weight <= LONGEST_POST) return null
  const count = whole === null ? 'far more' : weight
  return `must fit into ${LONGEST_POST} characters by X's count; with a short story it has ${count}`
}

const sample = {
  kind: 'announce',
  deed: 'cancelled',
  storyId: '109',
  author: 'James Kirk',
  text: 'Please add more power to the shields.',
} as const
const sampleStory = {
  id: '109',
  projectId: '26',
  name: 'More power to shields',
  type: 'feature',
  url: 'https://www.pivotaltracker.com/story/show/109',
}
