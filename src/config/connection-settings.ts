// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the syntax of the configuration
import { type Static, Type } from 'typebox'

/** The schema keyword (JSON Schema, "contentMediaType") of a text that the config names a file for. */
export const PEM_FILE = 'application/x-pem-file'

const HEADER_NAME = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"

/** What stands between the relay and a target: a proxy, a private authority, a gateway that asks who comes. */
export const connectionSchema = Type.Object(
  {
    proxy: Type.Optional(
      Type.String({
        description:
          'The URL of an HTTP proxy, with its user name and password if it wants them; "none": also none of the environment. Without it HTTPS_PROXY, HTTP_PROXY and NO_PROXY count.',
        writeOnly: true,
        pattern: '^(none|[Hh][Tt][Tt][Pp][Ss]?://[^\\s/?#]+/?)$',
        patternErrorMessage: 'the http or https URL of a proxy, or "none"',
        examples: ['http://relay:${PROXY_PASSWORD}@proxy.internal.example.com:3128'],
      }),
    ),
    ca_file: Type.Optional(
      Type.String({
        description: 'A PEM file with certificates of authorities that are trusted too, such as that of the company.',
        contentMediaType: PEM_FILE,
        minLength: 1,
        examples: ['/etc/ssl/certs/company-ca.pem'],
      }),
    ),
    client_certificate: Type.Optional(
      Type.String({
        description: 'A PEM file with the certificate that the relay shows to servers that want one, with its chain.',
        contentMediaType: PEM_FILE,
        minLength: 1,
        examples: ['/etc/tracker-relay/client.pem'],
      }),
    ),
    client_key: Type.Optional(
      Type.String({
        description: 'The key of client_certificate, in PEM: mostly "file:" and a path.',
        writeOnly: true,
        minLength: 1,
        examples: ['file:/etc/tracker-relay/client.key'],
      }),
    ),
    headers: Type.Optional(
      Type.Record(Type.String({ pattern: HEADER_NAME }), Type.String({ minLength: 1, maxLength: 8192 }), {
        description: 'Headers that are sent with every request, as a gateway in front of the target wants them.',
        writeOnly: true,
        examples: [{ 'CF-Access-Client-Id': '${ACCESS_ID}' }],
      }),
    ),
    basic_auth: Type.Optional(
      Type.Object(
        {
          username: Type.String({ description: 'The user name.', minLength: 1 }),
          password: Type.String({ description: 'The password.', writeOnly: true, minLength: 1 }),
        },
        {
          description:
            'The login of a gateway in front of the target. A connector that itself logs in by the Authorization header sends that instead.',
          additionalProperties: false,
        },
      ),
    ),
  },
  { description: 'How the target is reached, if not directly.', additionalProperties: false },
)

export type Connection = Static<typeof connectionSchema>
