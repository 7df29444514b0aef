import { Type } from 'typebox'
import { catchUpSettings } from './catch-up-settings.ts'
import { connectionSchema } from './connection-settings.ts'
import { HTTP_URL, trackerId, URL_SECRET, urlSecrets, whole } from './setting.ts'

export const INTEGRATION_NAME = {
  pattern: '^[a-z0-9][a-z0-9_-]{0,62}$',
  patternErrorMessage: 'a name of lower-case letters, digits, "-" and "_", at most 63 of them',
}

export const trackerSchema = Type.Object(
  {
    api_url: Type.String({
      description: "The URL of Tracker's API; {version} stands for the setting of that name.",
      ...HTTP_URL,
      default: 'https://www.pivotaltracker.com/services/{version}',
    }),
    token: Type.String({ description: 'The API token of a member of the project.', writeOnly: true, minLength: 1 }),
    auth: Type.Enum(['x-tracker-token', 'bearer'], {
      description: 'How the token is sent: as X-TrackerToken, or as a bearer token to servers that want that.',
      default: 'x-tracker-token',
    }),
    version: Type.Enum(['v5', 'v3'], { description: 'Which API the server speaks.', default: 'v5' }),
    cache_seconds: whole(
      'How long an answer is remembered, for activities that came before it was asked for; 0 to ask each time.',
      0,
      86_400,
      300,
    ),
    timeout_seconds: whole('How long an answer may take.', 1, 300, 15),
    connection: Type.Optional(connectionSchema),
  },
  {
    description:
      "Access to Tracker's API, for finding out which ticket a story is linked to when no activity has told it.",
    additionalProperties: false,
  },
)

export const TRACKER_STORY = 'https://www.pivotaltracker.com/story/show/{id}'

export const projectSchema = Type.Object(
  {
    id: trackerId("The project's id in Tracker, or a word of your own. It is part of the hook's URL.", '1234567'),
    name: Type.Optional(
      Type.String({ description: 'What people call it.', minLength: 1, maxLength: 200, examples: ['Enterprise'] }),
    ),
    secret: Type.Optional(
      Type.String({
        description: "The last part of the hook's URL, known to Tracker and the relay alone. Long and random.",
        ...URL_SECRET,
      }),
    ),
    secrets: Type.Optional(urlSecrets),
    integrations: Type.Array(Type.String(INTEGRATION_NAME), {
      description: 'The names of the integrations that the activities are passed on to.',
      uniqueItems: true,
      maxItems: 100,
      default: [],
    }),
    source: Type.Optional(
      Type.Unknown({
        description:
          'Where the stories are: tracker (the default), or a map with the type of another tool and its settings.',
      }),
    ),
    story_url: Type.Optional(
      Type.String({
        description: `The link to a story that people are shown; {id} is the story, {project} the project. Default: of Tracker ${TRACKER_STORY}, of another tool the link that it sends.`,
        pattern: '^[Hh][Tt][Tt][Pp][Ss]?://([^\\s{}]|\\{project\\})*\\{id\\}([^\\s{}]|\\{id\\}|\\{project\\})*$',
        patternErrorMessage: 'an http or https URL with {id} in it, and {project} if needed',
        examples: [TRACKER_STORY],
      }),
    ),
    ignore_authors: Type.Array(Type.String({ minLength: 1 }), {
      description:
        'Activities of these users are stored but not passed on: the account that another program writes with.',
      maxItems: 100,
      default: [],
      examples: [['Sync Robot']],
    }),
    tracker: Type.Optional(trackerSchema),
    catch_up: catchUpSettings,
  },
  { description: 'One project of Tracker, or of another tool.', additionalProperties: false },
)
