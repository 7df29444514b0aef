import { type Static, Type } from 'typebox'
import { commentChoice } from '../kit/ticket-effects.ts'

const ticketState = (story: string, otherwise = 'left as it is') => {
  const description = `The state of the ticket of ${story} story. Default: ${otherwise}.`
  return Type.Optional(Type.String({ description, maxLength: 60 }))
}

export const Settings = Type.Object(
  {
    account: Type.String({
      description: 'The account: "acme" for https://acme.lighthouseapp.com; a pasted URL works too.',
      minLength: 1,
      examples: ['acme'],
    }),
    base_url: Type.Optional(
      Type.String({
        description: 'The URL of Lighthouse if it is not https://{account}.lighthouseapp.com.',
        minLength: 1,
      }),
    ),
    token: Type.String({
      description: 'An API token with full access, of the user to comment as; blank only to read a public account.',
      writeOnly: true,
      default: '',
    }),
    external_project_id: Type.Union([Type.Integer({ minimum: 1 }), Type.String({ minLength: 1 })], {
      description: 'The Lighthouse project: the number in its URL, /projects/54448. A pasted URL works too.',
      examples: [54448],
    }),
    bin_id: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1 }), Type.String({ minLength: 1 })], {
        description:
          "The bin whose tickets Tracker's import panel shows: the number in its URL, /bins/48889. A pasted URL works too.",
        examples: [48889],
      }),
    ),
    update_comments: commentChoice("Post a story's comments to its ticket"),
    update_state: Type.Boolean({ description: "Move the ticket along with the story's state.", default: true }),
    states: Type.Object(
      {
        unscheduled: ticketState('an unscheduled'),
        planned: ticketState('a planned'),
        unstarted: ticketState('an unstarted'),
        started: ticketState('a started', '"open", or the first open state after "new"'),
        finished: ticketState('a finished', 'the same as for a started one'),
        delivered: ticketState('a delivered'),
        accepted: ticketState('an accepted', '"resolved", or the first closed state'),
        rejected: ticketState('a rejected', 'the same as for a started one'),
      },
      {
        description: 'The state of the ticket for each state of its story; an empty text leaves the ticket as it is.',
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
      description: 'The minimum time between two requests to Lighthouse.',
      minimum: 0,
      maximum: 60,
      default: 1,
    }),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
