import { type Static, Type } from 'typebox'
import { commentChoice } from '../kit/ticket-effects.ts'

export const Settings = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      description:
        'Your Zendesk, such as https://acme.zendesk.com; the bare subdomain "acme" is understood. Not a host-mapped address',
    }),
    oauth_client_id: Type.Optional(
      Type.String({
        description: "The identifier of an OAuth client in Zendesk's Admin Center. With its secret alone it is a login",
      }),
    ),
    oauth_client_secret: Type.Optional(
      Type.String({ writeOnly: true, description: 'The secret of that OAuth client (it must be a confidential one)' }),
    ),
    oauth_refresh_token: Type.Optional(
      Type.String({
        writeOnly: true,
        description:
          'A refresh token that was issued to the OAuth client for the user who comments. It is used once; what replaces it is kept encrypted in the database',
      }),
    ),
    oauth_token: Type.Optional(
      Type.String({ writeOnly: true, description: 'An OAuth access token that does not expire' }),
    ),
    user_email: Type.Optional(Type.String({ description: 'The email address of the user who comments' })),
    api_token: Type.Optional(
      Type.String({
        writeOnly: true,
        description: 'An API token, together with user_email. Zendesk switches API tokens off on 30 April 2027',
      }),
    ),
    user_password: Type.Optional(
      Type.String({
        writeOnly: true,
        description: "The user's password, together with user_email; only older accounts still take it",
      }),
    ),
    view_id: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1 }), Type.String()], {
        description:
          "The view whose tickets Tracker's import panel shows: the number in its address, /agent/filters/25. A pasted address is understood; blank for no import",
      }),
    ),
    update_comments: commentChoice("Post a story's comments to its ticket, always as private comments"),
    update_state: Type.Boolean({
      default: true,
      description: 'Tell the ticket every state change in a private comment, and open a new ticket when work starts',
    }),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
