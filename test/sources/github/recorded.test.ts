import github from '../../../src/sources/github/index.ts'
import { testFlippedBytes } from '../flipped-bytes.ts'
import { testJudged } from '../judged.ts'
import { configuredSource, recordedBodies, testRecorded } from '../recorded.ts'
import { githubRequest, SECRET } from './requests.ts'

const FOLDER = 'test/sources/github/recorded'
const NOW = new Date('2026-11-24T12:00:00Z')

const source = configuredSource(github, {
  signing_secrets: ['the-next-secret', SECRET],
  states: { 'In Review': 'delivered', Doing: 'started' },
  own_accounts: ['tracker-relay[bot]'],
})
/** A file's name begins with the name of its event. */
const requests = recordedBodies(FOLDER).map(({ name, body }) => {
  const [event = ''] = name.replace(/^made_/, '').split('.')
  return { name, body, headers: githubRequest(event, body).headers }
})

testRecorded(source, requests, { folder: FOLDER, now: NOW })
const recorded = requests.filter(({ name }) => !name.startsWith('made_'))
testJudged(source, { recorded, judged: [] }, { folder: FOLDER, now: NOW })
// Of the same kind they differ in little.
testFlippedBytes(
  source,
  requests.filter(({ name }) => ['ping', 'issue_comment.edited', 'made_issues.closed'].includes(name)),
  'x-hub-signature-256',
  NOW,
)
