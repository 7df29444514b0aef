import { type Static, Type } from 'typebox'
import { URL_SECRET, urlSecrets, whole } from './setting.ts'

const storyType = (description?: string) =>
  Type.Enum(['feature', 'bug', 'chore', 'release'], description === undefined ? {} : { description })

export const importSchema = Type.Object(
  {
    username: Type.Optional(
      Type.String({
        description: 'The Basic Auth Username of the integration in Tracker.',
        minLength: 1,
        maxLength: 200,
        pattern: '^[^:\\u0000-\\u001f\\u007f]+$',
        patternErrorMessage: 'text without colons and control characters',
        examples: ['tracker'],
      }),
    ),
    password: Type.Optional(
      Type.String({
        description: 'The Basic Auth Password of the integration in Tracker. Long and random.',
        writeOnly: true,
        minLength: 4,
        maxLength: 200,
      }),
    ),
    secret: Type.Optional(
      Type.String({
        description:
          'Instead of a login: the last part of the Import API URL, before .xml, known to Tracker and the relay alone.',
        ...URL_SECRET,
      }),
    ),
    secrets: Type.Optional(urlSecrets),
    public: Type.Boolean({
      description: 'Everybody who reaches the relay may read the tickets: no login, no secret.',
      default: false,
    }),
    cache_seconds: whole(
      'How long a list of tickets is shown before the source is read again; 0 reads it each time.',
      0,
      86_400,
      60,
    ),
    stale_seconds: whole(
      'How old a list may be to be shown when the source is down or slow; 0 shows none.',
      0,
      2_592_000,
      86_400,
    ),
    exclude_linked: Type.Boolean({
      description:
        'Leave out the tickets that are already linked to a story of a project that uses the integration, as far as the relay knows.',
      default: true,
    }),
    types: Type.Optional(
      Type.Record(Type.String({ minLength: 1 }), storyType(), {
        description: "What each of the system's own types becomes in Tracker; upper and lower case are the same.",
        maxProperties: 200,
        examples: [{ Improvement: 'feature' }],
      }),
    ),
    story_type: Type.Optional(storyType('What the types that are not listed under types become.')),
    estimate_bugs_and_chores: Type.Optional(
      Type.Boolean({
        description:
          'Whether bugs and chores take points too, as a setting of the project in Tracker may allow; without it they do if the source tells points itself (type: other).',
        examples: [true],
      }),
    ),
  },
  {
    description:
      "If the connector can read tickets: shows them in Tracker's import panel, at /imports/{integration}.xml.",
    additionalProperties: false,
  },
)
export type ImportConfig = Static<typeof importSchema>
