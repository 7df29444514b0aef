import { type Static, Type } from 'typebox'
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
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
