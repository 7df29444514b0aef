import { type Static, Type } from 'typebox'
import { ownAccountsSetting } from '../kit/own-accounts.ts'
import { signingSettings } from '../kit/signature.ts'
import { type Meaning, statesSetting } from '../kit/states.ts'

/** GitHub's state and, of closed issues, its reason (issues.state_reason in the schemas of octokit/webhooks). */
export const CATEGORIES: Readonly<Record<string, Meaning>> = {
  open: 'unstarted',
  completed: 'accepted',
  not_planned: 'cancelled',
  duplicate: 'duplicate',
}

export const Settings = Type.Object(
  {
    ...signingSettings('the secret of the web hook in GitHub'),
    states: statesSetting(CATEGORIES, 'labels of open issues mean, by name, and reasons for which issues are closed'),
    own_accounts: ownAccountsSetting('tracker-relay[bot]'),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
