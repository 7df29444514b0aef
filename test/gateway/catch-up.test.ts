import t, { type Test } from 'tap'
import type { Recorded } from '../../src/stand-ins/stand-in.ts'
import { withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { freshPostgres } from '../store/postgres.ts'
import { type JiraStandIn, startJira } from '../targets/jira.ts'
import { startTracker, type TrackerOptions, type TrackerStandIn } from '../targets/tracker.ts'
import { eventually } from './eventually.ts'
import { startRelayProcess } from './relay-process.ts'
import {
  freshFolder,
  type RelaySetup,
  type RunningRelay,
  SECRET,
  startRelay,
  writeConfig,
  writeConfigAndDatabase,
} from './running-relay.ts'
import { changed, commented } from './tracker-v5-says.ts'

t.setTimeout(300_000)

const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false
const HOUR_MS = 3_600_000
const JSON_TYPE = { 'content-type': 'application/json' }

const RHYTHM = { catchUpLookMs: 20, catchUpSoonMs: 100, catchUpLeaseMs: 1000 }
const ROOM = { type: 'log' }

async function systems(t: Test, stories: readonly number[], options: TrackerOptions = {}) {
  const jira = await startJira()
  t.teardown(jira.close)
  const tracker = await startTracker(options)
  t.teardown(tracker.close)
  tracker.integration('26', { id: '33', kind: 'jira', baseUrl: jira.url })
  for (const story of stories) {
    jira.add(`TEST-${story}`)
    tracker.story('26', String(story), { integrationId: '33', externalId: `TEST-${story}` })
  }
  return { jira, tracker }
}

function setup(jira: JiraStandIn, tracker: TrackerStandIn, more: object = {}): RelaySetup {
  return {
    rhythm: RHYTHM,
    projects: [
      {
        ...{ id: '26', secret: SECRET, integrations: ['jira', 'room'] },
        tracker: { api_url: `${tracker.url}/services/{version}`, token: tracker.token },
        ...more,
      },
    ],
    integrations: {
      jira: { type: 'jira', base_url: jira.url, api_username: 'relay', api_password: 'correct horse' },
      room: ROOM,
    },
  }
}

const isList = ({ path }: Recorded): boolean => path.endsWith('/activity')

const hook = (relay: RunningRelay, body: object) => relay.post(JSON.stringify(body), JSON_TYPE)

/** The relay has been told of story 1 by its hook some time ago, and was stopped before it asked for anything. */
async function relayThatWasTold(t: Test, config: RelaySetup, tracker: TrackerStandIn, at: number): Promise<string> {
  const folder = freshFolder(t)
  const projects = config.projects?.map((each) => ({ ...each, catch_up: { every_minutes: 0 } })) ?? []
  const relay = await startRelay(t, { ...config, projects, folder })
  const first = commented(1, { story: 1, at, text: 'the hook told this' })
  tracker.activity(first)
  t.equal((await hook(relay, first)).status, 202)
  await relay.allSettled(2)
  await relay.stop()
  return folder
}

const texts = (jira: JiraStandIn, key: string): string[] =>
  jira.comments(key).flatMap(({ body }) => /note \d+|the hook told this/.exec(body)?.[0] ?? [])

for (const options of [{}, { envelope: true }, { hidesTotal: true }, { mostActivities: 40 }] satisfies TrackerOptions[])
  t.test(`what the hook missed arrives once and in order from a Tracker with ${JSON.stringify(options)}`, async (t) => {
    const { jira, tracker } = await systems(t, [1, 2, 3], options)
    const config = setup(jira, tracker)
    const begin = Date.now() - 5 * HOUR_MS
    const folder = await relayThatWasTold(t, config, tracker, begin)
    const missed = Array.from({ length: 250 }, (_, index) =>
      commented(2 + index, { story: 1 + (index % 3), at: begin + (1 + index) * 60_000, text: `note ${index}` }),
    )
    for (const each of missed) tracker.activity(each)
    const relay = await startRelay(t, { ...config, folder })
    const deliveries = await relay.allSettled(2 + 500)
    for (const story of [1, 2, 3]) {
      const wanted = missed.flatMap((_, index) => (index % 3 === story - 1 ? [`note ${index}`] : []))
      t.strictSame(texts(jira, `TEST-${story}`), [...(story === 1 ? ['the hook told this'] : []), ...wanted])
    }
    const room = deliveries.filter(({ integration, id }) => integration === 'room' && id > 2)
    const old = room.filter(({ state }) => state === 'skipped')
    t.ok(old.length >= 178 && old.length <= 182, `${old.length} of 250 happened more than two hours ago`)
    t.match(old[0]?.note, /^old news: caught up 4 hours after it happened, .*announce_within_minutes is 120$/)
    t.equal(deliveries.filter(({ state }) => state === 'delivered').length, 502 - old.length)
    t.match(relay.lines('caught up'), [{ project: '26', fresh: 250, refused: 0 }])
    // The hooks come after all, hours late.
    for (const each of [missed[0], missed[249]]) t.match((await hook(relay, each ?? {})).json(), { duplicate: true })
    t.equal((await relay.deliveries()).length, 502)
    const metrics = await relay.metrics()
    t.equal(metrics.get('relay_source_catch_up_activities_total{project="26"}'), 250)
    t.equal(metrics.get('relay_source_catch_up_failing{project="26"}'), 0)
    t.ok((metrics.get('relay_source_catch_up_last_success_timestamp_seconds{project="26"}') ?? 0) > begin / 1000)
  })

t.test('a state that was missed does not take a ticket back behind what a hook has told since', async (t) => {
  const { jira, tracker } = await systems(t, [1])
  const config = setup(jira, tracker)
  const begin = Date.now() - HOUR_MS
  const folder = await relayThatWasTold(t, config, tracker, begin)
  const started = changed(2, { story: 1, at: begin + 60_000, from: 'unstarted', to: 'started' })
  const accepted = changed(3, { story: 1, at: begin + 120_000, from: 'delivered', to: 'accepted' })
  tracker.activity(started)
  tracker.activity(accepted)
  tracker.fault({ status: 503 }, { where: isList, times: 3 })
  const relay = await startRelay(t, { ...config, folder, rhythm: { ...RHYTHM, catchUpSoonMs: 1000 } })
  t.equal((await hook(relay, accepted)).status, 202)
  const deliveries = await relay.allSettled(2 + 2 + 2)
  t.match(
    deliveries.filter(({ effect }) => effect.kind === 'state'),
    [
      { state: 'delivered', effect: { state: 'accepted' } },
      { state: 'skipped', effect: { state: 'started' }, note: /^too late/ },
    ],
  )
  t.equal(jira.statusOf('TEST-1'), 'Resolved')
})

t.test(
  'a project that has never had an activity does not get its past, and one activity later only what follows',
  async (t) => {
    const { jira, tracker } = await systems(t, [1])
    const config = setup(jira, tracker)
    const begin = Date.now() - HOUR_MS
    tracker.activity(commented(1, { story: 1, at: begin, text: 'note 1' }))
    const relay = await startRelay(t, config)
    await eventually(
      () => relay.store.claimDuty({ name: 'catch up 26', holder: 'test', now: Date.now(), forMs: 1 }),
      (isOurs) => isOurs,
      'it has looked',
    )
    t.equal(tracker.listed(), 0)
    t.equal((await hook(relay, commented(2, { story: 1, at: Date.now() - 60_000, text: 'note 2' }))).status, 202)
    await eventually(
      () => relay.lines('nothing was missed').length,
      (count) => count > 0,
      'it has asked',
    )
    t.strictSame(
      texts(jira, 'TEST-1').filter((each) => each === 'note 1'),
      [],
    )
  },
)

t.test('a Tracker that fails is asked again later, while hooks are taken and operators are told', async (t) => {
  const { jira, tracker } = await systems(t, [1])
  const config = setup(jira, tracker)
  const begin = Date.now() - HOUR_MS
  const folder = await relayThatWasTold(t, config, tracker, begin)
  tracker.activity(commented(2, { story: 1, at: begin + 60_000, text: 'note 2' }))
  tracker.fault({ status: 403, body: `no ${tracker.token}` }, { where: isList, times: 2 })
  const relay = await startRelay(t, { ...config, folder, rhythm: { ...RHYTHM, catchUpSoonMs: 500 } })
  await eventually(
    async () => (await relay.metrics()).get('relay_source_catch_up_failing{project="26"}'),
    (value) => value === 1,
    'the failure shows',
  )
  t.equal((await hook(relay, commented(3, { story: 1, at: Date.now(), text: 'note 3' }))).status, 202)
  await relay.allSettled(2 + 2 + 2)
  t.match(relay.lines('could not ask for what the hook missed'), [{ detail: /403: it rejects tracker.token/ }, {}])
  t.notMatch(relay.output(), tracker.token)
  t.strictSame(texts(jira, 'TEST-1'), ['the hook told this', 'note 3', 'note 2'])
  t.equal((await relay.metrics()).get('relay_source_catch_up_failing{project="26"}'), 0)
})

t.test('it goes no further back than it may, takes so many at a time, and says so', async (t) => {
  const { jira, tracker } = await systems(t, [1])
  const config = setup(jira, tracker, { catch_up: { days: 1, at_most: 100 } })
  const now = Date.now()
  const folder = await relayThatWasTold(t, config, tracker, now - 30 * HOUR_MS)
  const lost = commented(2, { story: 1, at: now - 25 * HOUR_MS, text: 'note 0' })
  const missed = Array.from({ length: 250 }, (_, index) =>
    commented(3 + index, { story: 1, at: now - 23 * HOUR_MS + index * 1000, text: `note ${1 + index}` }),
  )
  for (const each of [lost, ...missed]) tracker.activity(each)
  const relay = await startRelay(t, { ...config, folder })
  await relay.allSettled(2 + 500)
  t.strictSame(texts(jira, 'TEST-1'), ['the hook told this', ...missed.map((_, index) => `note ${1 + index}`)])
  t.equal(relay.lines('caught up in part; the rest follows soon, since catch_up.at_most is reached').length, 1)
  t.equal(relay.lines('not caught up with what happened before catch_up.days').length, 1)
  const metrics = await relay.metrics()
  for (const reason of ['too many', 'too old'])
    t.equal(metrics.get(`relay_source_catch_up_cut_total{project="26",reason="${reason}"}`), 1)
})

t.test('nothing is asked where it is turned off', async (t) => {
  const { jira, tracker } = await systems(t, [1])
  const folder = await relayThatWasTold(t, setup(jira, tracker), tracker, Date.now() - HOUR_MS)
  const before = tracker.listed()
  const relay = await startRelay(t, { ...setup(jira, tracker, { catch_up: { every_minutes: 0 } }), folder })
  t.equal((await hook(relay, commented(2, { story: 1, at: Date.now(), text: 'note 2' }))).status, 202)
  await relay.allSettled(4)
  t.equal(tracker.listed(), before)
})

t.test('a relay that is killed while it catches up goes on after its next start, and repeats nothing', async (t) => {
  const { jira, tracker } = await systems(t, [1])
  const config = setup(jira, tracker)
  const folder = freshFolder(t)
  const { rhythm: _, ...written } = config
  const off = setup(jira, tracker, { catch_up: { every_minutes: 0 } })
  const file = await writeConfigAndDatabase(folder, { ...written, projects: off.projects ?? [] })
  const begin = Date.now() - HOUR_MS
  const first = await startRelayProcess(t, file)
  const told = commented(1, { story: 1, at: begin, text: 'the hook told this' })
  tracker.activity(told)
  const sent = await fetch(`${first.url}/hooks/26/${SECRET}`, {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify(told),
  })
  t.equal(sent.status, 202)
  first.signal('SIGTERM')
  await first.ended
  const missed = Array.from({ length: 350 }, (_, index) =>
    commented(2 + index, { story: 1, at: begin + (1 + index) * 1000, text: `note ${index}` }),
  )
  for (const each of missed) tracker.activity(each)
  writeConfig(folder, written)
  // The newest hundred and the oldest are answered.
  tracker.fault('hang', { where: (request) => isList(request) && request.query.get('offset') === '151' })
  const second = await startRelayProcess(t, file)
  await eventually(
    () => texts(jira, 'TEST-1').length,
    (count) => count > 40,
    'some have arrived',
  )
  second.signal('SIGKILL')
  await second.ended
  const third = await startRelayProcess(t, file)
  await eventually(
    () => texts(jira, 'TEST-1').length,
    (count) => count >= 351,
    'all have arrived',
  )
  t.strictSame(texts(jira, 'TEST-1'), ['the hook told this', ...missed.map((_, index) => `note ${index}`)])
  const [line] = await eventually(
    () => third.lines('caught up'),
    ({ length }) => length > 0,
    'it is through',
  )
  t.match(line, { refused: 0 })
  third.signal('SIGTERM')
  await third.ended
})

t.test('of two instances one asks', { skip }, async (t) => {
  const { jira, tracker } = await systems(t, [1])
  const config = { ...setup(jira, tracker), database: { client: 'postgres', url: await freshPostgres(t) } }
  const begin = Date.now() - HOUR_MS
  await relayThatWasTold(t, config, tracker, begin)
  const before = tracker.listed()
  for (let number = 2; number < 100; number += 1)
    tracker.activity(commented(number, { story: 1, at: begin + number * 1000, text: `note ${number}` }))
  const soon = { ...config, rhythm: { ...RHYTHM, catchUpSoonMs: 60_000 } }
  const relays = await Promise.all([startRelay(t, soon), startRelay(t, soon)])
  await relays[0].allSettled(2 + 98 * 2)
  t.equal(texts(jira, 'TEST-1').length, 99)
  await eventually(
    async () => (await relays[0].store.catchUps())[0]?.succeededAt ?? null,
    (at) => at !== null && at > begin,
    'one has ended',
  )
  t.equal(relays.flatMap((each) => each.lines('caught up')).length, 1)
  t.equal(tracker.listed() - before, 1)
})
