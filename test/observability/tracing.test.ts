import t from 'tap'
import { exportersIn, openTracing } from '../../src/observability/open-tracing.ts'
import { traceContextIn, traceHeaders } from '../../src/observability/tracing.ts'

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

t.test('a trace is taken from its headers only as W3C Trace Context writes it', async (t) => {
  t.equal(traceContextIn(parent, undefined), parent)
  t.equal(
    traceContextIn(` ${parent} `, 'rojo=00f067aa0ba902b7,congo=t61r'),
    `${parent} rojo=00f067aa0ba902b7,congo=t61r`,
  )
  t.equal(
    traceContextIn(`${parent.replace(/^00/, 'cc')}-more`, undefined),
    parent,
    'of a later version, as far as it is known',
  )
  const wrong = [
    undefined,
    [parent],
    '',
    parent.toUpperCase(),
    `${parent}-more`,
    parent.replace(/^00/, 'ff'),
    parent.replace('0af7651916cd43dd8448eb211c80319c', '0'.repeat(32)),
    parent.replace('b7ad6b7169203331', '0'.repeat(16)),
    parent.slice(0, -1),
    `${parent}\r\nx: y`,
  ]
  for (const each of wrong) t.equal(traceContextIn(each, 'a=b'), null, String(each))
  for (const state of ['x'.repeat(600), 'a=\u{1f596}', 'a=b\r\nc: d', ['a=b']])
    t.equal(traceContextIn(parent, state), parent)
})

t.test('it is carried on in the same headers', async (t) => {
  t.strictSame(traceHeaders(parent), { traceparent: parent })
  t.strictSame(traceHeaders(`${parent} a=b, c=d e`), { traceparent: parent, tracestate: 'a=b, c=d e' })
})

t.test('traces are sent only if the standard variables ask for them', async (t) => {
  const cases: [Record<string, string>, string[]][] = [
    [{}, []],
    [{ OTEL_SERVICE_NAME: 'relay' }, []],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }, ['otlp']],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' }, ['otlp']],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, []],
    [{ OTEL_TRACES_EXPORTER: 'otlp, Console' }, ['otlp', 'console']],
    [{ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }, []],
    [{ OTEL_SDK_DISABLED: 'TRUE', OTEL_TRACES_EXPORTER: 'otlp' }, []],
    [{ OTEL_SDK_DISABLED: 'false', OTEL_TRACES_EXPORTER: 'otlp' }, ['otlp']],
  ]
  for (const [environment, expected] of cases)
    t.strictSame(exportersIn(environment), expected, JSON.stringify(environment))
})

t.test('what cannot be sent is said once, and nothing is traced then', async (t) => {
  const open = async (environment: Record<string, string>): Promise<unknown[]> => {
    const problems: string[] = []
    const tracing = await openTracing(environment, { version: '1', warn: (problem) => problems.push(problem) })
    return [tracing, ...problems]
  }
  t.strictSame(await open({}), [null])
  t.match(await open({ OTEL_TRACES_EXPORTER: 'zipkin' }), [null, /names "zipkin", which is not known; set otlp/])
  t.match(await open({ OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }), [
    null,
    /OTEL_EXPORTER_OTLP_PROTOCOL is "grpc"; set http\/protobuf or http\/json/,
  ])
})
