import t from 'tap'
import { eventually } from '../../gateway/eventually.ts'
import { changed, commented, PROJECT } from '../../gateway/tracker-says.ts'
import { startJira } from '../../targets/jira.ts'
import { startWebhookReceiver } from '../../targets/webhook-receiver.ts'
import { administeredRelay, TOKENS } from './administered.ts'

const SIGNING = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

t.test('an integration is paused with a reason and resumed, and says in a sentence how it stands', async (t) => {
  const relay = await administeredRelay(t)
  t.match((await relay.api('/integrations')).json(), {
    items: [
      {
        name: 'log',
        type: 'log',
        title: 'Log',
        projects: ['26'],
        standing: { state: 'running', sentence: 'Running; nothing waits.', since: null, reason: null },
        open: 0,
        due: 0,
        oldest_open_at: null,
        last_success_at: null,
        limits: { max_per_day: null, sent_today: null, waiting_for_cap: 0 },
      },
    ],
  })
  const paused = await relay.api('/integrations/log/pause', { method: 'POST', body: { reason: 'moving house' } })
  t.match(paused.json(), {
    standing: {
      state: 'paused',
      sentence: /^Paused by an operator since .* UTC: moving house\. Resume it to go on\.$/,
      reason: 'moving house',
    },
  })
  await relay.post(changed(1, { story: '109', state: 'started' }))
  t.match((await relay.api('/integrations/log')).json(), {
    deliveries: { pending: 1 },
    open: 1,
    due: 1,
    oldest_open_at: /Z$/,
  })
  t.equal((await relay.deliveries())[0]?.state, 'pending')
  t.match((await relay.api('/integrations/log/resume', { method: 'POST' })).json(), { standing: { state: 'running' } })
  await relay.allSettled(1)
  t.match((await relay.api('/integrations/log')).json(), { deliveries: { delivered: 1 }, last_success_at: /Z$/ })
  t.match((await relay.api('/audit')).json(), {
    items: [
      { who: 'kirk', action: 'resume', subject: 'integration log', detail: null, result: 'done' },
      { who: 'kirk', action: 'pause', subject: 'integration log', detail: { reason: 'moving house' } },
    ],
  })
  t.equal((await relay.api('/integrations/nobody')).status, 404)
  t.equal((await relay.api('/integrations/nobody/pause', { method: 'POST' })).status, 404)
})

