import { type Static, Type } from 'typebox'
import { signingSettings } from '../kit/signature.ts'
import { type Meaning, statesSetting } from '../kit/states.ts'

/** Shortcut's types of workflow states. */
export const CATEGORIES: Readonly<Record<string, Meaning>> = {
  backlog: 'unscheduled',
  unstarted: 'unstarted',
  started: 'started',
  done: 'accepted',
}

export const Settings = Type.Object(
  {
    ...signingSettings('the secret that was given to Shortcut with the web hook'),
    states: statesSetting(CATEGORIES),
    token: Type.Optional(
      Type.String({
        description:
          "An API token of Shortcut. It tells the names of people, which events do not have, and what the hook missed, and lets `check` list your workflows' states.",
        writeOnly: true,
        minLength: 8,
      }),
    ),
    members: Type.Record(Type.String({ minLength: 1, maxLength: 64 }), Type.String({ minLength: 1, maxLength: 200 }), {
      description: 'The names of people by the ids that Shortcut sends, without a token or in place of what it tells.',
      default: {},
      maxProperties: 2000,
      examples: [{ '5b1fda16-626f-487f-9ecf-f3a4abf42b8b': 'Montgomery Scott' }],
    }),
    api_url: Type.String({
      description: "The URL of Shortcut's REST API.",
      pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s/?#@]+([/?#][^\\s]*)?$',
      patternErrorMessage: 'an http or https URL without a user name or password',
      default: 'https://api.app.shortcut.com/api/v3',
    }),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
