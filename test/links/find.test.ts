import { join } from 'node:path'
import t from 'tap'
import { DeliveryError } from '../../src/connectors/contract/delivery-error.ts'
import { createTicketFinder } from '../../src/links/find.ts'
import type { TicketPlace } from '../../src/links/match.ts'
import { openDatabase } from '../../src/store/database.ts'
import type { Taken } from '../../src/store/delivery.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { Link } from '../../src/tracker/activity.ts'
import { createTrackerApi, type TrackerApi } from '../../src/tracker/api.ts'
import { openClient } from '../harness.ts'
import { activity, freshFolder, freshStore } from '../store/database.ts'
import { statementsOf } from '../store/statements.ts'
import { startTracker, type TrackerStandIn } from '../targets/tracker.ts'

interface Test {
  teardown(work: () => Promise<void> | void): void
}

const JIRA: TicketPlace = { name: 'jira', system: 'jira', integrationId: null, url: 'https://jira.example.com' }
const ZENDESK: TicketPlace = {
  name: 'zendesk',
  system: 'zendesk',
  integrationId: null,
  url: 'https://enterprise.zendesk.com',
}

/** Stores an activity that tells links of stories; later numbers happened later. */
async function tell(store: Store, number: number, links: Readonly<Record<string, Link | null>>): Promise<void> {
  const base = activity(number, Object.keys(links))
  await store.append({
    projectId: '26',
    activity: {
      ...base,
      occurredAt: new Date(Date.parse(base.occurredAt) + number * 1000).toISOString(),
      stories: base.stories.map((story) => ({ ...story, link: links[story.id] ?? null })),
    },
    raw: Buffer.from('<activity/>'),
    contentType: null,
    receivedAt: 1000 + number,
    deliveries: [],
  })
}

function link(externalId: string, parts: Partial<Link> = {}): Link {
  return { system: null, integrationId: null, externalId, externalUrl: null, ...parts }
}

function finderFor(store: Store, api: TrackerApi | null, places: readonly TicketPlace[] = [JIRA]) {
  const find = createTicketFinder({
    store,
    places: () => places,
    api: () => api,
    trackerProject: async () => '26',
    now: () => 5000,
  })
  return (storyId: string, integration = 'jira', createdAt = 0, replayedAt: number | null = null) =>
    find({ projectId: '26', storyId, activityId: 1, createdAt, replayedAt } as Taken, integration)
}

async function withTracker(
  t: Test,
  cacheSeconds = 300,
): Promise<{ tracker: TrackerStandIn; openApi: () => TrackerApi }> {
  const tracker = await startTracker()
  t.teardown(tracker.close)
  const openApi = (): TrackerApi => {
    const client = openClient(t)
    return createTrackerApi({
      settings: {
        api_url: `${tracker.url}/services/v5`,
        token: tracker.token,
        auth: 'x-tracker-token',
        version: 'v5',
        cache_seconds: cacheSeconds,
      },
      send: client.send,
      now: Date.now,
      steady: () => performance.now(),
      random: () => 0.5,
      pause: async () => {},
    })
  }
  return { tracker, openApi }
}

const ticket = (externalId: string, externalUrl: string | null = null) => ({ externalId, externalUrl })

t.test('without any word of a link, and without an API, a story is not linked', async (t) => {
  const ticketOf = finderFor(await freshStore(t), null)
  t.strictSame(await ticketOf('109'), { notLinked: null })
})

t.test('an activity tells the link: an edited one replaces, a removed one ends it', async (t) => {
  const store = await freshStore(t)
  const ticketOf = finderFor(store, null)
  const url = 'https://jira.example.com/browse/TEST-1'
  await tell(store, 1, { 109: link('TEST-1', { system: 'jira', integrationId: '7', externalUrl: url }) })
  t.strictSame(await ticketOf('109'), ticket('TEST-1', url))
  await tell(store, 2, { 109: link('TEST-2') })
  t.strictSame(await ticketOf('109'), ticket('TEST-2'))
  t.match(await store.link('26', '109'), { system: 'jira', integrationId: '7', externalUrl: null, source: 'activity' })
  await tell(store, 3, { 109: link('4711', { system: 'zendesk' }) })
  t.match(await store.link('26', '109'), { system: 'zendesk', integrationId: null, externalId: '4711' })
  await tell(store, 4, { 109: null })
  t.strictSame(await ticketOf('109'), { notLinked: null })
  t.match(await store.link('26', '109'), { system: null, integrationId: null, externalId: null, learnedAt: 1004 })
  await tell(store, 5, { 109: link('TEST-9') })
  t.strictSame(await ticketOf('109'), ticket('TEST-9'))
})

