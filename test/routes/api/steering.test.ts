import t from 'tap'
import { eventually } from '../../gateway/eventually.ts'
import { commented } from '../../gateway/tracker-says.ts'
import { startWebhookReceiver } from '../../targets/webhook-receiver.ts'
import { administeredRelay, READER, TOKENS } from './administered.ts'
import { withDead } from './dead-hook.ts'

t.test('many dead deliveries are counted first, and then sent again by a job', async (t) => {
  const { relay, receiver } = await withDead(t, 5)
  const { api } = relay
  const counted = await api('/replays', {
    method: 'POST',
    body: { deliveries: { integration: 'hook' }, dry_run: true },
  })
  t.match(
    [counted.status, counted.json()],
    [
      200,
      { total: 5, deliveries: [{ integration: 'hook', state: 'dead', count: 5 }], is_complete: true, replay: null },
    ],
  )
  t.strictSame((await api('/replays')).json(), { items: [], next: null })
  receiver.standIn.down(null)
  const started = await api('/replays', { method: 'POST', body: { deliveries: { text: 'kirk something' } } })
  t.match(
    [started.status, started.json()],
    [200, { total: 5, replay: { id: 1, who: 'kirk', state: 'running', total: 5, per_second: 50 } }],
  )
  const done = await eventually(
    async () => (await api('/replays/1', { token: READER })).json(),
    ({ state }) => state === 'done',
    'the job ends',
  )
  t.match(done, { released: 5, left_alone: 0, what: { deliveries: { states: ['dead'], text: 'kirk something' } } })
  await relay.allSettled(5)
  t.equal(receiver.accepted.length, 5)
  t.match((await api('/audit?action=replay')).json(), {
    items: [{ who: 'kirk', action: 'replay', result: '5 put into the queue, 0 left alone', detail: { replay: 1 } }],
    next: null,
  })
})

t.test('an activity is planned anew for an integration that was added later', async (t) => {
  const relay = await administeredRelay(t, { integrations: { log: { type: 'log' } } })
  for (const number of [1, 2]) await relay.post(commented(number, { story: '109', text: 'Engage' }))
  await relay.allSettled(2)
  await relay.reload({ integrations: { log: { type: 'log' }, second: { type: 'log' } }, admin: { tokens: TOKENS } })
  const body = { activities: { project: '26' } }
  const counted = await relay.api('/replays', { method: 'POST', body: { ...body, dry_run: true } })
  t.match(counted.json(), { total: 2, deliveries: [{ integration: 'second', state: 'new', count: 2 }] })
  t.equal((await relay.api('/replays', { method: 'POST', body })).status, 200)
  const all = await relay.allSettled(4)
  t.strictSame(
    all.map(({ integration, state }) => `${integration} ${state}`),
    ['log delivered', 'log delivered', 'second delivered', 'second delivered'],
  )
})

t.test('a job can be cancelled once', async (t) => {
  const { relay } = await withDead(t, 5)
  const { api } = relay
  await api('/replays', { method: 'POST', body: { deliveries: {}, per_second: 1 } })
  const cancelled = await api('/replays/1/cancel', { method: 'POST' })
  t.match([cancelled.status, cancelled.json()], [200, { state: 'cancelled', note: null }])
  const again = await api('/replays/1/cancel', { method: 'POST' })
  t.match([again.status, again.json()], [409, { detail: 'replay 1 has ended already: it is cancelled' }])
  t.equal((await api('/replays/77/cancel', { method: 'POST' })).status, 404)
  t.equal((await api('/replays/77')).status, 404)
})

t.test('what cannot be replayed is refused in words', async (t) => {
  const { api } = await administeredRelay(t)
  for (const [body, status, detail] of [
    [{}, 400, /either deliveries or activities/],
    [{ deliveries: {}, activities: {} }, 400, /either deliveries or activities/],
    [{ deliveries: { states: ['pending'] } }, 400, /must be one of dead, skipped, delivered/],
    [{ deliveries: { states: ['dead'], text: ' ' } }, 400, /text has no word to look for/],
    [{ deliveries: { colour: 'red' } }, 400, /deliveries: "colour" is unknown/],
    [{ deliveries: {}, per_second: 0 }, 400, /per_second must be >= 1/],
    [{ deliveries: {} }, 404, /nothing is replayed/],
  ] as const) {
    const answer = await api('/replays', { method: 'POST', body })
    t.match([answer.status, answer.json()], [status, { detail }])
  }
  t.equal((await api('/replays', { method: 'POST', token: READER, body: { deliveries: {} } })).status, 403)
})

