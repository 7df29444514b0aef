import t from 'tap'
import { createClient } from '../../src/http/client.ts'
import { createTrackerApi, TrackerApiError, type TrackerSettings } from '../../src/tracker/api.ts'
import { startTracker, type TrackerStandIn } from '../targets/tracker.ts'

interface Test {
  teardown(work: () => Promise<void> | void): void
}

function open(t: Test, tracker: TrackerStandIn, settings: Partial<TrackerSettings> = {}, timeoutMs = 5000) {
  const client = createClient({
    userAgent: 'tracker-relay/test',
    timeoutMs,
    blockPrivateAddresses: false,
    allowAddresses: [],
    secrets: [tracker.token],
  })
  t.teardown(() => client.close())
  const version = settings.version ?? 'v5'
  let now = Date.parse('2009-12-14T22:12:09Z')
  let setBack = 0
  const pauses: number[] = []
  const api = createTrackerApi({
    settings: {
      api_url: `${tracker.url}/services/${version}`,
      token: tracker.token,
      auth: 'x-tracker-token',
      version,
      cache_seconds: 300,
      ...settings,
    },
    send: client.send,
    now: () => now - setBack,
    steady: () => now,
    random: () => 0.5,
    pause: async (ms) => void pauses.push(ms),
  })
  return {
    ...api,
    pauses: () => pauses,
    advance(seconds: number) {
      now += seconds * 1000
    },
    setClockBack(seconds: number) {
      setBack += seconds * 1000
    },
  }
}

const JIRA = { id: '33', kind: 'jira', baseUrl: 'https://jira.example.com/browse/' } as const

async function failure(work: Promise<unknown>): Promise<TrackerApiError> {
  try {
    await work
  } catch (error) {
    if (error instanceof TrackerApiError) return error
    throw error
  }
  throw new Error('nothing failed')
}

for (const auth of ['x-tracker-token', 'bearer'] as const)
  t.test(`v5 tells the link of a story to a client with the token, as ${auth}`, async (t) => {
    const tracker = await startTracker({ auth })
    t.teardown(tracker.close)
    tracker.story('26', '109', { integrationId: '33', externalId: 'TEST-1280' })
    tracker.story('26', '110')
    const api = open(t, tracker, { auth, api_url: `${tracker.url}/services/v5/` })
    t.strictSame(await api.story('26', '109', 0), {
      system: null,
      integrationId: '33',
      externalId: 'TEST-1280',
      externalUrl: null,
    })
    t.equal(await api.story('26', '110', 0), 'not linked')
    t.equal(await api.story('26', '111', 0), 'no story')
  })

t.test('v3 tells the system and the address of the ticket too', async (t) => {
  const tracker = await startTracker()
  t.teardown(tracker.close)
  tracker.integration('26', JIRA)
  tracker.story('26', '109', { integrationId: '33', externalId: 'TEST-1280' })
  tracker.story('26', '110')
  const api = open(t, tracker, { version: 'v3' })
  t.strictSame(await api.story('26', '109', 0), {
    system: 'jira',
    integrationId: '33',
    externalId: 'TEST-1280',
    externalUrl: 'https://jira.example.com/browse/TEST-1280',
  })
  t.equal(await api.story('26', '110', 0), 'not linked')
  t.equal(await api.story('26', '111', 0), 'no story')
  t.strictSame(await api.integrations('26', 0), [])
})

t.test('an answer in an envelope, and ids beyond 2^53, are understood', async (t) => {
  const tracker = await startTracker({ envelope: true })
  t.teardown(tracker.close)
  tracker.integration('26', { ...JIRA, id: '9007199254740993' })
  tracker.story('26', '9007199254740995', { integrationId: '9007199254740993', externalId: 'TEST-1' })
  const api = open(t, tracker)
  t.match(await api.story('26', '9007199254740995', 0), { integrationId: '9007199254740993', externalId: 'TEST-1' })
  t.strictSame(await api.integrations('26', 0), [
    { integrationId: '9007199254740993', system: 'jira', baseUrl: 'https://jira.example.com/browse/' },
  ])
})

