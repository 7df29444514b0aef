import { readFileSync } from 'node:fs'
import t from 'tap'
import { bug, startBugzilla } from '../../src/stand-ins/bugzilla.ts'
import { type JiraStandIn, startJira } from '../targets/jira.ts'
import { startTracker, type TrackerStandIn } from '../targets/tracker.ts'
import { eventually } from './eventually.ts'
import { type RelaySetup, SECRET, startRelay } from './running-relay.ts'
import { changed, commented } from './tracker-says.ts'
import { LONG_LEASE_MS } from './turns.ts'

interface Test {
  teardown(work: () => Promise<void> | void): void
}

async function jiraWith(t: Test, ...tickets: readonly string[]): Promise<JiraStandIn> {
  const jira = await startJira()
  t.teardown(jira.close)
  for (const key of tickets) jira.add(key)
  return jira
}

async function tracker(t: Test): Promise<TrackerStandIn> {
  const standIn = await startTracker()
  t.teardown(standIn.close)
  return standIn
}

const target = (jira: JiraStandIn, parts: object = {}): object => ({
  type: 'jira',
  base_url: jira.url,
  api_username: 'relay',
  api_password: 'correct horse',
  ...parts,
})

function setup(
  integrations: Readonly<Record<string, object>>,
  api: TrackerStandIn | null,
  project: object = {},
): RelaySetup {
  const access = api === null ? {} : { tracker: { api_url: `${api.url}/services/{version}`, token: api.token } }
  return {
    projects: [{ id: '26', secret: SECRET, integrations: Object.keys(integrations), ...access, ...project }],
    integrations,
  }
}

/** A recorded activity of a story's import from JIRA, with its ticket at this address. */
const imported = (url: string): string =>
  readFileSync('test/activities/story_created_linked_jira.in.xml', 'utf8').replaceAll('https://jira.example.com', url)

const recorded = (name: string): string => readFileSync(`test/activities/${name}.in.json`, 'utf8')

t.test('a comment and an acceptance arrive at the ticket that only Tracker knows of', async (t) => {
  const jira = await jiraWith(t, 'TEST-1280')
  const api = await tracker(t)
  api.integration('26', { id: '33', kind: 'jira', baseUrl: jira.url })
  api.story('26', '109', { integrationId: '33', externalId: 'TEST-1280' })
  const relay = await startRelay(t, setup({ jira: target(jira) }, api))
  // An answer counts for the activities that came before it was asked for: both come before.
  await relay.store.savePause('jira', null, 'both activities come first', Date.now())
  await eventually(
    async () => (await relay.metrics()).get('relay_integration_paused{integration="jira"}'),
    (paused) => paused === 1,
    'it is paused',
  )
  await relay.post(commented(1, { story: '109', text: 'Shields are at 80 percent.' }))
  await relay.post(changed(2, { story: '109', state: 'accepted' }))
  t.equal(api.asked('109'), 0)
  await relay.store.saveResume('jira', Date.now())
  const settled = await relay.allSettled(2)
  t.strictSame(
    settled.map(({ state }) => state),
    ['delivered', 'delivered'],
  )
  t.match(jira.comments('TEST-1280'), [{ body: /Shields are at 80 percent/ }])
  t.equal(jira.statusOf('TEST-1280'), 'Resolved')
  t.equal(api.asked('109'), 1)
  t.notMatch(relay.output(), api.token)
  const shown = await relay.store.delivery(settled[0]?.id ?? 0)
  t.match(shown?.attempts[0]?.exchanges[0], {
    url: `${api.url}/services/v5/projects/26/stories/109`,
    requestHeaders: { 'x-trackertoken': '[secret]' },
    status: 200,
  })
})

