import { readFileSync } from 'node:fs'
import t from 'tap'
import { Type } from 'typebox'
import { defineSource } from '../../src/sources/contract/source.ts'
import { hmac } from '../sources/mapped/mapped-source.ts'
import { startJira } from '../targets/jira.ts'
import { type RelaySetup, type RunningRelay, SECRET, startRelay } from './running-relay.ts'

type Test = Parameters<typeof startRelay>[0]

const body = (tool: string, name: string): Buffer => readFileSync(`test/sources/mapped/bodies/${tool}/${name}.json`)

async function start(t: Test, source: object, setup: RelaySetup = {}): Promise<RunningRelay> {
  const project = { id: 'engine', secret: SECRET, integrations: ['log'], source: { type: 'mapped', ...source } }
  return await startRelay(t, { projects: [project], integrations: { log: { type: 'log' } }, ...setup })
}

t.test('what Taiga sends is verified, stored as it was read, and carried on', async (t) => {
  const signing_secret = 'analytical-engine'
  const relay = await start(t, { tool: 'taiga', signing_secret })
  const closed = body('taiga', 'userstory_changed_closed')
  const headers = { 'x-taiga-webhook-signature': hmac(closed, 'sha1', signing_secret) }
  t.equal((await relay.post(closed, headers)).status, 202)
  t.equal((await relay.post(closed, headers)).status, 200, 'the same again is a duplicate')
  t.equal((await relay.post(closed)).status, 401)
  const [delivery] = await relay.allSettled(1)
  t.match(delivery, { state: 'delivered', effect: { kind: 'announce', what: 'accepted', author: 'Ada Byron' } })
  t.match(delivery?.note, /taiga\.example\.com\/project\/ada-engine\/us\/5/)
  const ping = body('taiga', 'webhook_test')
  const tested = await relay.post(ping, { 'x-taiga-webhook-signature': hmac(ping, 'sha1', signing_secret) })
  t.equal(tested.status, 200)
  t.strictSame(tested.json(), { ignored: 'Taiga tests the web hook' })
})

t.test('an edited, a deleted and a restored comment of Taiga carry no state again', async (t) => {
  const relay = await start(t, { tool: 'taiga' })
  for (const name of [
    'userstory_commented_with_status',
    'userstory_comment_edited',
    'userstory_comment_deleted',
    'userstory_comment_undeleted_later',
  ])
    t.equal((await relay.post(body('taiga', name))).status, 202, name)
  const { activities } = await relay.store.activityPage({ limit: 10 })
  const stored = await Promise.all(activities.map(({ id }) => relay.store.storedActivity(id)))
  const states = stored.map(({ normalised }) => {
    const { stories } = JSON.parse(normalised ?? '') as { stories: { fields: { currentState?: string } }[] }
    return stories[0]?.fields.currentState ?? null
  })
  t.strictSame(states.reverse(), ['finished', null, null, null])
})

t.test('a status of OpenProject counts when it is another one than before', async (t) => {
  const relay = await start(t, { tool: 'openproject' })
  const told: (string | null)[] = []
  for (const name of [
    'work_package_updated',
    'work_package_updated_with_actor',
    'work_package_updated_closed',
    'work_package_comment',
  ]) {
    const { id } = (await relay.post(body('openproject', name))).json()
    const { normalised } = await relay.store.storedActivity(Number(id))
    const { stories } = JSON.parse(normalised ?? '') as {
      stories: { fields: { currentState?: string }; original: { currentState?: string } }[]
    }
    const { fields, original } = stories[0] ?? { fields: {}, original: {} }
    told.push(fields.currentState === undefined ? null : `${original.currentState} to ${fields.currentState}`)
  }
  t.strictSame(told, [null, 'unstarted to started', 'started to accepted', null])
})

t.test("a project whose expression never ends does not hold up another's hook", async (t) => {
  const endless = '$contains(text, /^(a+)+$/) ? { "occurredAt": at } : { "ignored": "no news" }'
  const quick = '{ "occurredAt": at, "author": "Ada", "stories": { "id": 1, "change": "create" } }'
  const project = (id: string, expression: string) => ({
    ...{ id, secret: SECRET, integrations: ['log'] },
    source: { type: 'mapped', expression, time_limit_ms: 1000 },
  })
  const relay = await start(t, {}, { projects: [project('stuck', endless), project('quick', quick)] })
  const post = async (id: string, text: string) => {
    const response = await fetch(`${relay.url}/hooks/${id}/${SECRET}`, {
      method: 'POST',
      body: JSON.stringify({ at: '2026-11-24T12:00:00Z', text }),
    })
    return { status: response.status, answer: (await response.json()) as { detail?: string } }
  }
  // Both processes are warm.
  t.equal((await post('stuck', 'b')).status, 200)
  t.equal((await post('quick', 'first')).status, 202)
  const order: string[] = []
  const stuck = post('stuck', `${'a'.repeat(40)}!`).finally(() => order.push('stuck'))
  t.equal((await post('quick', 'second').finally(() => order.push('quick'))).status, 202)
  const { status, answer } = await stuck
  t.strictSame(order, ['quick', 'stuck'])
  t.equal(status, 422)
  t.match(answer, { type: 'urn:tracker-relay:expression', detail: 'the expression takes longer than 1 s' })
  t.equal((await post('stuck', 'b')).status, 200, 'in a new process')
  const { requests } = await relay.store.rejectedPage({ limit: 10 })
  t.match(requests, [{ projectId: 'stuck', reason: 'expression' }])
})

