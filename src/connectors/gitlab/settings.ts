import { type Static, Type } from 'typebox'
import { commentChoice } from '../kit/ticket-effects.ts'

const label = (state: string) =>
  Type.Optional(
    Type.String({
      description: `The label of the issue of a story that is ${state}. Default: none.`,
      minLength: 1,
      maxLength: 255,
      pattern: '^[^,]*[^,\\s][^,]*$',
    }),
  )

export const Settings = Type.Object(
  {
    base_url: Type.String({
      description: 'The address of GitLab, with its path if it has one: https://example.com/gitlab.',
      minLength: 1,
      default: 'https://gitlab.com',
    }),
    project: Type.String({
      description: 'The GitLab project: its path (group/project), or its pasted address.',
      minLength: 1,
      examples: ['starfleet/enterprise'],
    }),
    token: Type.String({
      description:
        'A personal, group or project access token with the scope api, of a member with the role Planner, Reporter or above; for an import alone the scope read_api is enough.',
      writeOnly: true,
      minLength: 1,
    }),
    update_comments: commentChoice("Post a story's comments to its issue"),
    update_state: Type.Boolean({
      description: 'Close the issue of an accepted story, and reopen it when the story is in any other state.',
      default: true,
    }),
    internal_comments: Type.Boolean({
      description:
        'Post comments as internal notes, which only members with the role Planner, Reporter or above can see.',
      default: false,
    }),
    labels: Type.Object(
      {
        unscheduled: label('unscheduled'),
        planned: label('planned'),
        unstarted: label('unstarted'),
        started: label('started'),
        finished: label('finished'),
        delivered: label('delivered'),
        accepted: label('accepted'),
        rejected: label('rejected'),
      },
      {
        description:
          "A label of the issue for each of a story's states; those of the other states are taken off. Needs update_state.",
        additionalProperties: false,
        default: {},
        examples: [{ started: 'workflow::doing', delivered: 'workflow::review' }],
      },
    ),
    import_labels: Type.Array(Type.String({ minLength: 1, pattern: '^[^,]*[^,\\s][^,]*$' }), {
      description:
        "Tracker's import panel shows the open issues that have all of these labels; without any, all open issues.",
      default: [],
      maxItems: 20,
      examples: [['customer']],
    }),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
