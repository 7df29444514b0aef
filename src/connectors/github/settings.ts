import { type Static, Type } from 'typebox'
import { commentChoice } from '../kit/ticket-effects.ts'

const STATES = [
  'unscheduled',
  'planned',
  'unstarted',
  'started',
  'finished',
  'delivered',
  'accepted',
  'rejected',
] as const

/** GitHub's longest name of a label has 50 characters. */
const label = (state: string) =>
  Type.Optional(
    Type.String({
      description: `The label of the issue of a story that is ${state}. Default: none.`,
      minLength: 1,
      maxLength: 50,
      pattern: '^[^,]*[^,\\s][^,]*$',
    }),
  )

const reason = (state: string) =>
  Type.Optional(
    Type.Union([Type.Literal('completed'), Type.Literal('not_planned')], {
      description: `How the issue of a story that is ${state} is closed. Default: it is not closed.`,
    }),
  )

function byState<T>(one: (state: string) => T): Record<(typeof STATES)[number], T> {
  return Object.fromEntries(STATES.map((state) => [state, one(state)])) as Record<(typeof STATES)[number], T>
}

export const Settings = Type.Object(
  {
    base_url: Type.String({
      description:
        'The address of GitHub: https://github.com, https://NAME.ghe.com, or that of a GitHub Enterprise Server.',
      minLength: 1,
      default: 'https://github.com',
    }),
    repository: Type.String({
      description: 'The repository: owner/name, or its pasted address.',
      minLength: 1,
      examples: ['starfleet/enterprise'],
    }),
    token: Type.Optional(
      Type.String({
        description:
          'A fine-grained personal access token with the permission Issues (read and write; for an import alone read-only), or a classic one with the scope repo. Either this or a GitHub App.',
        writeOnly: true,
      }),
    ),
    app_id: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1 }), Type.String()], {
        description: 'The App ID or the client ID of a GitHub App, which then comments and closes as itself.',
        examples: [123456],
      }),
    ),
    app_private_key: Type.Optional(
      Type.String({
        description:
          'The App\'s private key, in PEM: mostly "file:" and a path. In an environment variable, \\n may stand for its line ends.',
        writeOnly: true,
      }),
    ),
    app_installation_id: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1 }), Type.String()], {
        description: "The number of the App's installation. Default: the one that the repository belongs to.",
      }),
    ),
    update_comments: commentChoice("Post a story's comments to its issue"),
    update_state: Type.Boolean({
      description: 'Close and reopen the issue as close_as says, and set labels.',
      default: true,
    }),
    close_as: Type.Object(byState(reason), {
      description:
        'In which states of a story its issue is closed, and with which reason: completed or not_planned. In all others it is open. Needs update_state.',
      additionalProperties: false,
      default: { accepted: 'completed' },
      examples: [{ accepted: 'completed', unscheduled: 'not_planned' }],
    }),
    labels: Type.Object(byState(label), {
      description:
        "A label of the issue for each of a story's states; those of the other states are taken off. Needs update_state.",
      additionalProperties: false,
      default: {},
      examples: [{ started: 'in progress', delivered: 'in review' }],
    }),
    import_labels: Type.Array(Type.String({ minLength: 1, pattern: '^[^,"]*[^,"\\s][^,"]*$' }), {
      description:
        "Tracker's import panel shows the open issues that have all of these labels; without any, all open issues.",
      default: [],
      maxItems: 20,
      examples: [['customer']],
    }),
    import_query: Type.Optional(
      Type.String({
        description:
          'Tracker\'s import panel shows what this search finds in the repository, in the words of GitHub\'s search: milestone:"v2" no:assignee. Only open issues, unless it says is:closed or state:closed.',
        examples: ['milestone:"Mark II" no:assignee'],
      }),
    ),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
