import { createHmac } from 'node:crypto'
import linear from '../../../src/sources/linear/index.ts'
import { judgedBodies, testJudged } from '../judged.ts'
import { configuredSource, recordedBodies, testRecorded } from '../recorded.ts'
import { SECRET, STATES } from './requests.ts'

const FOLDER = 'test/sources/linear/recorded'
const NOW = new Date('2026-11-24T12:00:00Z')

/** Each is sent now, as the header of what has no time of its own says: they were recorded long ago. */
const sent = ({ name, body }: { name: string; body: Buffer }) => {
  const headers = {
    'linear-signature': createHmac('sha256', SECRET).update(body).digest('hex'),
    'linear-timestamp': String(NOW.getTime()),
  }
  return { name, body, headers }
}
const requests = recordedBodies(FOLDER).map(sent)

const source = configuredSource(linear, {
  signing_secret: SECRET,
  max_age_seconds: 604_800,
  states: { 'In Review': 'delivered' },
})
const at = (body: Buffer): Date => new Date(Number(/"webhookTimestamp": (\d+)/.exec(body.toString())?.[1] ?? NOW))

const verified: typeof source = {
  ...source,
  verify: (request) => source.verify?.(request, at(request.body)) ?? null,
}
const surroundings = {
  folder: FOLDER,
  now: NOW,
  directory: { person: async () => null, state: async (id: string) => STATES.get(id) ?? null },
}

testRecorded(verified, requests, surroundings)
testJudged(
  verified,
  {
    recorded: requests.filter(({ name }) => !name.startsWith('made_')),
    judged: judgedBodies(FOLDER).map(sent),
  },
  surroundings,
)
