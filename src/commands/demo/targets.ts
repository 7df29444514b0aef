import { randomBytes } from 'node:crypto'
import { jamesToken, startCampfire } from '../../stand-ins/campfire.ts'
import { benderKey, startOnceCampfire } from '../../stand-ins/once-campfire.ts'
import { startWebhookReceiver } from '../../stand-ins/webhook-receiver.ts'
import { parseActivity } from '../../tracker/parse.ts'
import { POST_TARGETS } from './post-targets.ts'
import { ROOM_TARGETS, said } from './room-targets.ts'
import type { Target } from './target.ts'
import { TICKET_TARGETS } from './ticket-targets.ts'

/** Everything that the demo delivers to; another connector is another entry. */
export const TARGETS: readonly Target[] = [
  {
    name: 'campfire',
    title: 'Campfire (classic)',
    async start() {
      const standIn = await startCampfire()
      return {
        standIn,
        settings: {
          ...{ type: 'campfire', base_url: standIn.url, api_token: jamesToken, room_id: 42 },
          // Its five troubles may all strike one message, since nothing else is sent while that is in doubt.
          breaker: { failures: 6, probe_seconds: [1], credentials_probe_seconds: 1 },
        },
        received: () => standIn.messages(42).map(({ body }) => said('Bridge', body ?? '')),
      }
    },
    troubles: { found: 1 },
    stumble({ standIn }) {
      standIn.fault({ status: 503, headers: { 'content-type': 'text/html' }, body: 'Over capacity' }, { times: 2 })
      standIn.fault('reset', { times: 2 })
      standIn.fault('lose the answer', { times: 1, where: ({ path }) => path.endsWith('/speak.json') })
      return 'answers 503 twice, cuts the connection twice, takes a message and loses the answer, then works'
    },
  },
  {
    name: 'once-campfire',
    title: 'ONCE Campfire',
    async start() {
      const standIn = await startOnceCampfire()
      return {
        standIn,
        settings: { type: 'campfire', url: `${standIn.url}/rooms/1`, bot_key: benderKey },
        received: () => standIn.messages(1).map(({ plainText }) => said('Bridge', plainText)),
      }
    },
  },
  {
    name: 'webhook',
    title: 'Web hook, payload: activity',
    async start() {
      const secret = `whsec_${randomBytes(32).toString('base64')}`
      const { standIn, url, accepted } = await startWebhookReceiver({ secret })
      return {
        standIn,
        settings: { type: 'webhook', url, secret },
        received: () =>
          accepted.map(({ id, body }) => {
            const { type, data } = JSON.parse(body) as { type: string; data: { description: string } }
            return { key: id, place: type, subject: '', text: data.description }
          }),
      }
    },
  },
  {
    name: 'webhook-raw',
    title: 'Web hook, payload: raw',
    async start() {
      const secret = randomBytes(24).toString('hex')
      const contentType = ['application/xml', 'application/json']
      const { standIn, url, accepted } = await startWebhookReceiver({ secret, contentType })
      return {
        standIn,
        settings: { type: 'webhook', url, secret, payload: 'raw' },
        received: () =>
          accepted.map(({ id, contentType: place, body }) => {
            const { description } = parseActivity(Buffer.from(body))
            return { key: id, place, subject: '', text: description }
          }),
      }
    },
  },
  ...ROOM_TARGETS,
  ...POST_TARGETS,
  ...TICKET_TARGETS,
]
