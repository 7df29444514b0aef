import type { HookRequest, Refusal } from '../contract/source.ts'
import { hmac, isHmacHex } from '../kit/signature.ts'

export const SIGNATURE = 'linear-signature'
/** Counts only where the signed body has no time, as in Linear's own library (packages/sdk/src/webhooks/client.ts). */
const TIME = 'linear-timestamp'

/** @param maxAgeMs how far Linear's time may be from ours, in either direction */
export function verify(
  { headers, body }: HookRequest,
  secrets: readonly string[],
  { now, maxAgeMs }: { readonly now: Date; readonly maxAgeMs: number },
): Refusal | null {
  const refused = (message: string): Refusal => ({ reason: 'signature', message })
  const sent = headers[SIGNATURE]
  if (sent === undefined)
    return refused('the request has no Linear-Signature, which Linear sends with each; it is not from Linear')
  if (!isHmacHex('sha256', sent, body, secrets))
    return refused(
      'Linear-Signature is not that of the body; set signing_secret to the signing secret that Linear shows for this web hook',
    )
  const time = timeIn(body) ?? headers[TIME] ?? null
  if (time === null) return null
  const ageMs = now.getTime() - Number(time)
  if (Math.abs(ageMs) <= maxAgeMs) return null
  return refused(
    Number.isFinite(ageMs)
      ? `Linear says that it sent the request ${Math.round(Math.abs(ageMs) / 1000)} seconds ${ageMs > 0 ? 'ago' : 'from now'}, and max_age_seconds allows ${maxAgeMs / 1000}; check the clock of this machine, or allow more`
      : 'Linear’s time of the request is not a number',
  )
}

/** Of a body that is not JSON, reading it will say so. */
function timeIn(body: Buffer): unknown {
  try {
    return (JSON.parse(body.toString()) as { webhookTimestamp?: unknown } | null)?.webhookTimestamp
  } catch {
    return null
  }
}

/** As Linear sends the body now: its time, which stands in the body, is signed too. */
export function sign(body: Buffer, secret: string, now: Date): HookRequest {
  const sent = timeIn(body) === undefined || timeIn(body) === null ? body : sentAt(body, now)
  const headers = { [SIGNATURE]: hmac({ bytes: sent, secret }), [TIME]: String(now.getTime()) }
  return { headers, body: sent }
}

function sentAt(body: Buffer, now: Date): Buffer {
  return Buffer.from(JSON.stringify({ ...(JSON.parse(body.toString()) as object), webhookTimestamp: now.getTime() }))
}
