import { type Answer, type Recorded, type StandIn, startStandIn } from './stand-in.ts'
import { type Verifier, verifierOf } from './webhook-signature.ts'

/** A receiver of web hooks as Standard Webhooks describes it: it trusts only what is signed, and takes each once. */
export interface WebhookReceiver {
  readonly standIn: StandIn
  readonly url: string
  /** What was accepted, each delivery once, in the order of arrival. */
  readonly accepted: readonly { readonly id: string; readonly contentType: string; readonly body: string }[]
  /** How often a delivery arrived again and was acknowledged without being taken a second time. */
  readonly repeated: number
  close(): Promise<void>
}

export interface ReceiverOptions {
  /** As the receiver's own configuration has it: `whsec_` and base64; null for one that checks no signature. */
  readonly secret: string | null
  /** Where it listens, with the query that it insists on. */
  readonly path?: string
  readonly token?: string
  /** The only one that is taken, or all that are. */
  readonly contentType?: string | readonly string[]
  /** Another clock than the machine's to judge the time of a signature by. */
  readonly now?: () => Date
  /** How far the time of a signature may be off; as in Standard Webhooks' own library. */
  readonly toleranceMs?: number
  /** What judges the signatures instead. */
  readonly verifier?: Verifier
}

export async function startWebhookReceiver(options: ReceiverOptions): Promise<WebhookReceiver> {
  const { secret, path = '/hooks/tracker', token = 'letmein', contentType = 'application/json' } = options
  const verifier = options.verifier ?? (secret === null ? null : verifierOf(secret, options))
  const accepted: { id: string; contentType: string; body: string }[] = []
  const seen = new Set<string>()
  let repeated = 0

  function handle({ method, path: asked, query, headers, body }: Recorded): Answer {
    if (asked !== path || query.get('token') !== token) return said(404, 'not found')
    if (method !== 'POST') return { ...said(405, 'POST only'), headers: { allow: 'POST' } }
    const sentType = headers['content-type'] ?? ''
    if (![contentType].flat().includes(sentType)) return said(415, `${contentType} only`)
    if (headers['content-length'] !== String(body.length)) return said(411, 'length required')
    if (!/^\S+\/\S+/.test(headers['user-agent'] ?? '')) return said(403, 'who are you?')
    const id = headers['webhook-id'] ?? ''
    if (!/^[^.\s]+$/.test(id) || !/^\d+$/.test(headers['webhook-timestamp'] ?? '')) return said(400, 'no web hook')
    try {
      verifier?.verify(body, headers)
    } catch (error) {
      return said(401, String(error))
    }
    if (seen.has(id)) {
      repeated += 1
      return said(200, 'already here')
    }
    seen.add(id)
    accepted.push({ id, contentType: sentType, body: body.toString() })
    return said(202, 'thanks')
  }

  const standIn = await startStandIn(handle)
  return {
    standIn,
    url: `${standIn.url}${path}?token=${encodeURIComponent(token)}`,
    accepted,
    get repeated() {
      return repeated
    },
    close: () => standIn.close(),
  }
}

const said = (status: number, text: string): Answer => ({
  status,
  headers: { 'content-type': 'text/plain' },
  body: text,
})
