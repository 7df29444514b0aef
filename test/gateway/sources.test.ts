import t from 'tap'
import type { Source } from '../../src/sources/contract/source.ts'
import { startStandIn } from '../../src/stand-ins/stand-in.ts'
import { BEACON_PROJECT, type BeaconEvent, beacon, beaconRequest } from '../sources/beacon.ts'
import { startJira } from '../targets/jira.ts'
import { type RelaySetup, type RunningRelay, startRelay } from './running-relay.ts'

type Test = Parameters<typeof startRelay>[0]

const at = (second: number): string => new Date(Date.UTC(2026, 10, 24, 12, 0, second)).toISOString()

/** A story of Beacon's in a new state. */
const moved = (id: string, second: number, currentState: string, more: Partial<BeaconEvent> = {}): BeaconEvent => ({
  ...{ id, at: at(second), by: 'Nyota Uhura', story: { id: 'ncc-1', fields: { currentState } } },
  ...more,
})

async function start(t: Test, setup: RelaySetup = {}, source: Source = beacon): Promise<RunningRelay> {
  const integrations = setup.integrations ?? { log: { type: 'log' } }
  const projects = [{ ...BEACON_PROJECT, integrations: Object.keys(integrations) }]
  return await startRelay(t, { projects, ...setup, integrations, sources: [source] })
}

const send = (relay: RunningRelay, ...events: readonly BeaconEvent[]) => {
  const { body, headers } = beaconRequest(events)
  return relay.post(body, headers)
}

t.test('a signed event is stored as it was read, and carried on', async (t) => {
  const relay = await start(t)
  const answer = await send(relay, moved('1', 1, 'accepted'))
  t.equal(answer.status, 202)
  t.match(answer.json(), { deliveries: 1, duplicate: false })
  const [delivery] = await relay.allSettled(1)
  t.match(delivery, { state: 'delivered', effect: { kind: 'announce', what: 'accepted', author: 'Nyota Uhura' } })
  t.match(delivery?.note, /https:\/\/beacon\.example\/ncc-1/, "the story's own address, without a story_url")
  const stored = await relay.store.storedActivity(delivery?.activityId ?? 0)
  t.match(JSON.parse(stored.normalised ?? ''), { key: 'beacon:1', stories: [{ id: 'ncc-1' }] })
  t.match(JSON.parse(stored.raw.toString()), { events: [{ id: '1' }] })
  t.match(await relay.store.activityPage({ limit: 1, words: ['touched'] }), {
    activities: [{ author: 'Nyota Uhura', sentence: 'Nyota Uhura touched ncc-1' }],
  })
  t.match(await relay.store.deliveryPage({ limit: 1, words: ['nyota'] }), { deliveries: [{ id: delivery?.id }] })
})

t.test('the same event again is a duplicate, whatever comes with it', async (t) => {
  const relay = await start(t)
  await send(relay, moved('1', 1, 'accepted'))
  const again = await send(relay, moved('1', 1, 'accepted'), moved('2', 2, 'rejected'))
  t.equal(again.status, 202)
  t.match(again.json(), { activities: 2, new: 1, duplicates: 1, refused: 0, deliveries: 1 })
  t.equal((await send(relay, moved('1', 1, 'accepted'))).status, 200)
  t.equal((await relay.allSettled(2)).length, 2)
})

t.test('an event without a signature of the tool is refused, and kept without one', async (t) => {
  const relay = await start(t)
  const { body } = beaconRequest([moved('1', 1, 'accepted')])
  const forged = beaconRequest([moved('1', 1, 'accepted')], 'klingon')
  for (const headers of [{}, forged.headers, { 'x-beacon-signature': '' }]) {
    const answer = await relay.post(body, headers)
    t.equal(answer.status, 401)
    t.match(answer.json(), { type: 'urn:tracker-relay:signature', detail: /x-beacon-signature/ })
  }
  t.strictSame(await relay.deliveries(), [])
  const { requests } = await relay.store.rejectedPage({ limit: 10 })
  t.strictSame(
    requests.map(({ reason, projectId }) => ({ reason, projectId })),
    Array(3).fill({ reason: 'signature', projectId: 'bridge' }),
  )
  const kept = await relay.store.rejectedRequest(requests[0]?.id ?? 0)
  t.notMatch(JSON.stringify(kept?.head), /signature/i)
  t.equal((await relay.metrics()).get('relay_activities_rejected_total{reason="signature"}'), 3)
})