t.test('an activity that carries a link needs no API, and what follows goes where it says', async (t) => {
  const jira = await jiraWith(t, 'TEST-1280', 'TEST-1281', 'TEST-1290')
  // The story of v3 tells its ticket's address, the one of v5 no more than the id of Tracker's integration.
  const relay = await startRelay(t, setup({ v3: target(jira), v5: target(jira, { integration_id: '33' }) }, null))
  await relay.post(imported(jira.url))
  await relay.post(commented(2, { story: '111', text: 'It is the coolant.' }))
  const json = { 'content-type': 'application/json' }
  await relay.post(recorded('v5_story_created_linked'), json)
  await relay.post(commented(3, { story: '120', text: 'First.' }))
  await relay.allSettled(4)
  await relay.post(recorded('v5_story_link_edited'), json)
  await relay.post(commented(4, { story: '120', text: 'Second.' }))
  await relay.allSettled(6)
  await relay.post(recorded('v5_story_link_removed'), json)
  await relay.post(commented(5, { story: '120', text: 'Third.' }))
  const settled = await relay.allSettled(8)
  const of = (name: string) => settled.filter(({ integration }) => integration === name)
  t.ok(settled.every(({ attempts }) => attempts === 1))
  t.strictSame(
    [of('v3'), of('v5')].map((all) => all.map(({ state }) => state)),
    [
      ['delivered', 'skipped', 'skipped', 'skipped'],
      ['skipped', 'delivered', 'delivered', 'skipped'],
    ],
  )
  t.match(jira.comments('TEST-1280'), [{ body: /coolant/ }])
  t.match(jira.comments('TEST-1281'), [{ body: /First/ }])
  t.match(jira.comments('TEST-1290'), [{ body: /Second/ }])
})

t.test(
  'a story that is linked to nothing is skipped once, for a reason that is shown, and what waited costs one question',
  async (t) => {
    const jira = await jiraWith(t)
    const api = await tracker(t)
    api.story('26', '109')
    // The first comes before the relay delivers anything for it, and the others wait behind it.
    api.down({ status: 500, body: 'We are sorry' })
    const relay = await startRelay(t, { ...setup({ jira: target(jira) }, api), leaseMs: LONG_LEASE_MS })
    for (let number = 1; number <= 10; number += 1)
      await relay.post(commented(number, { story: '109', text: `Comment ${number}` }))
    await eventually(relay.deliveries, ([first]) => first?.state === 'waiting', 'the first waits')
    api.down(null)
    const before = api.requests.length
    relay.advance(60_000)
    const settled = await relay.allSettled(10)
    t.strictSame(
      settled.map(({ state, note, attempts }) => `${state}: ${note}, ${attempts}x`),
      ['skipped: not linked, 2x', ...Array<string>(9).fill('skipped: not linked, 1x')],
    )
    t.equal(api.requests.length - before, 1)
    t.strictSame(jira.requests, [])
    t.equal((await relay.metrics()).get('relay_delivery_attempts_total{integration="jira",outcome="skipped"}'), 10)
  },
)

t.test('a story that is linked after it was found not to be gets its next comment to the ticket', async (t) => {
  const jira = await jiraWith(t, 'TEST-1', 'TEST-2')
  const api = await tracker(t)
  api.integration('26', { id: '33', kind: 'jira', baseUrl: jira.url })
  api.story('26', '109')
  const relay = await startRelay(t, setup({ jira: target(jira) }, api))
  await relay.post(commented(1, { story: '109', text: 'Nobody hears.' }))
  t.match(await relay.allSettled(1), [{ state: 'skipped', note: 'not linked' }])
  api.story('26', '109', { integrationId: '33', externalId: 'TEST-1' })
  await relay.post(commented(2, { story: '109', text: 'First ticket.' }))
  await relay.allSettled(2)
  api.story('26', '109', { integrationId: '33', externalId: 'TEST-2' })
  await relay.post(commented(3, { story: '109', text: 'Second ticket.' }))
  await relay.allSettled(3)
  t.match(jira.comments('TEST-1'), [{ body: /First ticket/ }])
  t.match(jira.comments('TEST-2'), [{ body: /Second ticket/ }])
})

