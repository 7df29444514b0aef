import { type Static, Type } from 'typebox'

const follow = (description: string) => Type.Optional(Type.String({ description, maxLength: 60 }))

export const Settings = Type.Object(
  {
    account: Type.String({
      description: 'The account: "acme" for https://acme.lighthouseapp.com; a pasted address is understood.',
      minLength: 1,
      examples: ['acme'],
    }),
    base_url: Type.Optional(
      Type.String({
        description: 'The address of Lighthouse where it is not https://{account}.lighthouseapp.com.',
        minLength: 1,
      }),
    ),
    token: Type.String({
      description: 'An API token of the user who comments, with full access; blank only for reading a public account.',
      writeOnly: true,
      default: '',
    }),
    external_project_id: Type.Union([Type.Integer({ minimum: 1 }), Type.String({ minLength: 1 })], {
      description:
        'The Lighthouse project: the number in its address, /projects/54448. A pasted address is understood.',
      examples: [54448],
    }),
    bin_id: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1 }), Type.String({ minLength: 1 })], {
        description:
          "The bin whose tickets Tracker's import panel shows: the number in its address, /bins/48889. A pasted address is understood.",
        examples: [48889],
      }),
    ),
    update_comments: Type.Boolean({ description: "Post a story's comments to its ticket.", default: true }),
    update_state: Type.Boolean({ description: "Move the ticket along with the story's state.", default: true }),
    states: Type.Object(
      {
        unscheduled: follow('The state of the ticket of an unscheduled story. Default: left as it is.'),
        planned: follow('The state of the ticket of a planned story. Default: left as it is.'),
        unstarted: follow('The state of the ticket of an unstarted story. Default: left as it is.'),
        started: follow(
          'The state of the ticket of a started story. Default: "open", or the first open state after "new".',
        ),
        finished: follow('The state of the ticket of a finished story. Default: the same as for a started one.'),
        delivered: follow('The state of the ticket of a delivered story. Default: left as it is.'),
        accepted: follow(
          'The state of the ticket of an accepted story. Default: "resolved", or the first closed state.',
        ),
        rejected: follow('The state of the ticket of a rejected story. Default: the same as for a started one.'),
      },
      {
        description:
          "The states of the Lighthouse project that a story's states lead to; an empty text leaves it as it is.",
        additionalProperties: false,
        default: {},
        examples: [{ finished: 'hold', accepted: 'resolved' }],
      },
    ),
    full_update: Type.Boolean({
      description:
        'Read the ticket first and send its title, state, responsible, milestone and tags back unchanged. Without it only what changes is sent.',
      default: true,
    }),
    request_interval_seconds: Type.Number({
      description: 'The least time between two requests to Lighthouse.',
      minimum: 0,
      maximum: 60,
      default: 1,
    }),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