t.test('what tells nothing of a story is answered, counted and not stored', async (t) => {
  const relay = await start(t)
  const { body, headers } = beaconRequest([])
  const ping = await relay.post(body, { ...headers, 'x-beacon-event': 'ping' })
  t.equal(ping.status, 200)
  t.strictSame(ping.json(), { ignored: 'a test of the hook' })
  t.strictSame((await relay.post(body, headers)).json(), { ignored: 'nothing happened' })
  t.strictSame((await relay.store.activityPage({ limit: 1 })).activities, [])
  const metrics = await relay.metrics()
  t.equal(metrics.get('relay_activities_ignored_total{reason="ping"}'), 1)
  t.equal(metrics.get('relay_activities_ignored_total{reason="no news"}'), 1)
  t.equal(metrics.get('relay_activities_ignored_total{reason="own"}'), 0)
})

t.test('a body that is not of the tool is refused with the place of the mistake', async (t) => {
  const relay = await start(t)
  const body = '<activity/>'
  const { createHmac } = await import('node:crypto')
  const signature = createHmac('sha256', BEACON_PROJECT.source.signing_secret).update(body).digest('hex')
  const answer = await relay.post(body, { 'x-beacon-signature': signature })
  t.equal(answer.status, 400)
  t.match(answer.json(), { type: 'urn:tracker-relay:not-an-activity', detail: /what Beacon sends is a JSON object/ })
})

t.test('a linked ticket follows once each, in order, and a late state does not take it back', async (t) => {
  const jira = await startJira()
  t.teardown(jira.close)
  jira.add('TEST-1')
  const settings = { type: 'jira', base_url: jira.url, api_username: 'relay', api_password: 'correct horse' }
  const relay = await start(t, { integrations: { jira: settings } })
  await send(relay, moved('1', 1, 'started', { url: `${jira.url}/browse/TEST-1` }))
  await send(relay, moved('3', 3, 'accepted'))
  const late = await send(
    relay,
    moved('2', 2, 'started', {
      story: {
        ...{ id: 'ncc-1', fields: { currentState: 'started' } },
        comments: [{ id: '7', change: 'create', text: 'Engaging' }],
      },
    }),
  )
  t.match(late.json(), { deliveries: 2 })
  const deliveries = await relay.allSettled(4)
  t.strictSame(
    deliveries.map(({ effect, state }) => [effect.kind, state]),
    [
      ['state', 'delivered'],
      ['state', 'delivered'],
      ['comment', 'delivered'],
      ['state', 'skipped'],
    ],
  )
  t.match(deliveries[3]?.note, /too late/)
  t.match(deliveries[1]?.effect, { state: 'accepted', from: 'started' }, 'the state before is remembered')
  t.equal(jira.statusOf('TEST-1'), 'Resolved')
  t.strictSame(
    jira.comments('TEST-1').map(({ body }) => body.includes('Engaging')),
    [true],
  )
  const counts = await relay.metrics()
  t.equal(counts.get('relay_deliveries{integration="jira",state="skipped"}'), 1)
})

t.test('a story that goes back to work after it was accepted is rejected', async (t) => {
  const relay = await start(t)
  await send(relay, moved('1', 1, 'accepted'))
  await send(relay, moved('2', 2, 'started'))
  await send(relay, moved('3', 3, 'started'))
  const deliveries = await relay.allSettled(3)
  t.strictSame(
    deliveries.map(({ effect }) => effect.kind === 'announce' && effect.what),
    ['accepted', 'rejected', 'started'],
  )
})

t.test('two things that one body tells of a story are told one after the other', async (t) => {
  const relay = await start(t)
  await send(relay, moved('1', 1, 'accepted'), moved('2', 2, 'started'), moved('3', 3, 'started'))
  const deliveries = await relay.allSettled(3)
  t.strictSame(
    deliveries.map(({ effect }) => effect.kind === 'announce' && effect.what),
    ['accepted', 'rejected', 'started'],
  )
})

t.test('an event that waits for the API of its tool is not overtaken by the next one', async (t) => {
  let answer = (_name: string): void => {}
  let isAsked = (): void => {}
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve
  })
  const slow: Source = {
    ...beacon,
    configure(settings, project) {
      const configured = beacon.configure(settings as never, project)
      if (Array.isArray(configured)) return configured
      return {
        ...configured,
        open: () => ({
          directory: {
            state: async () => null,
            person(id) {
              if (id !== 'u-1') return Promise.resolve(id)
              isAsked()
              return new Promise((resolve) => {
                answer = resolve
              })
            },
          },
          check: async () => [],
        }),
      }
    },
  }
  const relay = await start(t, {}, slow)
  const first = send(relay, moved('1', 1, 'started', { by: 'u-1' }))
  await asked
  const second = send(relay, moved('2', 2, 'finished'))
  // It has been read when this one, which comes after it, has been refused.
  t.equal((await relay.post('{')).status, 401)
  answer('Nyota Uhura')
  t.strictSame([(await first).status, (await second).status], [202, 202])
  const deliveries = await relay.allSettled(2)
  t.strictSame(
    deliveries.map(({ effect }) => effect.kind === 'announce' && effect.what),
    ['started', 'finished'],
  )
})