t.test('a link that Tracker sends late does not replace a newer one', async (t) => {
  const store = await freshStore(t)
  const ticketOf = finderFor(store, null)
  await tell(store, 8, { 109: link('TEST-8') })
  await tell(store, 7, { 109: link('TEST-7') })
  t.strictSame(await ticketOf('109'), ticket('TEST-8'))
})

t.test('links of one story that are stored in one commit follow each other in order', async (t) => {
  const store = await freshStore(t)
  const ticketOf = finderFor(store, null)
  await Promise.all([
    tell(store, 1, { 109: link('TEST-1'), 110: link('TEST-10') }),
    tell(store, 2, { 109: link('TEST-2') }),
    tell(store, 3, { 109: link('TEST-3'), 111: link('TEST-11') }),
  ])
  t.strictSame(await ticketOf('109'), ticket('TEST-3'))
  t.strictSame(await ticketOf('110'), ticket('TEST-10'))
  t.strictSame(await ticketOf('111'), ticket('TEST-11'))
})

t.test('an activity without a link costs no statement, and a look-up is one that an index serves', async (t) => {
  const file = join(freshFolder(t), 'relay.db')
  const store = openStore({ client: 'sqlite', file })
  t.teardown(() => store.close())
  await store.migrate()
  const aboutLinks = async (work: () => Promise<unknown>): Promise<string[]> =>
    (await statementsOf(work)).filter((statement) => /links/.test(statement))
  const told = await aboutLinks(() =>
    store.append({
      projectId: '26',
      activity: activity(1),
      raw: Buffer.from('<activity/>'),
      contentType: null,
      receivedAt: 1,
      deliveries: [],
    }),
  )
  t.strictSame(told, [])
  const seen = await aboutLinks(() => finderFor(store, null)('109'))
  t.equal(seen.length, 1)
  const { reader, close } = openDatabase({ client: 'sqlite', file })
  const steps: { detail: string }[] = await reader.raw(`explain query plan ${seen[0]}`, ['26', '109', 1])
  await close()
  t.ok(steps.length > 0)
  t.strictSame(
    steps.map(({ detail }) => detail).filter((detail) => !/^SEARCH .* USING INDEX/.test(detail)),
    [],
  )
})

t.test('what no activity told is asked of the API once, and then known for good', async (t) => {
  const store = await freshStore(t)
  const { tracker, openApi } = await withTracker(t)
  tracker.story('26', '109', { integrationId: '33', externalId: 'TEST-1' })
  tracker.integration('26', { id: '33', kind: 'jira', baseUrl: 'https://jira.example.com/' })
  const ticketOf = finderFor(store, openApi())
  t.strictSame(await ticketOf('109'), ticket('TEST-1'))
  t.strictSame(await ticketOf('109'), ticket('TEST-1'))
  t.equal(tracker.asked('109'), 1)
  t.match(await store.link('26', '109'), { source: 'api', integration: { system: 'jira' } })
  tracker.remove('26', '109')
  t.strictSame(await finderFor(store, openApi())('109'), ticket('TEST-1'), 'the story is deleted')
  await tracker.close()
  t.strictSame(await finderFor(store, openApi())('109'), ticket('TEST-1'), 'Tracker is gone')
  t.strictSame(await finderFor(store, null)('109'), ticket('TEST-1'), 'the API is not configured any more')
})

t.test('a link that was edited or removed in Tracker is noticed when the answer is out of date', async (t) => {
  const store = await freshStore(t)
  const { tracker, openApi } = await withTracker(t, 0)
  tracker.integration('26', { id: '33', kind: 'jira', baseUrl: 'https://jira.example.com' })
  const ticketOf = finderFor(store, openApi())
  tracker.story('26', '109', { integrationId: '33', externalId: 'TEST-1' })
  t.strictSame(await ticketOf('109'), ticket('TEST-1'))
  tracker.story('26', '109', { integrationId: '33', externalId: 'TEST-2' })
  t.strictSame(await ticketOf('109'), ticket('TEST-2'))
  tracker.story('26', '109', null)
  t.strictSame(await ticketOf('109'), { notLinked: null })
  t.equal(await store.link('26', '109'), null)
})

