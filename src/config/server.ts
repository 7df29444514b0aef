import { Type } from 'typebox'
import { LISTENING } from './listening.ts'
import { HTTP_URL, section, whole } from './setting.ts'

export const serverSchema = section('How the relay is reached.', {
  host: Type.String({
    description: 'The address to listen on. 127.0.0.1 is reachable from this machine only; 0.0.0.0 from everywhere.',
    minLength: 1,
    pattern: '^[^\\s/]+$',
    patternErrorMessage: 'a host name or an IP address',
    default: LISTENING.host,
  }),
  port: whole('The port to listen on; 0 takes any free one.', 0, 65_535, LISTENING.port),
  socket: Type.Optional(
    Type.String({
      description:
        'A unix socket to listen on in place of host and port, for a proxy on this machine; its user and group may connect.',
      pattern: '^/.*[^/]$',
      patternErrorMessage: 'an absolute path, such as /run/tracker-relay/relay.sock',
      // What macOS allows; Linux allows 107.
      maxLength: 103,
      examples: ['/run/tracker-relay/relay.sock'],
    }),
  ),
  public_url: Type.Optional(
    Type.String({
      description: 'The URL by which Tracker reaches the relay; the hook URLs are shown with it.',
      ...HTTP_URL,
      examples: ['https://relay.example.com'],
    }),
  ),
  base_path: Type.Optional(
    Type.String({
      description:
        'The path under which a proxy serves the relay, if the proxy does not take it off; requests without it are served too.',
      pattern: '^(/[A-Za-z0-9._~-]+)+$',
      patternErrorMessage: 'a path such as /relay, without a slash at its end',
      examples: ['/relay'],
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
        "Whose X-Forwarded headers are believed: false for nobody's, true for everybody's (only if nobody can get past the proxy), or a list of the proxies' addresses and ranges.",
      default: false,
      examples: [['127.0.0.1', '10.0.0.0/8']],
    },
  ),
  body_limit_bytes: whole('The longest activity that is accepted, in bytes.', 1024, 104_857_600, 1_048_576),
  request_timeout_seconds: whole('How long a whole request may take to arrive.', 1, 300, 10),
  header_timeout_seconds: whole(
    "How long a request's headers may take to arrive; not longer than request_timeout_seconds.",
    1,
    300,
    5,
  ),
  keep_alive_timeout_seconds: whole(
    'How long an idle connection is kept open; longer than the proxy in front keeps its own.',
    1,
    600,
    72,
  ),
  rate_limit: section('Beyond these limits a request is answered with 429 and Retry-After, and nothing is stored.', {
    enabled: Type.Boolean({ description: 'Whether requests are counted and refused at all.', default: true }),
    per_project_per_minute: whole('How many activities one project may send in a minute.', 1, 1_000_000, 6000),
    per_address_per_minute: whole(
      'How many requests with a right secret one address may make in a minute.',
      1,
      1_000_000,
      6000,
    ),
    wrong_secrets_per_address_per_minute: whole(
      'How many wrong secrets, logins and tokens one address may send in a minute. They do not count as requests. Beyond, no login and no token of that address is looked at until the minute is over.',
      1,
      1_000_000,
      60,
    ),
  }),
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
        'What the administrator logs in with: a bearer token of the admin API with the role operate, and the password of the pages under /connect. admin.tokens takes several.',
      writeOnly: true,
      minLength: 16,
    }),
  ),
  stop_timeout_seconds: whole('How long the relay waits for running deliveries when it is stopped.', 0, 600, 20),
})
