import { Webhook } from 'standardwebhooks'
import {
  type ReceiverOptions,
  startWebhookReceiver as start,
  type WebhookReceiver,
} from '../../src/stand-ins/webhook-receiver.ts'
import type { Verifier } from '../../src/stand-ins/webhook-signature.ts'

export * from '../../src/stand-ins/webhook-receiver.ts'

const TOLERANCE_MS = 5 * 60_000

/** Judges signatures by Standard Webhooks' own library. */
export async function startWebhookReceiver(options: ReceiverOptions): Promise<WebhookReceiver> {
  const { secret } = options
  return await start(secret === null ? options : { ...options, verifier: verifierFor(secret, options) })
}

/** The library reads JSON unless it is told that a body is none, and knows no clock but the machine's. */
function verifierFor(secret: string, { now, toleranceMs }: Pick<ReceiverOptions, 'now' | 'toleranceMs'>): Verifier {
  const webhook = secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(secret, { format: 'raw' })
  if (now === undefined && toleranceMs === undefined)
    return { verify: (body, headers) => void webhook.verify(body, { ...headers }, { jsonParse: false }) }
  return {
    verify(body, headers) {
      const at = Number(headers['webhook-timestamp']) * 1000
      if (Math.abs(at - (now?.() ?? new Date()).getTime()) > (toleranceMs ?? TOLERANCE_MS))
        throw new Error('the time is off')
      const expected = webhook.sign(headers['webhook-id'] ?? '', new Date(at), body.toString())
      if (!headers['webhook-signature']?.split(' ').includes(expected)) throw new Error('no signature matches')
    },
  }
}