t.test('an answer from before an activity is not taken for it: the link may have been edited since', async (t) => {
  const store = await freshStore(t)
  const { tracker, openApi } = await withTracker(t)
  tracker.integration('26', { id: '33', kind: 'jira', baseUrl: 'https://jira.example.com' })
  tracker.story('26', '109')
  const ticketOf = finderFor(store, openApi())
  t.strictSame(await ticketOf('109'), { notLinked: null })
  tracker.story('26', '109', { integrationId: '33', externalId: 'TEST-1' })
  t.strictSame(await ticketOf('109'), { notLinked: null }, 'for what happened before, the answer stands')
  t.equal(tracker.asked('109'), 1)
  const later = Date.now() + 60_000
  t.strictSame(await ticketOf('109', 'jira', later), ticket('TEST-1'))
  tracker.story('26', '109', { integrationId: '33', externalId: 'TEST-2' })
  t.strictSame(await ticketOf('109', 'jira', later + 1), ticket('TEST-2'))
  t.equal(tracker.asked('109'), 3)
})

t.test('a replay asks again: the story may have been linked since the delivery failed', async (t) => {
  const { tracker, openApi } = await withTracker(t)
  tracker.integration('26', { id: '33', kind: 'jira', baseUrl: 'https://jira.example.com' })
  tracker.story('26', '109')
  const ticketOf = finderFor(await freshStore(t), openApi())
  t.strictSame(await ticketOf('109'), { notLinked: null })
  tracker.story('26', '109', { integrationId: '33', externalId: 'TEST-1' })
  t.strictSame(await ticketOf('109', 'jira', 0, Date.now() + 60_000), ticket('TEST-1'))
})

t.test('what an activity or the operator told counts more than the API, which is not even asked', async (t) => {
  const store = await freshStore(t)
  const { tracker, openApi } = await withTracker(t)
  const ticketOf = finderFor(store, openApi())
  for (const id of ['109', '110', '111']) tracker.story('26', id, { integrationId: '33', externalId: 'OLD-1' })
  await tell(store, 1, { 109: link('TEST-1', { system: 'jira' }), 110: null })
  const given = { projectId: '26', storyId: '111', system: 'jira', integrationId: null, externalUrl: null }
  await store.setLinks(() => [[{ ...given, externalId: 'TEST-3' }]], 2000)
  t.strictSame(await ticketOf('109'), ticket('TEST-1'))
  t.strictSame(await ticketOf('110'), { notLinked: null })
  t.strictSame(await ticketOf('111'), ticket('TEST-3'))
  t.strictSame(tracker.requests, [])
  await store.learnLink({ ...given, externalId: 'OLD-1' }, 3000)
  t.strictSame(await ticketOf('111'), ticket('TEST-3'), 'nor does a late answer replace it')
  await tell(store, 2, { 111: link('TEST-4', { system: 'jira' }) })
  t.strictSame(await ticketOf('111'), ticket('TEST-4'), 'but a later activity does')
})

t.test('that a story is not linked is asked once', async (t) => {
  const store = await freshStore(t)
  const { tracker, openApi } = await withTracker(t)
  tracker.story('26', '109')
  const ticketOf = finderFor(store, openApi())
  for (let count = 0; count < 5; count += 1) t.strictSame(await ticketOf('109'), { notLinked: null })
  for (let count = 0; count < 5; count += 1) t.strictSame(await ticketOf('404'), { notLinked: null })
  t.strictSame([tracker.asked('109'), tracker.asked('404')], [1, 1])
})

t.test('while only an API that is down could tell, the delivery waits, and the target is not blamed', async (t) => {
  const store = await freshStore(t)
  const { tracker, openApi } = await withTracker(t)
  tracker.down({ status: 503, headers: { 'retry-after': '7' }, body: '' })
  const error: unknown = await finderFor(store, openApi())('109').catch((reason: unknown) => reason)
  if (!(error instanceof DeliveryError)) throw new Error('it did not fail')
  t.strictSame(
    [error.verdict, error.retryAfterMs, error.status, error.targetDown, error.message],
    [
      'retry',
      7000,
      503,
      false,
      "the ticket of story 109 is not known yet: Tracker's API answered 503: it asks us to wait",
    ],
  )
})

