import { createHmac } from 'node:crypto'
import shortcut from '../../../src/sources/shortcut/index.ts'
import { judgedBodies, testJudged } from '../judged.ts'
import { configuredSource, recordedBodies, testRecorded } from '../recorded.ts'
import { directory, SECRET } from './requests.ts'

const FOLDER = 'test/sources/shortcut/recorded'

const sent = ({ name, body }: { name: string; body: Buffer }) => ({
  name,
  body,
  headers: { 'payload-signature': createHmac('sha256', SECRET).update(body).digest('hex') },
})
const requests = recordedBodies(FOLDER).map(sent)
const source = configuredSource(shortcut, { signing_secret: SECRET, states: { 'Ready for Review': 'delivered' } })
const surroundings = { folder: FOLDER, now: new Date(), directory }

testRecorded(source, requests, surroundings)
testJudged(
  source,
  {
    recorded: requests.filter(({ name }) => !name.startsWith('made_')),
    judged: judgedBodies(FOLDER).map(sent),
  },
  surroundings,
)
