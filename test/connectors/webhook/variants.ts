import { startWebhookReceiver, type WebhookReceiver } from '../../targets/webhook-receiver.ts'
import type { Place, Variant } from '../variant.ts'

/** Its receiver knows a repeat by the `webhook-id`. */
const receiver = ({ accepted }: WebhookReceiver): Place => ({
  written: () => accepted.length,
  isNotAsked: 'a repeat is recognised',
})

const OLD = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const NEW = 'whsec_bmV3IHNlY3JldCBvZiB0aGUgd2ViIGhvb2s='

export const variants: readonly Variant[] = [
  {
    name: 'webhook',
    connector: 'webhook',
    async start(now) {
      const receiving = await startWebhookReceiver({ now, secret: OLD })
      const { standIn, url } = receiving
      return { standIn, place: receiver(receiving), settings: { url, secret: OLD } }
    },
  },
  {
    name: 'webhook-raw',
    connector: 'webhook',
    async start(now) {
      const contentType = ['application/xml', 'application/json']
      const receiving = await startWebhookReceiver({ now, secret: OLD, contentType })
      const { standIn, url } = receiving
      return {
        standIn,
        place: receiver(receiving),
        settings: {
          url,
          secrets: [NEW, OLD],
          payload: 'raw',
          headers: { authorization: 'Bearer 2f1c', 'x-team': 'Crew' },
        },
      }
    },
  },
  {
    name: 'webhook-kinds',
    connector: 'webhook',
    async start(now) {
      const receiving = await startWebhookReceiver({ now, secret: null })
      const { standIn, url } = receiving
      return {
        standIn,
        place: receiver(receiving),
        settings: { url, kinds: ['note_*', 'comment_create_activity', '*_delete'] },
      }
    },
  },
]