t.test('a ticket that may be in another system is not written to, though the number be the same', async (t) => {
  const bugzilla = await startBugzilla({ bugs: [bug(12)] })
  t.teardown(bugzilla.close)
  const settings = { type: 'bugzilla', url: bugzilla.url, api_key: 'Kq3vRelayKey' }
  const jira = target(await jiraWith(t, 'TEST-1'))
  const parts = setup({ bugs: settings, jira }, null)
  const relay = await startRelay(t, parts)
  const link = { projectId: '26', storyId: '109', system: 'bugzilla', integrationId: '77', externalId: '12' }
  await relay.store.setLinks(
    () => [[{ ...link, externalUrl: 'https://bugs.elsewhere.example/show_bug.cgi?id=12' }]],
    Date.now(),
  )
  await relay.post(commented(1, { story: '109', text: 'Of another host.' }))
  await relay.allSettled(2)
  // All that v5 tells: a ticket, and the id of one of Tracker's integrations, here that of a Zendesk.
  await relay.store.setLinks(() => [[{ ...link, system: null, integrationId: '88', externalUrl: null }]], Date.now())
  await relay.post(commented(2, { story: '109', text: 'Of another integration.' }))
  const settled = await relay.allSettled(4)
  for (const { state, note } of settled)
    t.match(
      [state, note],
      ['skipped', /^not linked: .* 12 .* does not match exactly one integration; set integration_id/],
    )
  t.match(settled.at(-1)?.note, /set integration_id: "88" at the one of bugs, jira that it belongs to$/)
  t.strictSame(bugzilla.comments(12), [])

  await relay.reload(setup({ bugs: { ...settings, integration_id: 88 }, jira }, null))
  await relay.post(commented(3, { story: '109', text: 'Told which.' }))
  await relay.allSettled(6)
  t.match(bugzilla.comments(12), [{ text: /Told which/ }])
})

t.test("a story that v5 made from the import panel is linked to the project's only ticket system", async (t) => {
  const jira = await jiraWith(t, 'TEST-1281')
  const relay = await startRelay(t, setup({ jira: target(jira) }, null))
  await relay.post(recorded('v5_story_created_linked'), { 'content-type': 'application/json' })
  await relay.post(commented(2, { story: '120', text: 'It hums.' }))
  t.match(await relay.allSettled(1), [{ state: 'delivered' }])
  t.match(jira.comments('TEST-1281'), [{ body: /It hums/ }])
})

t.test('a delivery whose ticket only an API that is down could tell is tried again, and arrives', async (t) => {
  const jira = await jiraWith(t, 'TEST-1')
  const api = await tracker(t)
  api.integration('26', { id: '33', kind: 'jira', baseUrl: jira.url })
  api.story('26', '109', { integrationId: '33', externalId: 'TEST-1' })
  api.down({ status: 500, body: 'We are sorry' })
  const relay = await startRelay(t, setup({ jira: target(jira) }, api))
  await relay.post(commented(1, { story: '109', text: 'Still here.' }))
  const [waiting] = await eventually(relay.deliveries, ([first]) => first?.state === 'waiting', 'it waits')
  t.match(waiting, {
    attempts: 1,
    inDoubtSince: null,
    note: "the ticket of story 109 is not known yet: Tracker's API answered 500",
  })
  t.strictSame(relay.relay.workers()[0]?.standing().breaker.state, 'closed')
  api.down(null)
  relay.advance(60_000)
  const [delivered] = await relay.allSettled(1)
  t.match(delivered, { state: 'delivered', attempts: 2 })
  t.match(jira.comments('TEST-1'), [{ body: /Still here/ }])
})

t.test('what was learned outlives the story, the relay and Tracker', async (t) => {
  const jira = await jiraWith(t, 'TEST-1')
  const api = await tracker(t)
  api.integration('26', { id: '33', kind: 'jira', baseUrl: jira.url })
  api.story('26', '109', { integrationId: '33', externalId: 'TEST-1' })
  const parts = setup({ jira: target(jira) }, api)
  const first = await startRelay(t, parts)
  await first.post(commented(1, { story: '109', text: 'One.' }))
  await first.allSettled(1)
  await first.stop()
  api.remove('26', '109')
  const second = await startRelay(t, { ...parts, folder: first.folder })
  await second.post(commented(2, { story: '109', text: 'Two.' }))
  await second.allSettled(2)
  await second.stop()
  await api.close()
  const third = await startRelay(t, { ...parts, folder: first.folder })
  await third.post(commented(3, { story: '109', text: 'Three.' }))
  const settled = await third.allSettled(3)
  t.strictSame(
    settled.map(({ state }) => state),
    ['delivered', 'delivered', 'delivered'],
  )
  t.equal(jira.comments('TEST-1').length, 3)
})

