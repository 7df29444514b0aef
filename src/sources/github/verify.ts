import type { HookRequest, Refusal } from '../contract/source.ts'
import { hmac, isHmacHex } from '../kit/signature.ts'

export const SIGNATURE = 'x-hub-signature-256'
const PREFIX = 'sha256='

/** GitHub tells no time of the sending; what comes again is known by what it is. The older SHA-1 is not enough. */
export function verify({ headers, body }: HookRequest, secrets: readonly string[]): Refusal | null {
  const refused = (message: string): Refusal => ({ reason: 'signature', message })
  const sent = headers[SIGNATURE]
  if (sent === undefined)
    return refused(
      'the request has no X-Hub-Signature-256; set a secret at the web hook in GitHub, the same as signing_secret',
    )
  if (sent.startsWith(PREFIX) && isHmacHex('sha256', sent.slice(PREFIX.length), body, secrets)) return null
  return refused(
    'X-Hub-Signature-256 is not that of the body; set signing_secret to the secret of this web hook in GitHub',
  )
}

export function sign(body: Buffer, secret: string): HookRequest {
  return { headers: { [SIGNATURE]: `${PREFIX}${hmac({ bytes: body, secret })}` }, body }
}