t.test('an answer is remembered for as long as it is set, also that there is nothing', async (t) => {
  const tracker = await startTracker()
  t.teardown(tracker.close)
  tracker.story('26', '109')
  const api = open(t, tracker, { cache_seconds: 60 })
  t.equal(await api.story('26', '109', 0), 'not linked')
  t.equal(await api.story('26', '404', 0), 'no story')
  tracker.story('26', '109', { integrationId: '33', externalId: 'TEST-1' })
  api.advance(59)
  t.equal(await api.story('26', '109', 0), 'not linked')
  t.equal(await api.story('26', '404', 0), 'no story')
  t.equal(tracker.requests.length, 2)
  api.advance(2)
  t.match(await api.story('26', '109', 0), { externalId: 'TEST-1' })
  t.equal(tracker.requests.length, 3)
})

t.test('who asks for the same story at the same time is answered by one request', async (t) => {
  const tracker = await startTracker()
  t.teardown(tracker.close)
  tracker.story('26', '109')
  const api = open(t, tracker, { cache_seconds: 0 })
  await Promise.all(Array.from({ length: 10 }, () => api.story('26', '109', 0)))
  t.equal(tracker.requests.length, 1)
  await api.story('26', '109', 0)
  t.equal(tracker.requests.length, 2, 'and with cache_seconds 0 nothing is remembered')
})

t.test('a moment of trouble is asked over', async (t) => {
  const tracker = await startTracker()
  t.teardown(tracker.close)
  tracker.story('26', '109')
  tracker.fault('reset')
  tracker.fault({ status: 502, body: 'Bad Gateway' })
  const api = open(t, tracker)
  t.equal(await api.story('26', '109', 0), 'not linked')
  t.equal(tracker.requests.length, 3)
})

t.test('a clock that is set back delays no question and prolongs no answer', async (t) => {
  const tracker = await startTracker()
  t.teardown(tracker.close)
  tracker.story('26', '109')
  const api = open(t, tracker, { cache_seconds: 60 })
  await api.story('26', '109', 0)
  api.setClockBack(3600)
  await api.story('26', '109', 0)
  t.strictSame([tracker.requests.length, api.pauses()], [1, []])
  api.advance(60)
  await api.story('26', '109', 0)
  t.strictSame([tracker.requests.length, api.pauses()], [2, []])
})

t.test('an API that is down is left alone for a while, and asked again after it', async (t) => {
  const tracker = await startTracker()
  t.teardown(tracker.close)
  tracker.story('26', '109')
  tracker.down({ status: 500, body: 'We are sorry' })
  const api = open(t, tracker)
  const first = await failure(api.story('26', '109', 0))
  t.strictSame([first.reason, first.status, first.message], ['down', 500, "Tracker's API answered 500"])
  const asked = tracker.requests.length
  t.equal(asked, 3)
  const second = await failure(api.story('26', '110', 0))
  t.equal(second.reason, 'down')
  t.equal(second.retryAfterMs, 1000)
  t.equal(tracker.requests.length, asked, 'nobody was asked')
  tracker.down(null)
  api.advance(1)
  t.equal(await api.story('26', '109', 0), 'not linked')
})

t.test('a timeout is not asked over', async (t) => {
  const tracker = await startTracker()
  t.teardown(tracker.close)
  tracker.down('hang')
  const error = await failure(open(t, tracker, {}, 200).story('26', '109', 0))
  t.equal(error.reason, 'down')
  t.match(error.message, /did not answer within 0.2 s/)
  t.equal(tracker.requests.length, 1)
})

t.test('a limit is kept: nothing is asked until the time that the API named', async (t) => {
  const tracker = await startTracker({ limit: { requests: 1, retryAfter: '30' } })
  t.teardown(tracker.close)
  tracker.story('26', '109')
  const api = open(t, tracker)
  await api.story('26', '109', 0)
  const error = await failure(api.story('26', '110', 0))
  t.strictSame([error.reason, error.status, error.retryAfterMs], ['limited', 429, 30_000])
  api.advance(29)
  t.equal((await failure(api.story('26', '110', 0))).reason, 'limited')
  t.equal(tracker.requests.length, 2)
  api.advance(2)
  await failure(api.story('26', '110', 0))
  t.equal(tracker.requests.length, 3)
})

