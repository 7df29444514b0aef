import type { HookRequest, Refusal } from '../contract/source.ts'
import { hmac, isHmacHex } from '../kit/signature.ts'

/** The second name is from before 2021, when Shortcut was called Clubhouse. */
const SIGNATURES = ['payload-signature', 'clubhouse-signature'] as const

/** Shortcut sends no time. What it sent once and somebody sends again is the same event, by its id. */
export function verify({ headers, body }: HookRequest, secrets: readonly string[]): Refusal | null {
  const [sent] = SIGNATURES.flatMap((name) => headers[name] ?? [])
  if (sent === undefined)
    return {
      reason: 'signature',
      message:
        'the request has no Payload-Signature; it is not from Shortcut, or the web hook was made without a secret: make it anew with one, by its API',
    }
  if (isHmacHex('sha256', sent, body, secrets)) return null
  return {
    reason: 'signature',
    message:
      'Payload-Signature is not that of the body; set signing_secret to the secret that the web hook was made with',
  }
}

export function sign(body: Buffer, secret: string): HookRequest {
  return { headers: { [SIGNATURES[0]]: hmac({ bytes: body, secret }) }, body }
}
