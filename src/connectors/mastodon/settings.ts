import { type Static, Type } from 'typebox'
import type { SettingProblem } from '../contract/connector.ts'
import { publishSettings } from '../kit/announcements.ts'
import { examineTemplates, Templates } from '../kit/post-template.ts'

export const Settings = Type.Object(
  {
    base_url: Type.String({
      pattern: '^https?://[^\\s?#]+$',
      description: 'The address of the Mastodon server',
      examples: ['https://mastodon.social'],
    }),
    access_token: Type.String({
      minLength: 1,
      writeOnly: true,
      description:
        'The access token of an application of the account (Preferences, Development) with write:statuses, and best also read:accounts and read:statuses',
    }),
    visibility: Type.Union(
      [Type.Literal('public'), Type.Literal('unlisted'), Type.Literal('private'), Type.Literal('direct')],
      {
        default: 'unlisted',
        description:
          'Who sees the posts: public (also in the public timelines), unlisted (everyone, but in no public timeline), private (followers), direct (nobody but the account)',
      },
    ),
    ...publishSettings,
    include_link: Type.Boolean({ default: true, description: "Put the story's link into the post?" }),
    templates: Templates,
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>

/** The templates are measured when a post is written: only the server knows how long it may be. */
export function examine({ templates, include_link }: Settings): SettingProblem[] {
  return examineTemplates(templates, include_link, (parts) => {
    const literals = parts.flatMap(({ pieces }) => pieces.flatMap((each) => ('literal' in each ? [each.literal] : [])))
    const length = [...literals.join('')].length
    return length > LONGEST_LITERAL
      ? `its own words are ${length} characters long; at most ${LONGEST_LITERAL} leave room`
      : null
  })
}

/** Half of what every Mastodon takes, so that a story has the other half. */
const LONGEST_LITERAL = 250
