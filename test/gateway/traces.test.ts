import { createRequire } from 'node:module'
import t, { type Test } from 'tap'
import { openTracing } from '../../src/observability/open-tracing.ts'
import type { Tracing } from '../../src/observability/tracing.ts'
import { jamesToken, startCampfire } from '../../src/stand-ins/campfire.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../../src/stand-ins/webhook-receiver.ts'
import { startJira } from '../targets/jira.ts'
import { type OtlpCollector, type ReceivedSpan, startOtlpCollector } from '../targets/otlp-collector.ts'
import { startTracker } from '../targets/tracker.ts'
import { eventually } from './eventually.ts'
import { startRelayProcess } from './relay-process.ts'
import { freshFolder, SECRET, startRelay, writeConfigAndDatabase } from './running-relay.ts'
import { commented } from './tracker-says.ts'

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const [, TRACE = '', CALLER = ''] = PARENT.split('-')
const xml = { 'content-type': 'application/xml' }
const told = { ...xml, traceparent: PARENT, tracestate: 'rojo=1' }
const [SERVER, CLIENT, CONSUMER, INTERNAL] = [2, 3, 5, 1]

/** The libraries read their settings from the environment of the process. */
async function tracingTo(collector: OtlpCollector, more: Record<string, string> = {}): Promise<Tracing> {
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '20',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer of-the-collector',
    OTEL_TRACES_SAMPLER: 'parentbased_always_on',
    ...more,
  }
  Object.assign(process.env, environment)
  const tracing = await openTracing(environment, {
    version: '1.2.3',
    warn(problem) {
      throw new Error(problem)
    },
  })
  if (tracing === null) throw new Error('nothing is traced')
  return tracing
}

async function started(t: Test): Promise<{ collector: OtlpCollector; receiver: WebhookReceiver; hook: object }> {
  const collector = await startOtlpCollector()
  const receiver = await startWebhookReceiver({ secret: null })
  t.teardown(() => Promise.all([collector.close(), receiver.close()]).then(() => {}))
  return {
    collector,
    receiver,
    hook: { type: 'webhook', url: receiver.url, retry: { schedule_seconds: [1], jitter: 0 } },
  }
}

const only = (spans: readonly ReceivedSpan[]): ReceivedSpan => {
  const [span] = spans
  if (span === undefined || spans.length > 1) throw new Error(`there are ${spans.length} spans`)
  return span
}

const sdkFiles = (): string[] =>
  Object.keys(createRequire(import.meta.url).cache).filter((file) => /@opentelemetry\/(sdk|exporter|otlp)/.test(file))

t.test('OpenTelemetry is loaded only where traces are asked for', async (t) => {
  const relay = await startRelay(t, { tracing: await openTracing({}, { version: '1', warn() {} }) })
  await relay.post(commented(1, { story: '109', text: 'Engage' }), told)
  await relay.allSettled(1)
  t.strictSame(sdkFiles(), [])
  const { collector } = await started(t)
  await (await tracingTo(collector)).close()
  t.ok(sdkFiles().length > 0)
})

t.test('one trace leads from the sender by the hook, the commit and each attempt to the target', async (t) => {
  const { collector, receiver, hook } = await started(t)
  receiver.standIn.fault({ status: 503, body: 'not now' })
  const relay = await startRelay(t, { integrations: { builds: hook }, tracing: await tracingTo(collector) })
  t.equal((await relay.post(commented(1, { story: '109', text: 'Engage' }), told)).status, 202)
  const attempts = await collector.named('deliver builds')
  relay.advance(60_000)
  const [delivery] = await relay.allSettled(1)
  await collector.named('deliver builds', 2)
  const requests = await collector.named('POST', 2)
  const server = only(await collector.named('POST /hooks/:project/:secret'))
  const commit = only(await collector.named('commit'))
  t.equal(attempts.length, 1)
  t.strictSame([server.traceId, server.parentSpanId, server.kind, server.traceState], [TRACE, CALLER, SERVER, 'rojo=1'])
  t.match(server.attributes, {
    'http.request.method': 'POST',
    'http.route': '/hooks/:project/:secret',
    'tracker_relay.project': '26',
    'tracker_relay.activity.kind': 'note_create',
  })
  t.equal(Number(server.attributes['http.response.status_code']), 202)
  t.strictSame([commit.traceId, commit.parentSpanId, commit.kind], [TRACE, server.spanId, INTERNAL])
  const tried = collector.spans.filter(({ name }) => name === 'deliver builds')
  t.strictSame(
    tried.map(({ traceId, parentSpanId, kind, status, attributes }) => [
      ...[traceId, parentSpanId, kind, status],
      ...[Number(attributes['tracker_relay.attempt']), attributes['tracker_relay.outcome']],
    ]),
    [
      [TRACE, server.spanId, CONSUMER, 2, 1, 'in doubt'],
      [TRACE, server.spanId, CONSUMER, 0, 2, 'delivered'],
    ],
  )
  t.match(tried[0]?.problem, /503/)
  t.equal(tried[1]?.attributes['messaging.message.id'], delivery?.key)
  t.strictSame(
    requests.map(({ parentSpanId, kind, status, attributes }) => [
      ...[parentSpanId, kind, status, Number(attributes['http.response.status_code'])],
    ]),
    [
      [tried[0]?.spanId, CLIENT, 2, 503],
      [tried[1]?.spanId, CLIENT, 0, 202],
    ],
  )
  t.strictSame(
    receiver.standIn.requests.map(({ headers }) => [headers.traceparent, headers.tracestate]),
    requests.map(({ spanId }) => [`00-${TRACE}-${spanId}-01`, 'rojo=1']),
    'the web hook is told of the request that it gets',
  )
  for (const { startNs, endNs } of collector.spans) t.ok(endNs >= startNs && startNs > 0n)
  const log = relay.lines().filter(({ trace_id }) => trace_id === TRACE)
  t.strictSame([...new Set(log.map(({ msg }) => msg))].sort(), ['activity', 'delivery'], 'the log names the trace')
})

