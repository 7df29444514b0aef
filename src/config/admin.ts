import { Type } from 'typebox'
import { section } from './setting.ts'

const listenSchema = Type.Object(
  {
    host: Type.String({
      description: 'The address to listen on.',
      minLength: 1,
      pattern: '^[^\\s/]+$',
      patternErrorMessage: 'a host name or an IP address',
      default: '127.0.0.1',
    }),
    port: Type.Integer({
      description: 'The port to listen on; 0 takes any free one.',
      minimum: 0,
      maximum: 65_535,
      default: 8081,
    }),
  },
  {
    description:
      'An address of its own for the admin API; the public address then answers 404 for it. Without it both share the address of server.',
    additionalProperties: false,
  },
)

const tokenSchema = Type.Object(
  {
    name: Type.String({
      description: 'Who uses it, for the log and for the list of what was done.',
      minLength: 1,
      maxLength: 64,
      pattern: '^[\\w.@ -]+$',
      patternErrorMessage: 'letters, digits, blanks and "._@-" only',
      examples: ['dashboard'],
    }),
    role: Type.Enum(['read', 'operate'], {
      description: 'read looks at everything; operate also pauses, replays, links and deletes.',
      default: 'read',
    }),
    token: Type.String({
      description: 'The bearer token. Long and random.',
      writeOnly: true,
      minLength: 16,
      maxLength: 500,
      pattern: '^[^\\s\\p{C}]+$',
      patternErrorMessage: 'text without blanks',
      examples: ['$'.concat('{RELAY_DASHBOARD_TOKEN}')],
    }),
  },
  { description: 'One token.', additionalProperties: false },
)

export const adminSchema = section('Who may use the admin API under /api/v1, and by which address.', {
  tokens: Type.Array(tokenSchema, {
    description:
      'The tokens of the admin API; server.admin_token is one more, with the role operate. If there is none at all, the relay makes one when it starts, and keeps it in the file admin-token beside the database.',
    maxItems: 100,
    default: [],
  }),
  listen: Type.Optional(listenSchema),
  hosts: Type.Array(
    Type.String({
      minLength: 1,
      maxLength: 255,
      pattern: '^[A-Za-z0-9._-]+$',
      patternErrorMessage: 'a host name without a port',
    }),
    {
      description:
        'More names by which browsers and programs reach the admin API. IP addresses, localhost, and the hosts of server.public_url and of the listening address need not be listed; any other Host header is refused, so that a web page whose name leads to this machine cannot reach it.',
      maxItems: 100,
      default: [],
      examples: [['relay.internal.example.com']],
    },
  ),
})
