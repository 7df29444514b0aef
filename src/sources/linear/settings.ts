import { type Static, Type } from 'typebox'
import { signingSettings } from '../kit/signature.ts'
import { type Meaning, statesSetting } from '../kit/states.ts'

/** Linear's types of workflow states (WorkflowState.type in its GraphQL schema). */
export const CATEGORIES: Readonly<Record<string, Meaning>> = {
  triage: 'unscheduled',
  backlog: 'unscheduled',
  unstarted: 'unstarted',
  started: 'started',
  completed: 'accepted',
  canceled: 'cancelled',
  duplicate: 'duplicate',
}

export const Settings = Type.Object(
  {
    ...signingSettings('the signing secret on the page of the web hook in Linear'),
    max_age_seconds: Type.Integer({
      description:
        'How far the time at which Linear says it sent a request may be from the relay’s clock. Linear’s own library takes 60 seconds; a wider one takes what a proxy has held back, or what Linear sends again with the time of the first attempt.',
      minimum: 5,
      maximum: 604_800,
      default: 60,
    }),
    states: statesSetting(CATEGORIES),
    token: Type.Optional(
      Type.String({
        description:
          "An API key of Linear that can read. It tells the state before a change, and lets `check` list your workflow's states.",
        writeOnly: true,
        minLength: 8,
      }),
    ),
    catch_up_teams: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 50 }), {
        description:
          'The keys of the teams that the web hook in Linear is for: of their issues it is asked, with the token, what the hook missed. Absent: nothing is asked.',
        minItems: 1,
        maxItems: 100,
        examples: [['WEB']],
      }),
    ),
    api_url: Type.String({
      description: "The URL of Linear's GraphQL API.",
      pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s/?#@]+([/?#][^\\s]*)?$',
      patternErrorMessage: 'an http or https URL without a user name or password',
      default: 'https://api.linear.app/graphql',
    }),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
