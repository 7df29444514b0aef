import { Type } from 'typebox'
import { PEM_FILE } from './connection-settings.ts'
import { section, whole } from './setting.ts'

export const dataDirSchema = Type.Optional(
  Type.String({
    description:
      'The folder that database.file, imports.folder and the files of type: other are relative to, itself relative to the folder of this file. Without it the environment variable RELAY_DATA names the folder (an absolute path), else it is the folder of this file.',
    minLength: 1,
    examples: ['/var/lib/tracker-relay'],
  }),
)

/** A password that has a sign of URLs in it would be taken for something else. */
export const POSTGRES_URL = {
  pattern:
    '^postgres(ql)?://([^\\s/?#]*@)?(\\[[0-9A-Fa-f:.]+\\]|[^\\s/?#@:]*)(:[0-9]{1,5})?(/[^\\s?#@]*)?(\\?[^\\s#]*)?$',
  patternErrorMessage:
    'a URL such as postgres://user:password@host:5432/database, in whose password "/" is written %2F, "?" %3F and "#" %23',
}

export const databaseSchema = section('Where activities and deliveries are kept.', {
  client: Type.Enum(['sqlite', 'postgres'], {
    description: 'Everything in one file (sqlite), or on a server that several relays share (postgres).',
    default: 'sqlite',
  }),
  file: Type.String({
    description: "SQLite's file, relative to data_dir.",
    minLength: 1,
    default: 'data/relay.db',
  }),
  url: Type.Optional(
    Type.String({
      description: 'How PostgreSQL is reached; needed for client: postgres. The other settings are for PostgreSQL too.',
      writeOnly: true,
      ...POSTGRES_URL,
    }),
  ),
  password: Type.Optional(
    Type.String({
      description: 'The password, in place of one in url. Without any, PGPASSWORD and PGPASSFILE count.',
      writeOnly: true,
      minLength: 1,
      examples: ['file:/run/secrets/relay-database-password'],
    }),
  ),
  sslmode: Type.Optional(
    Type.Enum(['disable', 'require', 'verify-ca', 'verify-full'], {
      description:
        "Unencrypted (disable), encrypted to whoever answers (require), to a server that the authority of ca_file has certified (verify-ca), or to the one that has the certificate for the host in url (verify-full). As in PostgreSQL's own programs, and in place of sslmode in url. Without both: verify-full if there is a ca_file, else unencrypted.",
      examples: ['verify-full'],
    }),
  ),
  ca_file: Type.Optional(
    Type.String({
      description:
        'A PEM file with the certificate of the authority that has certified the server. Without it, verify-full trusts those that Node knows. require with it checks what verify-ca does.',
      contentMediaType: PEM_FILE,
      minLength: 1,
      examples: ['/etc/tracker-relay/postgres-ca.pem'],
    }),
  ),
  client_certificate: Type.Optional(
    Type.String({
      description: 'A PEM file with the certificate that the relay shows to a server that wants one.',
      contentMediaType: PEM_FILE,
      minLength: 1,
      examples: ['/etc/tracker-relay/postgres-client.pem'],
    }),
  ),
  client_key: Type.Optional(
    Type.String({
      description: 'The key of client_certificate, in PEM: mostly "file:" and a path.',
      writeOnly: true,
      minLength: 1,
      examples: ['file:/etc/tracker-relay/postgres-client.key'],
    }),
  ),
  pool: whole(
    'How many connections a relay opens at most. All relays together need fewer than the max_connections of the server.',
    2,
    200,
    8,
  ),
  connect_timeout_seconds: whole('How long a connection may take to be made.', 1, 300, 10),
  statement_timeout_seconds: whole(
    'After how long the server gives a statement up. A server that says nothing for five seconds longer is taken for gone.',
    1,
    3600,
    25,
  ),
  lock_timeout_seconds: whole('How long a statement waits for what another session has locked.', 1, 3600, 20),
})

export const importsSchema = section(
  'What is needed to show tickets to be imported; who may see which is set at each integration.',
  {
    folder: Type.String({
      description: 'Where the lists that were read last are kept, relative to data_dir. Nothing else belongs there.',
      minLength: 1,
      default: 'data/imports',
    }),
  },
)

export const credentialsSchema = section(
  'How tokens that a target hands out are encrypted in the database; needed for logins that change by themselves.',
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
)

export const logSchema = section('What is written to the log, on standard output, and how.', {
  level: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    description: 'The lowest level that is written.',
    default: 'info',
  }),
  format: Type.Enum(['auto', 'json', 'pretty'], {
    description:
      'One JSON object a line (json), a line for people (pretty), or pretty if standard output is a terminal and json otherwise (auto).',
    default: 'auto',
  }),
})

export const noticesSchema = section(
  'Who is told when something needs a person: one message when it begins, and one when it is over.',
  {
    to: Type.Array(Type.String(), {
      description:
        'The integrations that carry these messages: of the type campfire, slack, teams, discord, matrix, email, log or webhook. What is about one of them goes through the others.',
      maxItems: 20,
      uniqueItems: true,
      default: [],
      examples: [['room', 'hook']],
    }),
    held_minutes: whole(
      'How long a target must have been down, or a source of tickets unreadable, before that is told.',
      0,
      1440,
      15,
    ),
    disk_free_mib: whole(
      'Told when the disk of the database or of the imports has less room than this; 0: never.',
      0,
      1_000_000,
      500,
    ),
  },
)

export const retentionSchema = section(
  'When what is finished is deleted. A dead delivery is kept longer with its activity, so that it can be replayed.',
  {
    days: whole('How many days an activity is kept after all of its deliveries have finished.', 1, 3650, 90),
    dead_days: whole('How many days a dead delivery is kept with its activity. 0: for ever.', 0, 36_500, 365),
    gone_project_days: whole(
      'How many days the stories and links of a project are kept that is not in the config any more. 0: for ever.',
      0,
      36_500,
      365,
    ),
    rejected_days: whole('How many days a request that could not be understood is kept.', 1, 3650, 30),
    rejected_count: whole('How many of them are kept at most: the oldest are deleted first.', 0, 1_000_000, 1000),
  },
)
