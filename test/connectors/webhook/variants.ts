import { startWebhookReceiver } from '../../targets/webhook-receiver.ts'
import type { Variant } from '../variant.ts'

const OLD = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const NEW = 'whsec_bmV3IHNlY3JldCBvZiB0aGUgd2ViIGhvb2s='

export const variants: readonly Variant[] = [
  {
    name: 'webhook',
    connector: 'webhook',
    async start(now) {
      const { standIn, url } = await startWebhookReceiver({ now, secret: OLD })
      return { standIn, settings: { url, secret: OLD } }
    },
  },
  {
    name: 'webhook-raw',
    connector: 'webhook',
    async start(now) {
      const contentType = ['application/xml', 'application/json']
      const { standIn, url } = await startWebhookReceiver({ now, secret: OLD, contentType })
      return {
        standIn,
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
      const { standIn, url } = await startWebhookReceiver({ now, secret: null })
      return { standIn, settings: { url, kinds: ['note_*', 'comment_create_activity', '*_delete'] } }
    },
  },
]
