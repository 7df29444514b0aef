import { Type } from 'typebox'
import { LISTENING } from './listening.ts'

/** Whole seconds, with the bounds and the default that the setting allows. */
export function seconds(description: string, minimum: number, maximum: number, standard: number) {
  return Type.Integer({ description, minimum, maximum, default: standard })
}

/**
 * An http or https address without user name and password. `patternErrorMessage` is the keyword by which editors of
 * the VS Code family word a pattern's violation; the messages of this program use the same text.
 */
export const HTTP_ADDRESS = {
  pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s/?#@]+([/?#][^\\s]*)?$',
  patternErrorMessage: 'an address that begins with http:// or https:// and holds no user name or password',
}

/** Who may reach the relay, how much may be sent to it, and how long it waits. */
export const serverSchema = Type.Object(
  {
    host: Type.String({
      description: 'The address to listen on. 127.0.0.1 is reached from this machine only; 0.0.0.0 from everywhere.',
      minLength: 1,
      pattern: '^[^\\s/]+$',
      patternErrorMessage: 'a host name or an IP address',
      default: LISTENING.host,
    }),
    port: Type.Integer({
      description: 'The port to listen on; 0 takes any free one.',
      minimum: 0,
      maximum: 65_535,
      default: LISTENING.port,
    }),
    public_url: Type.Optional(
      Type.String({
        description: 'The address by which Tracker reaches the relay; the hook addresses are shown with it.',
        ...HTTP_ADDRESS,
        examples: ['https://relay.example.com'],
      }),
    ),
    trust_proxy: Type.Union(
      [
        Type.Boolean(),
        Type.Array(
          Type.String({
            minLength: 1,
            pattern: '^(loopback|linklocal|uniquelocal|[0-9A-Fa-f.:]+(/[0-9]{1,3})?)$',
            patternErrorMessage: 'an IP address, a range such as 10.0.0.0/8, or loopback, linklocal or uniquelocal',
          }),
          { minItems: 1, maxItems: 100 },
        ),
      ],
      {
        description:
          "Whose X-Forwarded headers are believed: false for nobody's, true for everybody's (only where nobody can get past the proxy), or a list of the proxies' addresses and ranges.",
        default: false,
        examples: [['127.0.0.1', '10.0.0.0/8']],
      },
    ),
    body_limit_bytes: Type.Integer({
      description: 'The longest activity that is taken, in bytes.',
      minimum: 1024,
      maximum: 104_857_600,
      default: 1_048_576,
    }),
    request_timeout_seconds: seconds('How long a whole request may take to come in.', 1, 300, 10),
    header_timeout_seconds: seconds(
      "How long a request's headers may take to come in; not longer than request_timeout_seconds.",
      1,
      300,
      5,
    ),
    keep_alive_timeout_seconds: seconds(
      'How long an idle connection is kept open; longer than the proxy in front keeps its own.',
      1,
      600,
      72,
    ),
    rate_limit: Type.Object(
      {
        enabled: Type.Boolean({ description: 'Whether requests are counted and refused at all.', default: true }),
        per_project_per_minute: Type.Integer({
          description: 'How many activities one project may send in a minute.',
          minimum: 1,
          maximum: 1_000_000,
          default: 6000,
        }),
        per_address_per_minute: Type.Integer({
          description: 'How many requests one address may make in a minute.',
          minimum: 1,
          maximum: 1_000_000,
          default: 6000,
        }),
      },
      {
        description: 'Beyond these limits a request is answered with 429 and Retry-After, and nothing is stored.',
        additionalProperties: false,
        default: {},
      },
    ),
    metrics_token: Type.Optional(
      Type.String({
        description:
          'The bearer token that /metrics asks for; without it everybody who reaches the relay may read the metrics.',
        writeOnly: true,
        minLength: 16,
      }),
    ),
    admin_token: Type.Optional(
      Type.String({
        description:
          'What the administrator logs in with: the bearer token of the admin API, and the password of the pages under /connect. Without it both are off.',
        writeOnly: true,
        minLength: 16,
      }),
    ),
    stop_timeout_seconds: seconds(
      'How long deliveries under way may take to end when the relay is stopped.',
      0,
      600,
      20,
    ),
  },
  { description: 'How the relay is reached.', additionalProperties: false, default: {} },
)
