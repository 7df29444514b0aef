import { createHmac } from 'node:crypto'
import { jiraFor, slackFor } from './places.ts'
import type { Workspace } from './workspace.ts'

const story = (number: number): string => `4f1d0c2e-7a55-4b0e-9c3d-000000000${number}`

export const LINEAR: Workspace = {
  name: 'linear',
  title: 'Linear',
  targets: [
    slackFor('linear', 'Linear', {
      stumble({ standIn }) {
        const headers = { 'retry-after': '1', 'content-type': 'text/html' }
        standIn.fault({ status: 429, headers, body: 'rate_limited' }, { where: ({ method }) => method === 'POST' })
        return 'asks for a pause at the first message'
      },
      troubles: { held: 1 },
    }),
    jiraFor(
      'linear',
      'Linear',
      { 'ENT-17': 'Done', 'ENT-18': 'Done' },
      { exceptions: { '10_safety_in_review': 'too late' } },
    ),
  ],
  source: (signingSecret) => ({
    type: 'linear',
    signing_secret: signingSecret,
    states: { 'In Review': 'delivered' },
  }),
  links: {
    '02_safety_linked': { story: story(117), ticket: 'ENT-17', system: 'jira' },
    '05_moriarty_made': { story: story(118), ticket: 'ENT-18', system: 'jira' },
  },
  /** linear.app/developers/webhooks: the time of the sending is in the body, and signed with it. */
  request(event, signingSecret) {
    const body = Buffer.from(JSON.stringify({ ...event, webhookTimestamp: Date.now() }))
    return {
      body,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'linear-event': String((event as { type?: unknown }).type),
        'linear-signature': createHmac('sha256', signingSecret).update(body).digest('hex'),
        'user-agent': 'Linear-Webhook',
      },
    }
  },
}