t.test('what Tracker has no word for is announced in its own words, and changes no ticket', async (t) => {
  const relay = await start(t)
  const story = { id: 'ncc-1', deed: 'set the state "On hold" of' }
  await send(relay, { id: '1', at: at(1), by: 'Nyota Uhura', story })
  const [delivery] = await relay.allSettled(1)
  t.match(delivery?.note, /Nyota Uhura set the state "On hold" of "More power"/)
})

t.test('labels and addresses in texts lead to tickets, and never away from what was said outright', async (t) => {
  const jira = await startJira()
  t.teardown(jira.close)
  const settings = { type: 'jira', base_url: jira.url, api_username: 'relay', api_password: 'correct horse' }
  const relay = await start(t, { integrations: { jira: settings } })
  const link = async () => (await relay.store.link('bridge', 'ncc-1'))?.externalId ?? null
  const text = (key: string): string => `As said in ${jira.url}/browse/${key}.`
  const told = (id: number, more: Partial<BeaconEvent>): BeaconEvent => moved(String(id), id, 'started', more)
  await send(relay, told(1, { text: `${text('TEST-8')} ${text('TEST-9')}` }))
  t.equal(await link(), null, 'two tickets are none')
  await send(relay, told(2, { text: text('TEST-1') }))
  t.equal(await link(), 'TEST-1')
  await send(relay, told(3, { text: text('TEST-2') }))
  t.equal(await link(), 'TEST-1', 'a text does not replace a ticket')
  await send(relay, told(4, { text: text('TEST-2'), label: 'jira:TEST-3' }))
  t.equal(await link(), 'TEST-3')
  await send(relay, told(5, { url: 'https://elsewhere.example/browse/TEST-5', label: 'urgent: yes' }))
  t.equal(await link(), 'TEST-3')
  const none = { system: null, integrationId: null, externalUrl: null }
  await relay.store.setLink({ projectId: 'bridge', storyId: 'ncc-1', ...none, externalId: 'TEST-4' }, Date.now())
  await send(relay, told(6, { label: 'jira:TEST-3', url: `${jira.url}/browse/TEST-5` }))
  t.equal(await link(), 'TEST-4', 'the next event does not take back what an operator set')
  await relay.store.forgetLink('bridge', 'ncc-1')
  await send(relay, told(7, { label: 'jira:TEST-3' }))
  t.equal(await link(), 'TEST-3')
})

t.test('a web hook gets what was received, or what was read of it', async (t) => {
  const receiver = await startStandIn(() => ({ status: 204 }))
  t.teardown(receiver.close)
  const hook = (payload: string) => ({ type: 'webhook', url: receiver.url, payload, allow_addresses: ['127.0.0.1'] })
  const relay = await start(t, { integrations: { raw: hook('raw'), read: hook('activity') } })
  await send(relay, moved('1', 1, 'accepted'))
  await relay.allSettled(2)
  const bodies = receiver.requests.map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>)
  t.ok(bodies.some((body) => 'events' in body))
  t.ok(bodies.some((body) => JSON.stringify(body).includes('"beacon:1"')))
})

t.test('an erased person is gone from what was received and what was read', async (t) => {
  const relay = await start(t, { adminToken: 'a-token-for-this-test-only' })
  const { body, headers } = beaconRequest([moved('1', 1, 'accepted')])
  await relay.post(body, headers)
  await relay.allSettled(1)
  const erased = await fetch(`${relay.url}/api/v1/erasures`, {
    method: 'POST',
    headers: { authorization: 'Bearer a-token-for-this-test-only', 'content-type': 'application/json' },
    body: JSON.stringify({ person: 'Nyota Uhura', dry_run: false }),
  })
  t.match(await erased.json(), { activities: 1, deliveries: 1 })
  t.strictSame((await relay.store.activityPage({ limit: 1 })).activities, [])
})

t.test('a request that could not be read is handed in again with the headers that it needs', async (t) => {
  const relay = await start(t)
  await relay.post(beaconRequest([moved('1', 1, 'accepted')]).body, { 'x-beacon-event': 'change' })
  const { requests } = await relay.store.rejectedPage({ limit: 1 })
  const kept = await relay.store.rejectedRequest(requests[0]?.id ?? 0)
  t.match(kept?.head, { 'x-beacon-event': 'change' })
})
