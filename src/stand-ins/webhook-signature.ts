import { createHmac, timingSafeEqual } from 'node:crypto'

/** Judges by what a web hook was signed with, as Standard Webhooks describes it. */
export interface Verifier {
  /** @throws {Error} if the body was not signed with the secret, or not now */
  verify(body: Buffer, headers: Readonly<Record<string, string>>): void
}

const TOLERANCE_MS = 5 * 60_000

/** @param secret `whsec_` and base64, or any other text */
export function verifierOf(
  secret: string,
  { now = () => new Date(), toleranceMs = TOLERANCE_MS }: { now?: () => Date; toleranceMs?: number },
): Verifier {
  const key = secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret, 'utf8')
  return {
    verify(body, headers) {
      const { 'webhook-id': id = '', 'webhook-timestamp': at = '', 'webhook-signature': signatures = '' } = headers
      if (!(Math.abs(Number(at) * 1000 - now().getTime()) <= toleranceMs)) throw new Error('the time is off')
      const expected = createHmac('sha256', key).update(`${id}.${at}.`).update(body).digest()
      const isSigned = signatures.split(' ').some((signature) => {
        const [version, text = ''] = signature.split(',')
        const given = Buffer.from(text, 'base64')
        return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected)
      })
      if (!isSigned) throw new Error('no signature matches')
    },
  }
}