t.test('the id of an integration alone: Tracker is asked which system it is, and the answer is kept', async (t) => {
  const store = await freshStore(t)
  const { tracker, openApi } = await withTracker(t)
  tracker.integration('26', { id: '12', kind: 'zendesk', baseUrl: 'https://enterprise.zendesk.com' })
  tracker.integration('26', { id: '33', kind: 'jira', baseUrl: 'https://jira.example.com' })
  await tell(store, 1, { 109: link('4711', { integrationId: '12' }) })
  const both = [JIRA, ZENDESK]
  const ticketOf = finderFor(store, openApi(), both)
  t.strictSame(await ticketOf('109', 'zendesk'), ticket('4711'))
  t.strictSame(await ticketOf('109', 'jira'), {
    notLinked: "the story is linked to zendesk 4711 through Tracker's integration 12, which is zendesk",
  })
  t.equal(tracker.requests.length, 1)
  t.match(await finderFor(store, openApi(), [JIRA])('109', 'jira'), {
    notLinked: /does not match exactly one integration/,
  })
  await tracker.close()
  t.strictSame(await finderFor(store, openApi(), both)('109', 'zendesk'), ticket('4711'), 'Tracker is gone')
  t.strictSame(await finderFor(store, null, both)('109', 'zendesk'), ticket('4711'), 'or not configured')
})

t.test('a delivery waits while its integration id is unknown, since it could belong to any system', async (t) => {
  const store = await freshStore(t)
  const { tracker, openApi } = await withTracker(t)
  tracker.down('reset')
  await tell(store, 1, { 109: link('4711', { integrationId: '12' }) })
  for (const places of [[JIRA, ZENDESK], [ZENDESK]])
    await t.rejects(finderFor(store, openApi(), places)('109', 'zendesk'), {
      verdict: 'retry',
      message: /integration 12 leads to is not known yet/,
    })
  const why =
    /through Tracker's integration 12, .* set integration_id: "12" at the one of jira, zendesk that it belongs to$/
  t.match(await finderFor(store, null, [JIRA, ZENDESK])('109', 'zendesk'), { notLinked: why })
  const named = { ...ZENDESK, integrationId: '12' }
  t.strictSame(await finderFor(store, openApi(), [JIRA, named])('109', 'zendesk'), ticket('4711'), 'unless one has it')
})

t.test('the only place takes a link of v5, and keeps it when a second place is added', async (t) => {
  const store = await freshStore(t)
  await tell(store, 1, { 109: link('4711', { integrationId: '12' }), 110: link('7', { integrationId: '13' }) })
  t.strictSame(await finderFor(store, null, [ZENDESK])('109', 'zendesk'), ticket('4711'))
  t.strictSame(await finderFor(store, null, [JIRA, ZENDESK])('109', 'zendesk'), ticket('4711'))
  t.match(await finderFor(store, null, [JIRA, ZENDESK])('109', 'jira'), {
    notLinked: /zendesk 4711 .* which is zendesk$/,
  })
  t.match(await finderFor(store, null, [JIRA, ZENDESK])('110', 'zendesk'), { notLinked: /set integration_id: "13"/ })
})

t.test('a link of v5 does not replace what the operator set, but its removal does', async (t) => {
  const store = await freshStore(t)
  const given = { projectId: '26', storyId: '109', system: 'jira', integrationId: null, externalUrl: null }
  await store.setLinks(() => [[{ ...given, externalId: 'TEST-3' }]], 2000)
  const ticketOf = finderFor(store, null, [JIRA, ZENDESK])
  for (const [index, externalId] of ['TEST-3', 'TEST-4'].entries()) {
    await tell(store, index + 1, { 109: link(externalId, { integrationId: '12' }) })
    t.strictSame(await ticketOf('109'), ticket('TEST-3'))
  }
  await tell(store, 3, { 109: null })
  t.strictSame(await ticketOf('109'), { notLinked: null })
})
