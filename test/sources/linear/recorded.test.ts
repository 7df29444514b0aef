import { createHmac } from 'node:crypto'
import linear from '../../../src/sources/linear/index.ts'
import { configuredSource, recordedBodies, testRecorded } from '../recorded.ts'
import { SECRET, STATES } from './requests.ts'

const FOLDER = 'test/sources/linear/recorded'
const NOW = new Date('2026-11-24T12:00:00Z')

/** Each is sent now, as the header of what has no time of its own says: they were recorded long ago. */
const requests = recordedBodies(FOLDER).map(({ name, body }) => {
  const headers = {
    'linear-signature': createHmac('sha256', SECRET).update(body).digest('hex'),
    'linear-timestamp': String(NOW.getTime()),
  }
  return { name, body, headers }
})

const source = configuredSource(linear, {
  signing_secret: SECRET,
  max_age_seconds: 604_800,
  states: { 'In Review': 'delivered' },
})
const at = (body: Buffer): Date => new Date(Number(/"webhookTimestamp": (\d+)/.exec(body.toString())?.[1] ?? NOW))

testRecorded({ ...source, verify: (request) => source.verify?.(request, at(request.body)) ?? null }, requests, {
  folder: FOLDER,
  now: NOW,
  directory: { person: async () => null, state: async (id) => STATES.get(id) ?? null },
})