t.test('an integration that is held says since when and why; a reached cap, when it goes on', async (t) => {
  const receiver = await startWebhookReceiver({ secret: SIGNING })
  t.teardown(() => receiver.close())
  receiver.standIn.down({ status: 503 })
  const hook = { type: 'webhook', url: receiver.url, secret: SIGNING, breaker: { failures: 1 } }
  const relay = await administeredRelay(t, { integrations: { hook, log: { type: 'log', max_per_day: 1 } } })
  await relay.post(changed(1, { story: '109', state: 'started' }))
  await relay.post(changed(2, { story: '110', state: 'started' }))
  await eventually(
    async () =>
      (await relay.api('/integrations')).json() as { items: { standing: { state: string; since: string | null } }[] },
    ({ items }) =>
      items[0]?.standing.state === 'held' && items[0].standing.since !== null && items[1]?.standing.state === 'capped',
    'one is held and the other has reached its cap',
  )
  t.match((await relay.api('/integrations')).json(), {
    items: [
      { standing: { sentence: /^On hold since .* UTC: .*503.*\. Tried again at .* UTC\.$/, until: /Z$/ } },
      {
        standing: { sentence: /^The day's cap of 1 is reached; sending goes on at .* 00:00:00 UTC\.$/ },
        limits: { max_per_day: 1, sent_today: 1, waiting_for_cap: 1 },
      },
    ],
  })
})

t.test('what the config has no more is listed while it has open deliveries', async (t) => {
  const relay = await administeredRelay(t)
  await relay.api('/integrations/log/pause', { method: 'POST' })
  await relay.post(changed(1, { story: '109', state: 'started' }))
  await relay.reload({ admin: { tokens: TOKENS }, integrations: { other: { type: 'log' } } })
  t.match((await relay.api('/integrations')).json(), {
    items: [{ name: 'other' }, { name: 'log', type: null, standing: { state: 'not configured' }, open: 1 }],
  })
  t.equal((await relay.api('/integrations/log/resume', { method: 'POST' })).status, 409)
})

t.test('a test message is visible where the integration announces', async (t) => {
  const relay = await administeredRelay(t)
  t.match((await relay.api('/integrations/log/test', { method: 'POST' })).json(), {
    fine: true,
    sent: true,
    message: 'The test message was sent: logged',
  })
  t.match(relay.output(), /Tracker Relay commented on \\"Test message\\".*This is a test message, sent at/)
  t.strictSame(await relay.deliveries(), [], 'and no delivery')
})

t.test('a web hook gets a signed test event, and what it answers is shown without secrets', async (t) => {
  const receiver = await startWebhookReceiver({ secret: SIGNING })
  t.teardown(() => receiver.close())
  const hook = { type: 'webhook', url: receiver.url, secret: SIGNING }
  const relay = await administeredRelay(t, { integrations: { hook } })
  const sent = await relay.api('/integrations/hook/test', { method: 'POST' })
  t.match(sent.json(), { fine: true, sent: true, exchanges: [{ method: 'POST', status: 202 }] })
  t.notMatch(sent.text, 'letmein')
  const [event] = receiver.accepted
  t.match(event?.id, /^test_[0-9a-f]{24}$/)
  t.match(JSON.parse(event?.body ?? ''), { type: 'test', data: { kind: 'test', stories: [] } })
  receiver.standIn.down({ status: 500 })
  t.match((await relay.api('/integrations/hook/test', { method: 'POST' })).json(), { fine: false, message: /500/ })
  t.match((await relay.api('/integrations/hook/check', { method: 'POST' })).json(), { findings: [{ level: /./ }] })
})

t.test('a ticket system is checked instead', async (t) => {
  const jira = await startJira({})
  t.teardown(() => jira.close())
  const integration = { type: 'jira', base_url: jira.url, personal_access_token: 'NjUwMjE5MTk3NTY3Oq-pat' }
  const relay = await administeredRelay(t, { integrations: { jira: integration } })
  const tested = (await relay.api('/integrations/jira/test', { method: 'POST' })).json()
  t.match(tested, { sent: false, message: /^Nothing was written, since jira has no place for a test message/ })
  t.ok((tested.findings as unknown[]).length > 0)
  t.strictSame(
    jira.requests.filter(({ method }) => method !== 'GET'),
    [],
  )
})

t.test('a delivery is replayed once it is settled, and shown with its attempts', async (t) => {
  const relay = await administeredRelay(t)
  await relay.post(changed(1, { story: '109', state: 'started' }))
  await relay.allSettled(1)
  t.match((await relay.api('/deliveries/1')).json(), {
    id: 1,
    activity: 1,
    state: 'delivered',
    attempts_made: [{ number: 1, outcome: 'delivered', note: /^logged: /, exchanges: [] }],
  })
  await relay.api('/integrations/log/pause', { method: 'POST' })
  t.match((await relay.api('/deliveries/1/replay', { method: 'POST' })).json(), { state: 'pending' })
  const again = await relay.api('/deliveries/1/replay', { method: 'POST' })
  t.match([again.status, again.json()], [409, { detail: 'delivery 1 is pending: it is still in the queue' }])
  await relay.api('/integrations/log/resume', { method: 'POST' })
  await eventually(
    () => relay.deliveries(),
    ([one]) => one?.attempts === 2,
    'it is sent again',
  )
})

t.test('links are set, listed page by page, looked up by ticket, and forgotten', async (t) => {
  const relay = await administeredRelay(t)
  for (const story of ['109', '110', '111']) {
    const body = { external_id: `ENT-${story}`, system: 'jira' }
    t.match((await relay.api(`/links/26/${story}`, { method: 'PUT', body })).json(), {
      project: '26',
      story,
      external_id: `ENT-${story}`,
      source: 'operator',
    })
  }
  const first = (await relay.api('/links?limit=2')).json() as { items: { story: string }[]; next: string }
  t.strictSame(
    first.items.map(({ story }) => story),
    ['109', '110'],
  )
  t.match((await relay.api(`/links?limit=2&cursor=${first.next}`)).json(), { items: [{ story: '111' }], next: null })
  t.match((await relay.api('/links?ticket=ENT-110')).json(), { items: [{ story: '110' }], next: null })
  t.match((await relay.api('/links/26/109', { method: 'PUT', body: { external_id: null } })).json(), {
    external_id: null,
    system: null,
  })
  t.equal((await relay.api('/links/26/109', { method: 'DELETE' })).status, 204)
  t.equal((await relay.api('/links/26/109', { method: 'DELETE' })).status, 404)
  t.equal((await relay.api('/links/26/109')).status, 404)
  const wrong = await relay.api('/links/27/109', { method: 'PUT', body: { external_id: 'ENT-1', system: 'jra' } })
  t.match([wrong.status, wrong.json()], [400, { detail: /system: expected .*jira.*, found "jra"/ }])
})

t.test('a rejected request is shown, mended, handed in, and deleted', async (t) => {
  const relay = await administeredRelay(t)
  await relay.post('<activity><id>1</id></activity>')
  await relay.post('hello')
  const body = commented(3, { story: '109', text: 'Aye' })
  t.match((await relay.api('/rejected')).json(), {
    items: [
      { id: 2, reason: 'not an activity' },
      { id: 1, project: PROJECT },
    ],
    next: null,
  })
  t.match((await relay.api('/rejected?reason=missing%20field')).json(), { items: [{ id: 1 }] })
  t.match((await relay.api('/rejected/1')).json(), {
    body: '<activity><id>1</id></activity>',
    body_encoding: 'utf8',
    lacks: null,
    head: { method: 'POST' },
  })
  const refused = await relay.api('/rejected/1/hand-in', { method: 'POST' })
  t.match([refused.status, refused.json()], [400, { type: 'urn:tracker-relay:missing-field' }])
  t.equal(
    ((await relay.api('/rejected')).json() as { items: unknown[] }).items.length,
    2,
    'it is not kept a second time',
  )
  t.match((await relay.api('/rejected/1/hand-in', { method: 'POST', body: { project: 'enterprise' } })).json(), {
    detail: /"enterprise" is not in the config/,
  })
  t.match((await relay.api('/rejected/1/hand-in', { method: 'POST', body: { body } })).json(), {
    activity: 1,
    new: 1,
    deliveries: 1,
    refused: [],
  })
  await relay.allSettled(1)
  t.equal((await relay.api('/rejected/1')).status, 404)
  t.equal((await relay.api('/rejected/2', { method: 'DELETE' })).status, 204)
  t.equal((await relay.api('/rejected/2', { method: 'DELETE' })).status, 404)
})

t.test('an import is previewed, read again when it is asked for, and says why it failed', async (t) => {
  const finds = [
    {
      id: '10001',
      key: 'TEST-1',
      fields: {
        summary: 'Phasers',
        description: 'Hot.',
        issuetype: { name: 'Bug' },
        created: '2021-01-17T12:34:00.000+0100',
      },
    },
    {
      id: '10002',
      key: 'TEST-2',
      fields: { summary: 'Shields', issuetype: { name: 'Story' }, created: '2021-01-17T12:34:00.000+0100' },
    },
  ]
  const jira = await startJira({ filters: [{ id: '10000', name: 'All', jql: 'project = TEST', finds }] })
  t.teardown(() => jira.close())
  const integration = {
    type: 'jira',
    base_url: jira.url,
    personal_access_token: 'NjUwMjE5MTk3NTY3Oq-pat',
    filter_id: 10000,
    import: { secret: 'an-imports-secret-001', cache_seconds: 3600 },
  }
  const relay = await administeredRelay(t, { integrations: { jira: integration, log: { type: 'log' } } })
  t.match((await relay.api('/imports')).json(), {
    items: [{ integration: 'jira', access: 'secret', ready: true, read_at: null, tickets: null }],
  })
  t.match((await relay.api('/imports/jira/tickets?limit=1')).json(), {
    items: [{ external_id: 'TEST-1', story_type: 'bug' }],
    more: true,
    stale: null,
  })
  const whole = await eventually(
    async () => (await relay.api('/imports')).json() as { items: { tickets: number | null }[] },
    ({ items }) => items[0]?.tickets === 2,
    'the list is whole',
  )
  t.match(whole, { items: [{ reading: false, read_at: /Z$/, failure: null }] })
  const before = jira.requests.length
  t.equal((await relay.api('/imports/jira/refresh', { method: 'POST' })).status, 202)
  await eventually(
    async () => jira.requests.length,
    (count) => count > before,
    'the source is read again',
  )
  await eventually(
    async () => (await relay.api('/imports')).json() as { items: { reading: boolean }[] },
    ({ items }) => items[0]?.reading === false,
    'it ends',
  )
  jira.down({ status: 401 })
  await relay.api('/imports/jira/refresh', { method: 'POST' })
  await eventually(
    async () => (await relay.api('/imports')).json() as { items: { failure: object | null }[] },
    ({ items }) => items[0]?.failure != null,
    'the failure is told',
  )
  const rests = await relay.api('/imports/jira/refresh', { method: 'POST' })
  t.match([rests.status, rests.json()], [502, { type: 'urn:tracker-relay:source-failed' }])
  t.equal((await relay.api('/imports/log/tickets')).status, 404)
})

t.test('the config in force is shown, and none of its secrets', async (t) => {
  const relay = await administeredRelay(t, {
    server: { admin_token: 'another-admins-token-1' },
    credentials: { keys: ['a key that is long enough for the test of it'] },
    integrations: {
      hook: {
        type: 'webhook',
        url: 'https://hooks.example.com/x?key=k3yk3yk3yk3y',
        secret: SIGNING,
        headers: { 'x-key': 'abcabcabc' },
      },
    },
  })
  const answer = await relay.api('/config')
  t.match(answer.json(), {
    server: { host: '127.0.0.1', admin_token: '[secret]' },
    admin: { tokens: [{ name: 'kirk', role: 'operate', token: '[secret]' }, { name: 'chekov' }] },
    projects: [{ id: '26', integrations: ['hook'] }],
    integrations: { hook: { type: 'webhook', secret: '[secret]' } },
    retention: { days: 90 },
  })
  const whole = answer.text + (await relay.api('/integrations/hook')).text
  for (const secret of [
    ...TOKENS.map(({ token }) => token),
    'another-admins',
    'long enough',
    SIGNING,
    'k3yk3yk3yk3y',
    'kobayashi-maru-1701',
  ])
    t.notMatch(whole, secret)
})
