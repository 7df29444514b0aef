import t from 'tap'
import { NO_DIRECTORY } from '../../../src/sources/contract/source.ts'
import gitlab from '../../../src/sources/gitlab/index.ts'
import { testFlippedBytes } from '../flipped-bytes.ts'
import { judgedBodies, testJudged } from '../judged.ts'
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
const sent = ({ name, body }: { name: string; body: Buffer }) => ({
  ...{ name, body },
  headers: gitlabRequest(body, { sentAt: NOW.getTime() }).headers as Readonly<Record<string, string>>,
})
const requests = recordedBodies(FOLDER).map(sent)
const shortest = requests.filter(({ name }) =>
  ['made_push', 'confidential_note_hook__issue_note', 'issue_hook__task_closed', 'made_issue_opened'].includes(name),
)

const judged = judgedBodies(FOLDER).map(sent)
const recorded = requests.filter(({ name }) => !name.startsWith('made_'))

testRecorded(signed, requests, { folder: FOLDER, now: NOW })
testJudged(signed, { recorded, judged }, { folder: FOLDER, now: NOW })

const missing = (name: string): never => {
  throw new Error(`${name} is missing`)
}

t.test('that a task was closed is one activity, though GitLab tells it twice', async (t) => {
  const keyOf = async (name: string) => {
    const { headers, body } = [...recorded, ...judged].find((each) => each.name === name) ?? missing(name)
    const read = await signed.read({ headers, body }, NO_DIRECTORY)
    return 'activities' in read ? read.activities.map(({ activity }) => activity.key) : read
  }
  for (const pair of [
    ['issue_hook__task_closed', 'issue_hook__task_updated'],
    ['confidential_issue_hook__task_reopened', 'confidential_issue_hook__task_updated'],
    ['confidential_issue_hook__incident_closed', 'confidential_issue_hook__incident_updated'],
  ] as const)
    t.strictSame(await keyOf(pair[0]), await keyOf(pair[1]), pair[0])
})
testFlippedBytes(signed, shortest, 'webhook-signature', NOW)
testFlippedBytes(
  // A token that is sent as it is says nothing of the body, so both are asked for.
  configuredSource(gitlab, { signing_secret: SIGNING_TOKEN, secret_token: SECRET_TOKEN }),
  shortest,
  'x-gitlab-token',
  NOW,
)
