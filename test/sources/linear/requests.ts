import { createHmac } from 'node:crypto'
import type { ForeignState } from '../../../src/sources/contract/source.ts'

export const SECRET = 'lin_wh_a_secret_for_this_test'

/** Those of the recorded workspace, as Linear's API tells them. */
export const STATES: ReadonlyMap<string, ForeignState> = new Map(
  [
    ['a19a64b3-1d56-4ecb-b40e-d14aee5e9368', 'Todo', 'unstarted'] as const,
    ['a2530cac-36a0-4b6d-9af0-6357784035d4', 'In Progress', 'started'] as const,
    ['5b9bbd0c-6b14-4a0c-8a7e-5a8d6c5d9a01', 'In Review', 'started'] as const,
    ['0c1a3f5e-9d46-4d2a-8f3b-0a2f4d6e8c02', 'Done', 'completed'] as const,
    ['9f8e7d6c-5b4a-4392-8170-6f5e4d3c2b03', 'Canceled', 'canceled'] as const,
  ].map(([id, name, category]) => [id, { id, name, category, of: 'Webhooks (WEB)' }]),
)

export const [TODO, IN_PROGRESS, IN_REVIEW, DONE, CANCELED] = [...STATES.values()] as [
  ForeignState,
  ForeignState,
  ForeignState,
  ForeignState,
  ForeignState,
]

/** A request as Linear sends it, now. */
export function linearRequest(event: object, { secret = SECRET, sentAt = Date.now() } = {}) {
  const body = JSON.stringify({ ...event, webhookTimestamp: sentAt })
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  return {
    body,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'linear-delivery': '234d1a4e-b617-4388-90fe-adc3633d6b72',
      'linear-event': 'Issue',
      'linear-signature': signature,
      'user-agent': 'Linear-Webhook',
    },
  }
}
