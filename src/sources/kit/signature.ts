import { createHmac, timingSafeEqual } from 'node:crypto'
import { Type } from 'typebox'

/** The settings `signing_secret` and `signing_secrets`. @param where the tool shows or takes it */
export const signingSettings = (where: string) => ({
  signing_secret: Type.Optional(
    Type.String({ description: `What the tool signs its requests with: ${where}`, writeOnly: true, minLength: 8 }),
  ),
  signing_secrets: Type.Optional(
    Type.Array(Type.String({ writeOnly: true, minLength: 8 }), {
      description:
        'Instead of signing_secret: several that are valid at the same time, so that one can be changed without a gap.',
      minItems: 1,
      maxItems: 5,
      uniqueItems: true,
    }),
  ),
})

export interface Signing {
  readonly signing_secret?: string
  readonly signing_secrets?: readonly string[]
}

export function secretsOfSigning({ signing_secret, signing_secrets = [] }: Signing): readonly string[] {
  return signing_secret === undefined ? signing_secrets : [signing_secret]
}

/** A header as it came: Node makes a character of each byte, and a secret may have letters of several. */
export const headerBytes = (sent: string): Buffer => Buffer.from(sent, 'latin1')

export interface Signed {
  readonly algorithm: 'sha256' | 'sha1'
  readonly encoding: 'hex' | 'base64'
  readonly sent: string
  /** What was signed. */
  readonly bytes: Buffer | string
  readonly secrets: readonly (string | Buffer)[]
}

/**
 * Whether the text is, letter for letter, the HMAC of the bytes with one of the secrets; hex is in lower case. Takes the
 * same time for each of them.
 */
export function isHmac({ algorithm, encoding, sent, bytes, secrets }: Signed): boolean {
  const given = Buffer.from(sent)
  return (
    secrets.filter((secret) => {
      const own = Buffer.from(hmac({ algorithm, encoding, bytes, secret }))
      return own.length === given.length && timingSafeEqual(own, given)
    }).length > 0
  )
}

/** As a tool signs the bytes. */
export function hmac({
  algorithm = 'sha256',
  encoding = 'hex',
  bytes,
  secret,
}: Partial<Pick<Signed, 'algorithm' | 'encoding'>> & Pick<Signed, 'bytes'> & { secret: string | Buffer }): string {
  return createHmac(algorithm, secret).update(bytes).digest(encoding)
}

/** The same for SHA in lower-case hex, as most tools send it. */
export function isHmacHex(
  algorithm: 'sha256' | 'sha1',
  sent: string,
  body: Buffer,
  secrets: readonly string[],
): boolean {
  return isHmac({ algorithm, encoding: 'hex', sent, bytes: body, secrets })
}
