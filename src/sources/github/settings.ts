import { type Static, Type } from 'typebox'
import { apiUrlSetting, tokenSetting } from '../kit/api-access.ts'
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
    token: tokenSetting(
      'A token of GitHub that can read Issues of the repositories. With it the relay asks for what the hook missed.',
    ),
    catch_up_repositories: Type.Optional(
      Type.Array(
        Type.String({
          pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,99}/[A-Za-z0-9_.-]{1,100}$',
          patternErrorMessage: 'owner/name',
        }),
        {
          description:
            'The repositories that the web hook in GitHub is for, each owner/name: of their issues it is asked, with the token, what the hook missed.',
          minItems: 1,
          maxItems: 50,
          uniqueItems: true,
          examples: [['starfleet/enterprise']],
        },
      ),
    ),
    api_url: apiUrlSetting('GitHub', 'https://api.github.com'),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
