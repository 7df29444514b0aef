import { type Static, Type } from 'typebox'
import { commentChoice } from '../kit/ticket-effects.ts'
import { Goals } from './goals.ts'

export const Settings = Type.Object(
  {
    base_url: Type.String({
      description: 'the address people see JIRA at, with its path if it has one: https://jira.example.com/jira',
    }),
    api_base_url: Type.Optional(
      Type.String({
        description:
          'where the REST API is, when that is another address: scoped tokens, service accounts and OAuth on JIRA ' +
          'Cloud need https://api.atlassian.com/ex/jira/<cloud id>',
      }),
    ),
    api_username: Type.Optional(
      Type.String({ minLength: 1, description: "the account's user name, or its email address on JIRA Cloud" }),
    ),
    api_password: Type.Optional(
      Type.String({
        minLength: 1,
        writeOnly: true,
        description: "the account's password, or its API token on JIRA Cloud; goes with api_username",
      }),
    ),
    personal_access_token: Type.Optional(
      Type.String({ minLength: 1, writeOnly: true, description: 'a personal access token of JIRA Data Center' }),
    ),
    oauth_token: Type.Optional(
      Type.String({ minLength: 1, writeOnly: true, description: 'an OAuth 2.0 access token, as it is' }),
    ),
    oauth_client_id: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'JIRA Cloud: the client id of an OAuth 2.0 credential of a service account, or of a 3LO app with its ' +
          'oauth_refresh_token; goes with oauth_client_secret and api_base_url',
      }),
    ),
    oauth_client_secret: Type.Optional(
      Type.String({ minLength: 1, writeOnly: true, description: 'the secret of that client' }),
    ),
    oauth_refresh_token: Type.Optional(
      Type.String({
        minLength: 1,
        writeOnly: true,
        description:
          'a refresh token that was issued to a 3LO app for the account; it is used once, and what replaces it is kept ' +
          'encrypted in the database (credentials.keys)',
      }),
    ),
    oauth_token_url: Type.Optional(
      Type.String({
        description:
          "where tokens are issued to oauth_client_id, when Atlassian's https://auth.atlassian.com/oauth/token is reached " +
          'at another address',
        examples: ['https://auth.atlassian.com/oauth/token'],
      }),
    ),
    filter_id: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1 }), Type.String({ minLength: 1 })], {
        description:
          "the saved filter whose tickets Tracker's import panel shows: the number in its address, ?filter=10000; a " +
          'pasted address is understood',
        examples: [10000],
      }),
    ),
    estimate_field: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z][A-Za-z0-9_]*$',
        patternErrorMessage: 'the id of a field, as customfield_10016',
        description:
          "the id of the field with a ticket's points, as customfield_10016; without it there is no estimate",
        examples: ['customfield_10016'],
      }),
    ),
    update_comments: commentChoice("Post a story's comments to its ticket"),
    update_state: Type.Boolean({ default: true, description: "move the ticket when its story's state changes" }),
    states: Goals,
    resolution: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'name or id of the resolution for tickets that are resolved; default: Fixed or Done, in another language the ids 1 ' +
          'and 10000, or the only one; of others none is chosen, and the ticket is not resolved until this is set',
      }),
    ),
    transition_fields: Type.Optional(
      Type.Record(Type.String({ minLength: 1 }), Type.Unknown(), {
        description:
          "values for the fields that actions' screens have, by the field's id or name: an allowed value by its id or " +
          'name, anything else as the REST API takes it',
        examples: [{ customfield_10010: 'Customer request', fixVersions: [{ name: '2.1' }] }],
      }),
    ),
    comment_limit: Type.Integer({
      default: 32767,
      minimum: 500,
      maximum: 1_000_000,
      description: 'the longest comment JIRA takes, in characters; longer ones are cut',
    }),
    internal_comments: Type.Boolean({
      default: true,
      description:
        "in a project of JIRA Service Management, comments are the team's own: customers do not see them in the portal",
    }),
    visible_marker: Type.Boolean({
      default: true,
      description:
        'end each comment with a mark such as [relay 0123456789ab], by which the relay knows its own; false where JIRA ' +
        'keeps comment properties, which carry it unseen',
    }),
    comment_visibility: Type.Optional(
      Type.Object(
        {
          type: Type.Union([Type.Literal('role'), Type.Literal('group')], { description: 'what value names' }),
          value: Type.String({ minLength: 1, description: 'the name of the project role or group' }),
        },
        { additionalProperties: false, description: 'show the comments only to a project role or a group' },
      ),
    ),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