t.test('no secret is in a trace', async (t) => {
  const { collector, receiver, hook } = await started(t)
  const room = await startCampfire()
  t.teardown(() => room.close())
  const relay = await startRelay(t, {
    integrations: {
      builds: { ...hook, headers: { authorization: 'Bearer of-the-receiver' } },
      room: { type: 'campfire', base_url: room.url, api_token: jamesToken, room_id: 42 },
    },
    tracing: await tracingTo(collector),
  })
  await relay.post(commented(1, { story: '109', text: 'The words of a person' }), xml)
  await relay.allSettled(2)
  await collector.named('deliver room')
  await collector.named('POST', 2)
  await relay.stop()
  const all = JSON.stringify(collector.spans, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  for (const secret of [SECRET, 'letmein', 'of-the-receiver', jamesToken, 'of-the-collector', 'words of a person'])
    t.notMatch(all, secret)
  t.match(all, '/hooks/tracker?token=[secret]'.replaceAll(/[?[\]]/g, '$&'), 'the address is told without its secret')
  t.equal(collector.headers().authorization, 'Bearer of-the-collector')
  t.ok(room.requests.length > 0)
  for (const { headers } of room.requests) t.equal(headers.traceparent, undefined, 'only web hooks are told of traces')
  t.match(receiver.standIn.requests[0]?.headers.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/, 'also of a new trace')
})

t.test('each request of an attempt is below it, also those to Tracker for the ticket of the story', async (t) => {
  const { collector } = await started(t)
  const jira = await startJira()
  const api = await startTracker()
  t.teardown(() => Promise.all([jira.close(), api.close()]).then(() => {}))
  jira.add('TEST-1280')
  api.integration('26', { id: '33', kind: 'jira', baseUrl: jira.url })
  api.story('26', '109', { integrationId: '33', externalId: 'TEST-1280' })
  const tracker = { api_url: `${api.url}/services/{version}`, token: api.token }
  const relay = await startRelay(t, {
    projects: [{ id: '26', secret: SECRET, integrations: ['jira'], tracker }],
    integrations: {
      jira: { type: 'jira', base_url: jira.url, api_username: 'relay', api_password: 'correct horse' },
    },
    tracing: await tracingTo(collector),
  })
  await relay.post(commented(1, { story: '109', text: 'Shields are at 80 percent.' }), xml)
  const [delivery] = await relay.allSettled(1)
  const shown = await relay.store.delivery(delivery?.id ?? 0)
  await relay.stop()
  const attempt = only(await collector.named('deliver jira'))
  const requests = collector.spans.filter(({ kind }) => kind === CLIENT)
  t.strictSame(
    requests.map(({ parentSpanId, attributes }) => [parentSpanId, attributes['url.full']]),
    shown?.attempts[0]?.exchanges.map(({ url }) => [attempt.spanId, url]),
    'the same as in the record of the attempt',
  )
  t.ok(requests.some(({ attributes }) => String(attributes['url.full']).startsWith(api.url)))
  for (const secret of [api.token, 'correct horse', Buffer.from('relay:correct horse').toString('base64')])
    t.notMatch(JSON.stringify(requests.map(({ attributes }) => attributes)), secret)
})

t.test('what is not sampled is not sent, and the web hook is told so', async (t) => {
  const { collector, receiver, hook } = await started(t)
  const relay = await startRelay(t, {
    integrations: { builds: hook },
    tracing: await tracingTo(collector, { OTEL_TRACES_SAMPLER: 'always_off' }),
  })
  await relay.post(commented(1, { story: '109', text: 'Engage' }), told)
  await relay.allSettled(1)
  await relay.stop()
  t.strictSame(collector.spans, [])
  t.match(receiver.standIn.requests[0]?.headers.traceparent, new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`))
})

t.test('a collector that cannot be reached holds nothing up', async (t) => {
  const { collector, hook } = await started(t)
  const problems: string[] = []
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_TRACES_SAMPLER: 'always_on' }
  Object.assign(process.env, environment)
  const tracing = await openTracing(environment, { version: '1', warn: (problem) => problems.push(problem) })
  const relay = await startRelay(t, { integrations: { builds: hook }, tracing })
  await relay.post(commented(1, { story: '109', text: 'Engage' }), told)
  await relay.allSettled(1)
  const began = performance.now()
  await relay.stop()
  t.ok(performance.now() - began < 8000, 'the end does not wait for it for long')
  t.strictSame(collector.spans, [])
})

t.test(
  'where nothing is traced, the trace of the sender is passed on to web hooks as it came, and to nobody else',
  async (t) => {
    const { receiver, hook } = await started(t)
    const room = await startCampfire()
    t.teardown(() => room.close())
    const relay = await startRelay(t, {
      integrations: {
        builds: hook,
        room: { type: 'campfire', base_url: room.url, api_token: jamesToken, room_id: 42 },
      },
    })
    await relay.post(commented(1, { story: '109', text: 'a' }), told)
    await relay.post(commented(2, { story: '109', text: 'b' }), xml)
    await relay.post(commented(3, { story: '109', text: 'c' }), {
      ...xml,
      traceparent: 'not-a-trace',
      tracestate: 'a=b',
    })
    await relay.allSettled(6)
    t.strictSame(
      receiver.standIn.requests.map(({ headers }) => [headers.traceparent, headers.tracestate]),
      [
        [PARENT, 'rojo=1'],
        [undefined, undefined],
        [undefined, undefined],
      ],
    )
    for (const { headers } of room.requests) t.equal(headers.traceparent, undefined)
  },
)

t.test('an attempt after kill -9 and a restart is in the trace of the hook', async (t) => {
  const { collector, receiver, hook } = await started(t)
  const folder = freshFolder(t)
  const config = await writeConfigAndDatabase(folder, { integrations: { builds: hook } })
  const wrapped = [
    'env',
    `OTEL_EXPORTER_OTLP_ENDPOINT=${collector.url}`,
    'OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
    'OTEL_BSP_SCHEDULE_DELAY=20',
    'OTEL_TRACES_SAMPLER=parentbased_always_on',
    'OTEL_SERVICE_NAME=enterprise-relay',
    'OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=test',
  ]
  receiver.standIn.down({ status: 503, body: 'not now' })
  const first = await startRelayProcess(t, config, wrapped)
  const body = commented(1, { story: '109', text: 'Engage' })
  const answer = await fetch(`${first.url}/hooks/26/${SECRET}`, { method: 'POST', headers: told, body })
  t.equal(answer.status, 202)
  const server = only(await collector.named('POST /hooks/:project/:secret'))
  const [before] = await collector.named('deliver builds')
  first.signal('SIGKILL')
  await first.ended
  receiver.standIn.down(null)
  await startRelayProcess(t, config, wrapped)
  const delivered = (): ReceivedSpan[] =>
    collector.spans.filter(({ attributes }) => attributes['tracker_relay.outcome'] === 'delivered')
  const [attempt = before] = await eventually(delivered, ({ length }) => length > 0, 'it is delivered')
  if (attempt === undefined || before === undefined) throw new Error('there was no attempt')
  t.strictSame([server.traceId, server.parentSpanId], [TRACE, CALLER])
  for (const each of [before, attempt]) t.strictSame([each.traceId, each.parentSpanId], [TRACE, server.spanId])
  t.ok(Number(attempt.attributes['tracker_relay.attempt']) > 1)
  t.equal(attempt.attributes['tracker_relay.in_doubt'], true)
  const request = only(collector.spans.filter(({ parentSpanId }) => parentSpanId === attempt.spanId))
  t.equal(receiver.standIn.requests.at(-1)?.headers.traceparent, `00-${TRACE}-${request.spanId}-01`)
  t.strictSame([...collector.types], ['application/x-protobuf'])
  t.match(attempt.resource, {
    'service.name': 'enterprise-relay',
    'service.version': /^\d+\.\d+\.\d+/,
    'deployment.environment.name': 'test',
  })
  t.not(attempt.resource['service.instance.id'], server.resource['service.instance.id'])
})