t.test('many questions at once go out a few at a time', async (t) => {
  const tracker = await startTracker()
  t.teardown(tracker.close)
  tracker.down('hang')
  const api = open(t, tracker, {}, 300)
  const asked = Array.from({ length: 12 }, (_, index) => failure(api.story('26', String(index), 0)))
  t.strictSame(new Set((await Promise.all(asked)).map(({ reason }) => reason)), new Set(['down']))
  t.equal(tracker.requests.length, 4, 'those behind the first four learned from them')
})

t.test('a wrong token is told apart from a story that is gone, and is in no message', async (t) => {
  const tracker = await startTracker()
  t.teardown(tracker.close)
  tracker.story('26', '109')
  for (const version of ['v3', 'v5'] as const) {
    const error = await failure(open(t, tracker, { version, token: 'of-somebody-else' }).story('26', '109', 0))
    t.equal(error.reason, 'denied')
    t.match(error.message, /it rejects tracker.token/)
    t.notMatch(error.message, 'of-somebody-else')
  }
})

t.test('an answer that is not from the API never counts as a story that is not linked', async (t) => {
  const tracker = await startTracker()
  t.teardown(tracker.close)
  tracker.story('26', '109', { integrationId: '33', externalId: 'TEST-1' })
  const page = { 'content-type': 'text/html' }
  const cases: [string, Parameters<typeof tracker.fault>[0], string][] = [
    ['a page for people', { status: 200, headers: page, body: '<html>Please sign in</html>' }, 'v5'],
    ['a page that is not there', { status: 404, headers: page, body: '<h1>Not Found</h1>' }, 'v5'],
    ['another story', { status: 200, body: '{"kind":"story","id":110}' }, 'v5'],
    ['a list', { status: 200, body: '[]' }, 'v5'],
    ['broken JSON', { status: 200, body: '{"kind":"story","id":109' }, 'v5'],
    ['nothing', { status: 200, body: '' }, 'v5'],
    ['a redirect', { status: 301, headers: { location: 'https://elsewhere.example.com/' } }, 'v5'],
    ['another document', { status: 200, body: '<stories></stories>' }, 'v3'],
    ['another story in XML', { status: 200, body: '<story><id>110</id></story>' }, 'v3'],
    [
      'a story with a list for a ticket',
      { status: 200, body: '<story><id>109</id><jira_id><a/></jira_id></story>' },
      'v3',
    ],
  ]
  for (const [what, fault, version] of cases) {
    tracker.fault(fault)
    const error = await failure(open(t, tracker, { version: version as 'v3' | 'v5' }).story('26', '109', 0))
    t.equal(error.reason, 'wrong answer', what)
  }
  const astray = open(t, tracker, { api_url: `${tracker.url}/services/v5/v5` })
  t.equal((await failure(astray.story('26', '109', 0))).reason, 'wrong answer', 'an address that the API does not have')
})

t.test('integrations that the token may not see are none, and the stories are still told', async (t) => {
  const tracker = await startTracker({ hidesIntegrations: true })
  t.teardown(tracker.close)
  tracker.story('26', '109')
  const api = open(t, tracker)
  t.strictSame(await api.integrations('26', 0), [])
  t.equal(await api.story('26', '109', 0), 'not linked')
})

t.test('it is told whether a token opens a project, in both versions', async (t) => {
  for (const version of ['v5', 'v3'] as const) {
    const tracker = await startTracker()
    t.teardown(() => tracker.close())
    tracker.story('26', '109')
    t.equal(await open(t, tracker, { version }).opens('26'), true)
    t.equal(await open(t, tracker, { version }).opens('27'), false)
    const refused = open(t, tracker, { version, token: 'wrong' }).opens('26')
    t.match(await refused.catch((error: unknown) => error), { reason: 'denied' })
  }
})