t.test('two JIRAs of one project are told apart by the address of the ticket', async (t) => {
  const [one, two] = [await jiraWith(t, 'TEST-1280'), await jiraWith(t, 'TEST-1280')]
  const relay = await startRelay(t, setup({ one: target(one), two: target(two) }, null))
  await relay.post(imported(two.url))
  await relay.post(commented(2, { story: '111', text: 'It is the coolant.' }))
  const settled = await relay.allSettled(2)
  t.strictSame(new Map(settled.map(({ integration, state }) => [integration, state])).get('one'), 'skipped')
  t.match(settled.find(({ integration }) => integration === 'one')?.note, /not linked: .*TEST-1280.* which is two/)
  t.equal(one.comments('TEST-1280').length, 0)
  t.match(two.comments('TEST-1280'), [{ body: /coolant/ }])
})

t.test('two JIRAs of one project are told apart by integration_id, also when it is written as a number', async (t) => {
  const [one, two] = [await jiraWith(t, 'TEST-1281'), await jiraWith(t, 'TEST-1281')]
  const relay = await startRelay(
    t,
    setup({ one: target(one, { integration_id: 33 }), two: target(two, { integration_id: '34' }) }, null),
  )
  await relay.post(recorded('v5_story_created_linked'), { 'content-type': 'application/json' })
  await relay.post(commented(2, { story: '120', text: 'It hums.' }))
  await relay.allSettled(2)
  t.match(one.comments('TEST-1281'), [{ body: /It hums/ }])
  t.equal(two.comments('TEST-1281').length, 0)
})

t.test("a project with a name of its own asks Tracker by the project's id in Tracker", async (t) => {
  const jira = await jiraWith(t, 'TEST-1')
  const api = await tracker(t)
  api.integration('26', { id: '33', kind: 'jira', baseUrl: jira.url })
  api.story('26', '109', { integrationId: '33', externalId: 'TEST-1' })
  const relay = await startRelay(t, setup({ jira: target(jira) }, api, { id: 'enterprise' }))
  await relay.post(commented(1, { story: '109', text: 'Named.' }))
  t.match(await relay.allSettled(1), [{ state: 'delivered' }])
})

t.test(
  'a link that another process sets is seen by the next delivery, and a skipped one can be replayed',
  async (t) => {
    const jira = await jiraWith(t, 'TEST-1')
    const relay = await startRelay(t, setup({ jira: target(jira) }, null))
    await relay.post(commented(1, { story: '109', text: 'Too early.' }))
    t.match(await relay.allSettled(1), [{ state: 'skipped', note: 'not linked' }])
    const link = { projectId: '26', storyId: '109', system: null, integrationId: null, externalUrl: null }
    await relay.store.setLinks(() => [[{ ...link, externalId: 'TEST-1' }]], Date.now())
    await relay.store.replay({ state: 'skipped' }, Date.now())
    await eventually(relay.deliveries, ([first]) => first?.state === 'delivered', 'it is delivered')
    t.match(jira.comments('TEST-1'), [{ body: /Too early/ }])
  },
)

t.test('another token that a reload brings is used at once', async (t) => {
  const jira = await jiraWith(t, 'TEST-1')
  const api = await tracker(t)
  api.integration('26', { id: '33', kind: 'jira', baseUrl: jira.url })
  api.story('26', '109', { integrationId: '33', externalId: 'TEST-1' })
  const parts = (token: string): RelaySetup =>
    setup({ jira: target(jira) }, null, { tracker: { api_url: `${api.url}/services/v5`, token } })
  const relay = await startRelay(t, parts('a-wrong-token'))
  await relay.post(commented(1, { story: '109', text: 'Open up.' }))
  const [waiting] = await eventually(relay.deliveries, ([first]) => first?.state === 'waiting', 'it waits')
  t.match(waiting?.note, /it rejects tracker.token/)
  await relay.reload(parts(api.token))
  relay.advance(60_000)
  t.match(await relay.allSettled(1), [{ state: 'delivered', attempts: 2 }])
})
