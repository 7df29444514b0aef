import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import Fastify from 'fastify'
import t from 'tap'
import { METRIC_WORDS } from '../../src/gateway/metric-words.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { createGuesses } from '../../src/routes/guesses.ts'
import { metricsRoutes } from '../../src/routes/metrics.ts'
import { SECRET, seriesOf, startRelay } from '../gateway/running-relay.ts'
import { changed, PROJECT } from '../gateway/tracker-says.ts'
import { startWebhookReceiver } from '../targets/webhook-receiver.ts'
import { families } from './exposition.ts'

const accepted = (number: number): string => changed(number, { story: '109', state: 'accepted' })

t.test('with a token, /metrics answers to that token alone', async (t) => {
  const token = 'metrics-token-0123456789'
  const relay = await startRelay(t, { server: { metrics_token: token } })
  for (const authorization of ['', token, `Basic ${token}`, `Bearer ${token}x`, 'Bearer ', `Token ${token}`]) {
    const answer = await relay.get('/metrics', authorization === '' ? {} : { authorization })
    t.equal(answer.status, 401, authorization)
    t.equal(answer.headers.get('www-authenticate'), 'Bearer')
    t.match(answer.headers.get('content-type'), 'application/problem+json')
    t.notMatch(answer.text, token)
  }
  t.equal((await relay.get('/metrics', { authorization: `bearer ${token}` })).status, 200)
  const answer = await relay.get('/metrics', { authorization: `Bearer ${token}` })
  t.equal(answer.status, 200)
  t.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
})

t.test('guesses of the token of /metrics are limited and logged', async (t) => {
  const token = 'metrics-token-0123456789'
  const relay = await startRelay(t, {
    server: { metrics_token: token, rate_limit: { wrong_secrets_per_address_per_minute: 2 } },
  })
  const asked = async (sent: string): Promise<number> =>
    (await relay.get('/metrics', { authorization: `Bearer ${sent}` })).status
  t.strictSame([await asked('one'), await asked('two'), await asked('three'), await asked(token)], [401, 401, 429, 429])
  t.match(relay.lines('wrong server.metrics_token'), [{ level: 'warn', address: '127.0.0.1' }, {}])
  t.equal((await relay.post(accepted(1))).status, 202, 'hooks of the same address are not concerned')
  relay.advance(61_000)
  t.equal(await asked(token), 200)
})

