import { createHmac } from 'node:crypto'
import shortcut from '../../../src/sources/shortcut/index.ts'
import { configuredSource, recordedBodies, testRecorded } from '../recorded.ts'
import { directory, SECRET } from './requests.ts'

const FOLDER = 'test/sources/shortcut/recorded'

const requests = recordedBodies(FOLDER).map(({ name, body }) => ({
  name,
  body,
  headers: { 'payload-signature': createHmac('sha256', SECRET).update(body).digest('hex') },
}))

testRecorded(
  configuredSource(shortcut, { signing_secret: SECRET, states: { 'Ready for Review': 'delivered' } }),
  requests,
  { folder: FOLDER, now: new Date(), directory },
)
