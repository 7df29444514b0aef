import { type Static, Type } from 'typebox'
import { apiUrlSetting, tokenSetting } from '../kit/api-access.ts'
import { ownAccountsSetting } from '../kit/own-accounts.ts'
import { signingSettings } from '../kit/signature.ts'
import { type Meaning, statesSetting } from '../kit/states.ts'

/** GitLab's states of an issue, and the categories of statuses (docs.gitlab.com/user/work_items/status). */
export const CATEGORIES: Readonly<Record<string, Meaning>> = {
  opened: 'unstarted',
  closed: 'accepted',
  triage: 'unscheduled',
  to_do: 'unstarted',
  in_progress: 'started',
  done: 'accepted',
  canceled: 'cancelled',
  duplicate: 'duplicate',
}

export const Settings = Type.Object(
  {
    ...signingSettings('the signing token of the web hook, which begins with whsec_'),
    secret_token: Type.Optional(
      Type.String({
        description:
          'The secret token of the web hook, which GitLab sends with each request as it is: for a GitLab that has no signing token. If both are set, both must be right.',
        writeOnly: true,
        minLength: 8,
      }),
    ),
    max_age_seconds: Type.Integer({
      description: 'How far the time at which GitLab signed a request may be from the relay’s clock.',
      minimum: 5,
      maximum: 604_800,
      default: 300,
    }),
    states: statesSetting(CATEGORIES, 'statuses, and labels of open issues, mean, by name'),
    internal_notes: Type.Boolean({
      description: 'Carry on internal notes too, which only members of the project may see in GitLab.',
      default: false,
    }),
    own_accounts: ownAccountsSetting('project_42_bot_1f2e3d'),
    token: tokenSetting(
      'An access token of GitLab with the scope read_api. With it the relay asks for what the hook missed.',
    ),
    catch_up_projects: Type.Optional(
      Type.Array(
        Type.String({
          pattern: '^([1-9][0-9]{0,14}|[^\\s/?#]+(/[^\\s/?#]+)+)$',
          patternErrorMessage: 'the path of a project with its groups, or its number',
          maxLength: 500,
        }),
        {
          description:
            'The projects that the web hook in GitLab is for, each by its path or number: of their issues it is asked, with the token, what the hook missed.',
          minItems: 1,
          maxItems: 50,
          uniqueItems: true,
          examples: [['starfleet/enterprise']],
        },
      ),
    ),
    api_url: apiUrlSetting('GitLab', 'https://gitlab.com/api/v4'),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
