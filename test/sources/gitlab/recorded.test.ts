import gitlab from '../../../src/sources/gitlab/index.ts'
import { testFlippedBytes } from '../flipped-bytes.ts'
import { configuredSource, recordedBodies, testRecorded } from '../recorded.ts'
import { gitlabRequest, SECRET_TOKEN, SIGNING_TOKEN } from './requests.ts'

const FOLDER = 'test/sources/gitlab/recorded'
const NOW = new Date('2026-11-24T12:00:00Z')
const NEXT_TOKEN = `whsec_${Buffer.alloc(32, 'the next key').toString('base64')}`

const settings = {
  states: { 'workflow::review': 'delivered', Doing: 'started' },
  own_accounts: ['project_42_bot_1f2e3d'],
}
const signed = configuredSource(gitlab, { ...settings, signing_secrets: [NEXT_TOKEN, SIGNING_TOKEN] })
const requests = recordedBodies(FOLDER).map(({ name, body }) => ({
  ...{ name, body },
  headers: gitlabRequest(body, { sentAt: NOW.getTime() }).headers as Readonly<Record<string, string>>,
}))
const shortest = requests.filter(({ name }) =>
  ['made_push', 'confidential_note_hook__issue_note', 'issue_hook__task_closed', 'made_issue_opened'].includes(name),
)

testRecorded(signed, requests, { folder: FOLDER, now: NOW })
testFlippedBytes(signed, shortest, 'webhook-signature', NOW)
testFlippedBytes(
  // A token that is sent as it is says nothing of the body, so both are asked for.
  configuredSource(gitlab, { signing_secret: SIGNING_TOKEN, secret_token: SECRET_TOKEN }),
  shortest,
  'x-gitlab-token',
  NOW,
)
