import { Type } from 'typebox'

/** Where activities and deliveries are kept. */
export const databaseSchema = Type.Object(
  {
    client: Type.Enum(['sqlite', 'postgres'], {
      description: 'Everything in one file (sqlite), or on a server that several relays share (postgres).',
      default: 'sqlite',
    }),
    file: Type.String({
      description: "SQLite's file, relative to the directory that the relay is started in.",
      minLength: 1,
      default: 'data/relay.db',
    }),
    url: Type.Optional(
      Type.String({
        description: 'How PostgreSQL is reached; needed for client: postgres.',
        writeOnly: true,
        pattern: '^postgres(ql)?://[^\\s]+$',
        patternErrorMessage: 'an address such as postgres://user:password@host:5432/database',
      }),
    ),
  },
  { description: 'Where activities and deliveries are kept.', additionalProperties: false, default: {} },
)

/** Where the lists of tickets that can be imported are kept. */
export const importsSchema = Type.Object(
  {
    folder: Type.String({
      description:
        'Where the lists that were read last are kept, relative to the directory that the relay is started in. Nothing else belongs there.',
      minLength: 1,
      default: 'data/imports',
    }),
  },
  {
    description: 'What is needed to show tickets to be imported; who may see which is set at each integration.',
    additionalProperties: false,
    default: {},
  },
)

/** The keys that credentials given to the relay by a target are encrypted with. */
export const credentialsSchema = Type.Object(
  {
    keys: Type.Array(Type.String({ writeOnly: true, minLength: 32, maxLength: 500 }), {
      description:
        'Long random texts, at least 32 characters each. The first encrypts, all of them decrypt, so that one can replace another.',
      maxItems: 5,
      uniqueItems: true,
      default: [],
      examples: [['$'.concat('{RELAY_CREDENTIALS_KEY}')]],
    }),
  },
  {
    description:
      'How tokens that a target hands out are encrypted in the database; needed for logins that change by themselves.',
    additionalProperties: false,
    default: {},
  },
)

/** What is written to the log. */
export const logSchema = Type.Object(
  {
    level: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      description: 'The least weight that a line must have to be written.',
      default: 'info',
    }),
    format: Type.Enum(['auto', 'json', 'pretty'], {
      description:
        'One JSON object a line (json), a line for people (pretty), or pretty where standard output is a terminal and json elsewhere (auto).',
      default: 'auto',
    }),
  },
  {
    description: 'What is written to the log, on standard output, and how.',
    additionalProperties: false,
    default: {},
  },
)

/** When what is over is thrown away. */
export const retentionSchema = Type.Object(
  {
    days: Type.Integer({
      description: 'Activities whose deliveries are all over are kept for so many days.',
      minimum: 1,
      maximum: 3650,
      default: 90,
    }),
    rejected_days: Type.Integer({
      description: 'Requests that could not be understood are kept for so many days.',
      minimum: 1,
      maximum: 3650,
      default: 30,
    }),
    rejected_count: Type.Integer({
      description: 'And no more of them than so many: the oldest go first.',
      minimum: 0,
      maximum: 1_000_000,
      default: 1000,
    }),
  },
  {
    description:
      'When what is over is thrown away. A dead delivery is kept with its activity however old, so that it can be replayed.',
    additionalProperties: false,
    default: {},
  },
)