t.test('what is shown follows the naming rules of Prometheus, as promtool checks them', async (t) => {
  const relay = await startRelay(t)
  await relay.post(accepted(1))
  await relay.allSettled(1)
  const found = families((await relay.get('/metrics')).text)
  const own = found.filter(({ name }) => name.startsWith('relay_'))
  t.ok(own.length > 20)
  for (const { name } of found) t.match(name, /^(relay|process|nodejs)_[a-z0-9_]+$/)
  for (const { name, type, help, series } of own) {
    t.match(help, /^[A-Z0-9].+\.$/, `${name} has a sentence of help`)
    t.match(type, /^(counter|gauge|histogram)$/, name)
    t.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`)
    t.notMatch(name, /_(ms|milliseconds|minutes|hours|days|kb|kilobytes|count|sum|bucket|gauge|counter|histogram)$/)
    const labels = series.flatMap((one) => [...one.matchAll(/[{,]([^=,{}]+)="/g)].map(([, label]) => label ?? ''))
    for (const label of new Set(labels)) t.match(label, /^[a-z_]+$/, `${name}: ${label}`)
    if (type !== 'histogram') t.notOk(labels.includes('le'), name)
  }
})

t.test('every series that can be known beforehand is there from the start', async (t) => {
  const relay = await startRelay(t, { integrations: { room: { type: 'log' } } })
  const series = await relay.metrics()
  const at0 = [...series].filter(
    ([name, value]) => value === 0 && !/_bucket|_sum|^(process|nodejs|relay_store_commit)/.test(name),
  )
  const labelled = (name: string, label: string, values: readonly string[], others = ''): string[] =>
    values.map((value) => `${name}{${others}${label}="${value}"}`)
  t.strictSame(
    at0.map(([name]) => name).sort(),
    [
      ...labelled('relay_activities_received_total', 'format', ['xml', 'json'], `project="${PROJECT}",`),
      `relay_activities_duplicate_total{project="${PROJECT}"}`,
      ...labelled('relay_activities_rejected_total', 'reason', [
        ...[
          'empty',
          'encoding',
          'expression',
          'not an activity',
          'syntax',
          'doctype',
          'too deep',
          'list',
          'missing field',
        ],
        ...['bad field', 'too large', 'content encoding', 'wrong project', 'incomplete', 'wrong method', 'wrong path'],
        'signature',
      ]),
      ...labelled('relay_activities_ignored_total', 'reason', ['ping', 'no news', 'no story', 'own']),
      'relay_activities_unknown_kind_total',
      'relay_log_lines_dropped_total',
      ...labelled(
        'relay_http_requests_total',
        'code',
        ['200', '202', '400', '401', '404', '413', '415', '422', '429', '503'],
        'route="/hooks/:project/:secret",method="POST",',
      ),
      'relay_http_request_duration_seconds_count{route="/hooks/:project/:secret"}',
      ...labelled('relay_activities_unstored_total', 'reason', [
        'busy',
        'full',
        'unavailable',
        'overloaded',
        'stopping',
      ]),
      ...labelled(
        'relay_deliveries',
        'state',
        ['pending', 'delivering', 'waiting', 'held', 'delivered', 'skipped', 'dead'],
        'integration="room",',
      ),
      'relay_delivery_oldest_pending_timestamp_seconds{integration="room"}',
      ...labelled(
        'relay_delivery_attempts_total',
        'outcome',
        ['delivered', 'confirmed', 'skipped', 'retry', 'hold', 'in doubt', 'dead', 'expired'],
        'integration="room",',
      ),
      'relay_delivery_attempt_duration_seconds_count{integration="room"}',
      'relay_delivery_queue_wait_seconds_count{integration="room"}',
      'relay_delivery_end_to_end_seconds_count{integration="room"}',
      'relay_delivery_leases_lost_total{integration="room"}',
      'relay_breaker_state{integration="room",state="open"}',
      'relay_day_cap_reached{integration="room"}',
      'relay_integration_paused{integration="room"}',
      'relay_store_errors_total',
      ...labelled('relay_retention_deleted_total', 'table', ['activities', 'rejected']),
    ].sort(),
  )
  t.equal(series.get('relay_breaker_state{integration="room",state="closed"}'), 1)
  t.equal(series.get('relay_config_last_reload_successful'), 1)
  t.equal(series.get(`relay_build_info{version="0.0.0-test",node="${process.version}"}`), 1)
})

t.test('the numbers tell what happened', async (t) => {
  const receiver = await startWebhookReceiver({ secret: null })
  t.teardown(() => receiver.close())
  const relay = await startRelay(t, {
    integrations: {
      builds: { type: 'webhook', url: receiver.url, retry: { schedule_seconds: [1] } },
      room: { type: 'log', publish_story_state_changes: false },
    },
  })
  receiver.standIn.fault({ status: 404 })
  await relay.post(accepted(1))
  await relay.post(accepted(1))
  await relay.post(changed(2, { story: '110', state: 'accepted' }).replace('story_update', 'story_teleport'))
  await relay.post('no activity')
  await fetch(`${relay.url}/hooks/${PROJECT}/wrong`, { method: 'POST', body: 'x' })
  await relay.allSettled(2)
  const series = await relay.metrics()
  const shown = [...series].filter(
    ([name, value]) =>
      value !== 0 && /^relay_(http_requests|activities|deliver|breaker)/.test(name) && !/_bucket|_sum/.test(name),
  )
  const route = '/hooks/:project/:secret'
  t.strictSame(Object.fromEntries(shown), {
    [`relay_http_requests_total{route="${route}",method="POST",code="202"}`]: 2,
    [`relay_http_requests_total{route="${route}",method="POST",code="200"}`]: 1,
    [`relay_http_requests_total{route="${route}",method="POST",code="400"}`]: 1,
    [`relay_http_requests_total{route="${route}",method="POST",code="404"}`]: 1,
    [`relay_activities_received_total{project="${PROJECT}",format="xml"}`]: 2,
    [`relay_activities_duplicate_total{project="${PROJECT}"}`]: 1,
    'relay_activities_rejected_total{reason="not an activity"}': 1,
    relay_activities_unknown_kind_total: 1,
    'relay_deliveries{integration="builds",state="delivered"}': 2,
    'relay_delivery_attempts_total{integration="builds",outcome="delivered"}': 2,
    'relay_delivery_attempts_total{integration="builds",outcome="retry"}': 1,
    'relay_delivery_attempt_duration_seconds_count{integration="builds"}': 3,
    'relay_delivery_queue_wait_seconds_count{integration="builds"}': 2,
    'relay_delivery_end_to_end_seconds_count{integration="builds"}': 2,
    'relay_breaker_state{integration="builds",state="closed"}': 1,
    'relay_breaker_state{integration="room",state="closed"}': 1,
  })
})

t.test('a store that cannot be read hides no other metric', async (t) => {
  const relay = await startRelay(t)
  await relay.post(accepted(1))
  await relay.allSettled(1)
  await relay.store.close()
  const file = join(relay.folder, 'relay.db')
  renameSync(file, `${file}.away`)
  const answer = await relay.get('/metrics')
  t.equal(answer.status, 200)
  const series = seriesOf(answer.text)
  t.equal(series.get(`relay_activities_received_total{project="${PROJECT}",format="xml"}`), 1)
  t.equal(series.get('relay_deliveries{integration="log",state="delivered"}') ?? 1, 1)
})

t.test('a reload keeps what was counted, announces what is new and forgets how the old ones stood', async (t) => {
  const both = { room: { type: 'log' }, old: { type: 'log' } }
  const relay = await startRelay(t, { integrations: both })
  await relay.post(accepted(1))
  await relay.allSettled(2)
  const projects = [{ id: PROJECT, secret: SECRET, integrations: ['room', 'fresh'] }]
  await relay.reload({ projects, integrations: { room: { type: 'log' }, fresh: { type: 'log' } } })
  const series = await relay.metrics()
  t.equal(series.get('relay_delivery_end_to_end_seconds_count{integration="room"}'), 1)
  t.equal(series.get('relay_delivery_attempts_total{integration="room",outcome="delivered"}'), 1)
  t.equal(series.get('relay_delivery_attempts_total{integration="fresh",outcome="delivered"}'), 0)
  t.equal(series.get('relay_breaker_state{integration="fresh",state="closed"}'), 1)
  for (const gone of [
    'relay_breaker_state{integration="old",state="closed"}',
    'relay_integration_paused{integration="old"}',
    'relay_delivery_oldest_pending_timestamp_seconds{integration="old"}',
  ])
    t.equal(series.has(gone), false, gone)
})

t.test('requests that come at once share one look at the store', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  let looks = 0
  const metrics = createMetrics({ version: '1', words: METRIC_WORDS })
  await app.register(metricsRoutes, {
    metrics,
    guesses: createGuesses(0, () => 0),
    async refresh() {
      looks += 1
      await setImmediate()
    },
    token: () => undefined,
  })
  await Promise.all(Array.from({ length: 20 }, () => app.inject('/metrics')))
  t.equal(looks, 1)
  await app.inject('/metrics')
  t.equal(looks, 2, 'the next one looks again')
})