t.test('a refused body is kept with the headers that the expression reads, but no secret', async (t) => {
  const relay = await start(t, {
    expression: '{ "occurredAt": at, "author": $headers."X-By", "stories": { "id": id } }',
    secret_header: 'X-Board-Token',
    header_secret: 'analytical-engine',
  })
  const headers = { 'x-by': 'Ada', 'x-board-token': 'analytical-engine' }
  const answer = await relay.post('{"at":"2026-11-24T12:00:00Z"}', headers)
  t.equal(answer.status, 422)
  t.match(answer.json(), { type: 'urn:tracker-relay:expression', detail: 'stories[0].id is missing' })
  const [request] = (await relay.store.rejectedPage({ limit: 1 })).requests
  const kept = await relay.store.rejectedRequest(request?.id ?? 0)
  t.match(kept?.head, { 'x-by': 'Ada' })
  t.notMatch(JSON.stringify(kept?.head), /analytical|token/)
})

t.test('another expression is in force after a reload, and what the old one began is ended', async (t) => {
  const ended: string[] = []
  const counted = defineSource({
    ...{
      name: 'counted',
      title: 'Counted',
      paste: 'Put it in as the URL.',
      settings: Type.Object({ as: Type.String() }),
    },
    configure: ({ as }) => ({
      ...{ name: 'counted', headers: [] },
      read: () => ({ ignored: 'ping', detail: as }),
      close: async () => {
        ended.push(as)
      },
    }),
  })
  const setup = (expression: string, as: string): RelaySetup => ({
    sources: [counted],
    integrations: { log: { type: 'log' } },
    projects: [
      { id: 'engine', secret: SECRET, integrations: ['log'], source: { type: 'mapped', expression } },
      { id: 'counted', secret: SECRET, integrations: ['log'], source: { type: 'counted', as } },
    ],
  })
  const saying = (detail: string): string => `{ "ignored": "ping", "detail": "${detail}" }`
  const relay = await startRelay(t, setup(saying('one'), 'first'))
  t.strictSame((await relay.post('{}')).json(), { ignored: 'one' })
  await relay.reload(setup(saying('two'), 'second'))
  t.strictSame(ended, ['first'])
  t.strictSame((await relay.post('{}')).json(), { ignored: 'two' })
  await relay.relay.close()
  t.strictSame(ended, ['first', 'second'])
})

t.test('a status that the relay has set in JIRA comes back, and is carried nowhere', async (t) => {
  const jira = await startJira()
  t.teardown(jira.close)
  jira.add('TEST-1')
  const source = (tool: string) => ({ type: 'mapped', tool })
  const relay = await start(
    t,
    {},
    {
      projects: [
        { id: 'engine', secret: 'a-hook-of-the-engine', integrations: ['jira'], source: source('taiga') },
        { id: 'tickets', secret: 'a-hook-of-the-tickets', integrations: ['log'], source: source('jira') },
      ],
      integrations: {
        log: { type: 'log' },
        jira: { type: 'jira', base_url: jira.url, api_username: 'relay', api_password: 'correct horse' },
      },
    },
  )
  const send = async (project: string, event: object): Promise<number> => {
    const answer = await fetch(`${relay.url}/hooks/${project}/a-hook-of-the-${project}`, {
      ...{ method: 'POST', body: JSON.stringify(event) },
    })
    return answer.status
  }
  const moved = (from: string, to: string, timestamp: number) => ({
    ...{ timestamp, webhookEvent: 'jira:issue_updated', user: { name: 'relay', displayName: 'Relay' } },
    issue: {
      ...{ id: '10000', key: 'TEST-1', self: `${jira.url}/rest/api/2/issue/10000` },
      fields: { summary: 'Shields', status: { name: to, id: to } },
    },
    changelog: { id: String(timestamp), items: [{ field: 'status', from, fromString: from, to, toString: to }] },
  })

  const closed = JSON.parse(body('taiga', 'userstory_changed_closed').toString()) as { data: object }
  t.equal(await send('engine', { ...closed, data: { ...closed.data, tags: ['jira:TEST-1'] } }), 202)
  await relay.allSettled(1)
  t.equal(jira.statusOf('TEST-1'), 'Resolved')
  const now = Date.now()
  for (let time = 0; time < 100; time += 1) t.equal(await send('tickets', moved('Open', 'Resolved', now)), 200)
  t.equal((await relay.metrics()).get('relay_activities_ignored_total{reason="own"}'), 100)
  t.equal((await relay.deliveries()).length, 1)
  t.equal(await send('tickets', moved('Resolved', 'Reopened', now + 1000)), 202, 'a person')
  t.equal(await send('tickets', moved('Reopened', 'Resolved', now + 2000)), 202, 'the same as the relay did')
})
