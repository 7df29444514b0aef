import { type Static, Type } from 'typebox'
import { EXPRESSION_FILE } from '../contract/expression-file.ts'
import { tokenSetting } from '../kit/api-access.ts'
import { signingSettings } from '../kit/signature.ts'
import { MEANINGS } from '../kit/states.ts'
import { TOOLS } from './tools.ts'

const HEADER = { pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", patternErrorMessage: 'the name of a header', maxLength: 100 }
const EXPRESSION = { minLength: 1, maxLength: 100_000 }

export const Signature = Type.Object(
  {
    header: Type.Optional(
      Type.String({ description: 'The header with the signature.', examples: ['X-Hub-Signature-256'], ...HEADER }),
    ),
    algorithm: Type.Optional(
      Type.Enum(['sha256', 'sha1'], { description: 'HMAC with this hash. Without it sha256, or what the tool does.' }),
    ),
    encoding: Type.Optional(
      Type.Enum(['hex', 'base64'], { description: 'How it is written. Without it hex, or what the tool does.' }),
    ),
    prefix: Type.Optional(
      Type.String({ description: 'What stands before it in the header.', maxLength: 50, examples: ['sha256='] }),
    ),
    timestamp_header: Type.Optional(
      Type.String({
        description: 'A header with the time of sending, in seconds or milliseconds since 1970, which is signed too.',
        examples: ['X-Timestamp'],
        ...HEADER,
      }),
    ),
    signed: Type.Optional(
      Type.String({
        description:
          'What is signed, with {body} and {timestamp}. Without it "{timestamp}.{body}" if there is a timestamp_header, else "{body}".',
        pattern: '^[^{}]*(\\{timestamp\\}[^{}]*)?\\{body\\}[^{}]*$',
        patternErrorMessage: 'a text with {body}, and before it {timestamp} if there is one',
        maxLength: 200,
        examples: ['v0:{timestamp}:{body}'],
      }),
    ),
    tolerance_seconds: Type.Integer({
      description: 'How far the time in timestamp_header may be from now.',
      minimum: 1,
      maximum: 86_400,
      default: 300,
    }),
  },
  {
    description: 'How the tool signs its requests: an HMAC of the body. Not needed for a tool that is set.',
    additionalProperties: false,
  },
)
export type Signature = Static<typeof Signature>

const CatchUp = Type.Object(
  {
    url: Type.String({
      description:
        'What lists the stories that were changed since a time, the oldest change first, with {since} (ISO 8601, UTC), {since_ms} (milliseconds since 1970) or {minutes_ago}.',
      pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s/?#@]+/[^\\s#]*\\{(since|since_ms|minutes_ago)\\}[^\\s#]*$',
      patternErrorMessage: 'an http or https URL with {since}, {since_ms} or {minutes_ago}, and without a user name',
      maxLength: 2000,
      examples: ['https://board.example.com/api/cards?changed_after={since}&sort=changed'],
    }),
    file: Type.Optional(
      Type.String({
        description:
          'The path of a file with a JSONata expression, which makes bodies as the web hook sends them of the answers. Not needed for a tool that has one.',
        contentMediaType: EXPRESSION_FILE,
        examples: ['sources/our-board.catch-up.jsonata'],
        ...EXPRESSION,
      }),
    ),
    expression: Type.Optional(Type.String({ description: 'Instead of file: the expression itself.', ...EXPRESSION })),
    token_header: Type.Optional(
      Type.String({
        description:
          'The header that the token stands in alone. Without it: Authorization, as Basic with a username, else as Bearer.',
        examples: ['X-API-Key'],
        ...HEADER,
      }),
    ),
    username: Type.Optional(
      Type.String({
        description: 'With the token as its password: an e-mail address in Jira Cloud, apikey in OpenProject.',
        minLength: 1,
        maxLength: 200,
      }),
    ),
    headers: Type.Record(Type.String({ minLength: 1, maxLength: 100 }), Type.String({ maxLength: 1000 }), {
      description: 'Other headers, without secrets.',
      default: {},
      maxProperties: 20,
      examples: [{ Accept: 'application/json' }],
    }),
  },
  {
    description: "How the tool's API is asked, with the token, for what the web hook missed.",
    additionalProperties: false,
  },
)

export const Settings = Type.Object(
  {
    tool: Type.Optional(
      Type.Enum(Object.keys(TOOLS), {
        description:
          'A tool for which an expression comes with the relay, in config/sources/, and how its requests are verified.',
      }),
    ),
    file: Type.Optional(
      Type.String({
        description: 'Instead of tool: the path of a file with a JSONata expression of your own.',
        contentMediaType: EXPRESSION_FILE,
        examples: ['sources/our-board.jsonata'],
        ...EXPRESSION,
      }),
    ),
    expression: Type.Optional(
      Type.String({
        description: 'Instead of tool or file: the JSONata expression itself, which makes activities of a body.',
        examples: ['{ "occurredAt": at, "author": by, "stories": { "id": id, "name": title, "state": status } }'],
        ...EXPRESSION,
      }),
    ),
    home: Type.Optional(
      Type.String({
        description:
          "The tool's address, known to the expression as $home, for tools that send no links to their stories.",
        pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s/?#@]+([/?#][^\\s]*)?$',
        patternErrorMessage: 'an http or https URL without a user name or password',
        examples: ['https://openproject.example.com'],
      }),
    ),
    states: Type.Record(Type.String({ minLength: 1, maxLength: 200 }), Type.Enum([...MEANINGS]), {
      description:
        'What states of your workflow mean, by name or id; case does not matter. cancelled, duplicate and announce are told to people and change no ticket. A state that is not named here is taken as the expression says, else it is announced.',
      default: {},
      maxProperties: 500,
      examples: [{ 'In Review': 'finished', 'Ready to accept': 'delivered' }],
    }),
    ...signingSettings('the key or the secret of its web hook'),
    signature: Type.Optional(Signature),
    secret_header: Type.Optional(
      Type.String({
        description: 'For a tool that sends a secret instead of a signature: the header that it is in.',
        examples: ['X-YouTrack-Token'],
        ...HEADER,
      }),
    ),
    header_secret: Type.Optional(
      Type.String({ description: 'The secret in secret_header.', writeOnly: true, minLength: 8 }),
    ),
    header_secrets: Type.Optional(
      Type.Array(Type.String({ writeOnly: true, minLength: 8 }), {
        description: 'Instead of header_secret: several that are valid at the same time.',
        minItems: 1,
        maxItems: 5,
        uniqueItems: true,
      }),
    ),
    token: tokenSetting('A token for the API of the tool that may read its stories, for catch_up.'),
    catch_up: Type.Optional(CatchUp),
    time_limit_ms: Type.Integer({
      description: 'How long the expression may take for one body. What takes longer is refused, and kept.',
      minimum: 10,
      maximum: 10_000,
      default: 1000,
    }),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>
