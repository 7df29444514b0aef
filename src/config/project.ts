import { Type } from 'typebox'
import { HTTP_ADDRESS, seconds } from './server.ts'

/** The name of an integration, as the map's key and wherever it is referred to. */
export const INTEGRATION_NAME = {
  pattern: '^[a-z0-9][a-z0-9_-]{0,62}$',
  patternErrorMessage: 'a name of lower-case letters, digits, "-" and "_", at most 63 of them',
}

/** The part of an address that only Tracker and the relay know. */
export const hookSecret = {
  writeOnly: true,
  minLength: 4,
  maxLength: 200,
  pattern: '^[A-Za-z0-9._~-]+$',
  patternErrorMessage: 'letters, digits, ".", "_", "~" and "-" only',
}

/** Several of them, while one takes the place of another. */
export const hookSecrets = Type.Array(Type.String(hookSecret), {
  description: 'In place of secret: several that are valid at the same time, for changing one without a gap.',
  minItems: 1,
  maxItems: 5,
  uniqueItems: true,
})

const trackerSchema = Type.Object(
  {
    api_url: Type.String({
      description: "Where Tracker's API is; {version} stands for the setting of that name.",
      ...HTTP_ADDRESS,
      default: 'https://www.pivotaltracker.com/services/{version}',
    }),
    token: Type.String({ description: 'The API token of a member of the project.', writeOnly: true, minLength: 1 }),
    auth: Type.Enum(['x-tracker-token', 'bearer'], {
      description: 'How the token is sent: as X-TrackerToken, or as a bearer token to servers that want that.',
      default: 'x-tracker-token',
    }),
    version: Type.Enum(['v5', 'v3'], { description: 'Which API the server speaks.', default: 'v5' }),
    cache_seconds: seconds(
      'How long an answer is remembered, for activities that came before it was asked for; 0 for not at all.',
      0,
      86_400,
      300,
    ),
    timeout_seconds: seconds('How long an answer may take.', 1, 300, 15),
  },
  {
    description:
      "Access to Tracker's API, for finding out which ticket a story is linked to when no activity has told it.",
    additionalProperties: false,
  },
)

/** One Tracker project: who may send its activities, and where they are carried on to. */
export const projectSchema = Type.Object(
  {
    // A number is taken as it is written, so that no digit of a long id is lost: the type of the result is text.
    id: Type.Unsafe<string>({
      type: ['string', 'integer'],
      description: "The project's id in Tracker, or a word of your own. It is part of the hook's address.",
      pattern: '^[A-Za-z0-9_-]{1,64}$',
      patternErrorMessage: 'letters, digits, "-" and "_", at most 64 of them',
      examples: ['1234567'],
    }),
    name: Type.Optional(
      Type.String({ description: 'What people call it.', minLength: 1, maxLength: 200, examples: ['Enterprise'] }),
    ),
    secret: Type.Optional(
      Type.String({
        description: "The last part of the hook's address, known to Tracker and the relay alone. Long and random.",
        ...hookSecret,
      }),
    ),
    secrets: Type.Optional(hookSecrets),
    integrations: Type.Array(Type.String(INTEGRATION_NAME), {
      description: 'The names of the integrations that the activities are carried on to.',
      uniqueItems: true,
      maxItems: 100,
      default: [],
    }),
    story_url: Type.String({
      description: 'The link to a story that people are shown; {id} is the story, {project} the project.',
      pattern: '^[Hh][Tt][Tt][Pp][Ss]?://([^\\s{}]|\\{project\\})*\\{id\\}([^\\s{}]|\\{id\\}|\\{project\\})*$',
      patternErrorMessage: 'an http or https address with {id} in it, and {project} where it is wanted',
      default: 'https://www.pivotaltracker.com/story/show/{id}',
    }),
    ignore_authors: Type.Array(Type.String({ minLength: 1 }), {
      description:
        'Activities of these Tracker users are stored but not carried on: the account that another program writes with.',
      maxItems: 100,
      default: [],
      examples: [['Sync Robot']],
    }),
    tracker: Type.Optional(trackerSchema),
  },
  { description: 'One Tracker project.', additionalProperties: false },
)