t.test('a delivery is given up with a reason, and cannot be given up twice', async (t) => {
  const { relay } = await withDead(t, 1)
  const { api } = relay
  const skip = (id: number, body: object = { reason: 'wrong room' }) =>
    api(`/deliveries/${id}/skip`, { method: 'POST', body })
  t.match((await skip(1)).json(), { id: 1, state: 'skipped', note: 'skipped by kirk: wrong room' })
  const again = await skip(1)
  t.match([again.status, again.json()], [409, { detail: /settled already, and cannot be skipped: it was skipped/ }])
  t.equal((await skip(77)).status, 404)
  t.equal((await skip(1, {})).status, 400, 'the reason is missing')
  for (const text of ['  ', '\t\n']) {
    const all = await api('/deliveries/skip', { method: 'POST', body: { text, reason: 'old' } })
    t.match([all.status, all.json()], [400, { detail: 'text has no word to look for' }], 'it does not choose all')
  }
  t.match((await api('/audit')).json(), { items: [{}, { who: 'kirk', action: 'skip', subject: 'delivery 1' }] })
  t.match((await api('/deliveries/1/replay', { method: 'POST' })).json(), { id: 1, note: null })
  t.match((await api('/audit?who=kirk&limit=1')).json(), { items: [{ action: 'replay', subject: 'delivery 1' }] })
})

t.test('what waits for a removed integration is moved to another, or given up', async (t) => {
  const receiver = await startWebhookReceiver({ secret: null })
  t.teardown(() => receiver.close())
  const relay = await administeredRelay(t, {
    integrations: { old: { type: 'webhook', url: receiver.url }, log: { type: 'log' } },
  })
  await relay.store.savePause('old', null, 'moving', Date.now())
  await eventually(
    () =>
      relay.relay
        .workers()
        .find((each) => each.integration.name === 'old')
        ?.standing().pausedReason,
    Boolean,
    'paused',
  )
  for (const number of [1, 2, 3]) await relay.post(commented(number, { story: '109', text: 'Engage' }))
  const { api } = relay
  const move = (body: object) => api('/deliveries/move', { method: 'POST', body })
  t.match((await move({ from: 'old', to: 'log' })).json(), { status: 409, detail: /is in the config/ })
  await relay.reload({
    integrations: { fresh: { type: 'webhook', url: receiver.url }, log: { type: 'log' } },
    admin: { tokens: TOKENS },
  })
  t.match((await move({ from: 'old', to: 'log' })).json(), { status: 409, detail: /was of type webhook, but "log"/ })
  t.match((await move({ from: 'old', to: 'nowhere' })).json(), { status: 404 })
  t.match((await move({ from: 'unheard', to: 'log' })).json(), { status: 400, detail: /say so with the type/ })
  const one = await api('/deliveries/skip', { method: 'POST', body: { integration: 'old', ids: [5], reason: 'old' } })
  t.match(one.json(), { total: 1, skipped: 1, being_delivered: 0 })
  const counted = await api('/deliveries/skip', {
    method: 'POST',
    body: { integration: 'old', reason: 'old', dry_run: true },
  })
  t.match(counted.json(), { total: 2, skipped: 0, deliveries: [{ integration: 'old', state: 'pending', count: 2 }] })
  t.match((await move({ from: 'old', to: 'fresh' })).json(), { moved: 2 })
  await relay.allSettled(6)
  t.equal(receiver.accepted.length, 2)
  t.match((await api('/audit?action=move')).json(), { items: [{ who: 'kirk', result: '2 moved' }] })
})

t.test('a story is erased on request, after it was counted', async (t) => {
  const relay = await administeredRelay(t)
  await relay.post(commented(1, { story: '109', text: 'Engage' }))
  await relay.allSettled(1)
  const ask = (body: object, token?: string) =>
    relay.api('/erasures', { method: 'POST', body, ...(token === undefined ? {} : { token }) })
  t.match((await ask({ story: '109' })).json(), { dry_run: true, activities: 1, deliveries: 1, left: 0, lists: 0 })
  t.equal((await relay.deliveries()).length, 1)
  t.match((await ask({ story: '109', dry_run: false })).json(), { dry_run: false, activities: 1 })
  t.strictSame(await relay.deliveries(), [])
  t.equal((await ask({})).status, 400)
  t.equal((await ask({ person: 'Uhura', story: '1' })).status, 400)
  t.match((await ask({ person: 'U' })).json(), { status: 400, detail: /fewer than 3 letters/ })
  t.equal((await ask({ story: '109' }, READER)).status, 403)
})
