import { createHmac } from 'node:crypto'
import { gitHubFor, jiraFor, slackFor } from './places.ts'
import type { Workspace } from './workspace.ts'

/** Shortcut tells people by their ids alone. */
const MEMBERS = {
  '5d59f0a1-3c7e-4f7b-8a11-000000000001': 'Kira Nerys',
  '5d59f0a1-3c7e-4f7b-8a11-000000000002': "Miles O'Brien",
  '5d59f0a1-3c7e-4f7b-8a11-000000000003': 'Jadzia Dax',
  '5d59f0a1-3c7e-4f7b-8a11-000000000004': 'Quark',
  '5d59f0a1-3c7e-4f7b-8a11-000000000005': 'Odo',
}

export const SHORTCUT: Workspace = {
  name: 'shortcut',
  title: 'Shortcut',
  targets: [
    slackFor('shortcut', 'Shortcut'),
    jiraFor(
      'shortcut',
      'Shortcut',
      { 'OPS-7': 'Done', 'OPS-8': 'Done' },
      {
        exceptions: { '20_pylon_in_review_again': 'too late' },
        stumble({ standIn }) {
          standIn.fault('lose the answer', {
            where: ({ method, path }) => method === 'POST' && path.endsWith('/comment'),
          })
          return 'writes the first comment down, but its answer is lost on the way'
        },
        troubles: { found: 1 },
      },
    ),
    gitHubFor('shortcut', 'Shortcut', 5, 'closed as completed', {
      exceptions: { '20_pylon_in_review_again': 'too late' },
    }),
  ],
  source: (signingSecret) => ({
    type: 'shortcut',
    signing_secret: signingSecret,
    states: { 'Ready for Review': 'delivered', "Won't Do": 'cancelled' },
    members: MEMBERS,
  }),
  links: {
    '01_pylon_made': { story: '407', ticket: 'OPS-7', system: 'jira' },
    '04_raktajino_made': { story: '408', ticket: 'OPS-8', system: 'jira' },
    '13_dabo_made': { story: '409', ticket: '5', system: 'github' },
  },
  /** developer.shortcut.com/api/webhook/v1, "Signature" */
  request(event, signingSecret) {
    const body = Buffer.from(JSON.stringify(event))
    const signature = createHmac('sha256', signingSecret).update(body).digest('hex')
    return { body, headers: { 'content-type': 'application/json; charset=utf-8', 'payload-signature': signature } }
  },
}
