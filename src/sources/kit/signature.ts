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

/** Whether the text is, letter for letter, the HMAC of the bytes in lower-case hex, with one of the secrets. Takes the same time for each of them. */
export function isHmacHex(
  algorithm: 'sha256' | 'sha1',
  sent: string,
  body: Buffer,
  secrets: readonly string[],
): boolean {
  const given = Buffer.from(sent)
  return (
    secrets.filter((secret) => {
      const own = Buffer.from(createHmac(algorithm, secret).update(body).digest('hex'))
      return own.length === given.length && timingSafeEqual(own, given)
    }).length > 0
  )
}
