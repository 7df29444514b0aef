import t from 'tap'
import { METRIC_WORDS } from '../../src/gateway/metric-words.ts'
import { announceSeries, createMetrics, forgetStanding, showBreaker } from '../../src/observability/metrics.ts'
import { seriesOf } from '../gateway/running-relay.ts'

async function series(metrics: ReturnType<typeof createMetrics>): Promise<Map<string, number>> {
  return seriesOf(await metrics.registry.metrics())
}

t.test('announcing again changes nothing that was counted', async (t) => {
  const metrics = createMetrics({ version: '1.2.3', words: METRIC_WORDS })
  announceSeries(metrics, ['26'], ['room'])
  metrics.attempts.inc({ integration: 'room', outcome: 'delivered' })
  metrics.endToEnd.observe({ integration: 'room' }, 3)
  metrics.deliveries.set({ integration: 'room', state: 'held' }, 5)
  metrics.activitiesReceived.inc({ project: '26', format: 'xml' })
  const before = await series(metrics)
  announceSeries(metrics, ['26'], ['room'])
  const stable = (all: Map<string, number>): [string, number][] =>
    [...all].filter(([name]) => name.startsWith('relay_'))
  t.strictSame(stable(await series(metrics)), stable(before))
})

/** The rules of `promtool check metrics`: https://github.com/prometheus/client_golang/tree/main/prometheus/testutil/promlint */
function complaintsOf({ name, help, type }: { name: string; help: string; type: string }): string[] {
  const rules: readonly (readonly [boolean, string])[] = [
    [help.trim() === '', 'no help text'],
    [(type === 'counter') !== name.endsWith('_total'), 'counters, and nothing else, should have a "_total" suffix'],
    [type !== 'histogram' && /_bucket$/.test(name), 'a histogram alone has a "_bucket" suffix'],
    [!['histogram', 'summary'].includes(type) && /_(count|sum)$/.test(name), 'a "_count" or "_sum" suffix'],
    [/_(gauge|counter|histogram|summary|untyped)(_|$)/.test(name), 'the type in the name'],
    [/[A-Z:]/.test(name), 'capitals or colons in the name'],
    [
      /_(ms|s|sec|us|ns|milliseconds|minutes|hours|days|weeks|kb|mb|gb|kilobytes|percent)(_total)?$/.test(name),
      'not a base unit',
    ],
  ]
  return rules.filter(([isBroken]) => isBroken).map(([, complaint]) => `${name}: ${complaint}`)
}

t.test('the linter of Prometheus finds nothing in what /metrics shows', async (t) => {
  const metrics = createMetrics({ version: '1.2.3', words: METRIC_WORDS })
  const text = await metrics.registry.metrics()
  const families = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(
    ([, name = '', help = '', type = '']) => ({ name, help, type }),
  )
  t.ok(families.length > 40)
  t.strictSame(families.flatMap(complaintsOf), [])
  const type = 'gauge'
  t.not(complaintsOf({ name: 'nodejs_active_handles_total', help: 'x', type }).length, 0, 'and would find something')
  t.match(text, /^nodejs_active_resources/m, 'by type they are still shown')
})

t.test('a breaker is in exactly one state', async (t) => {
  const metrics = createMetrics({ version: '1.2.3', words: METRIC_WORDS })
  const states = async (): Promise<(number | undefined)[]> => {
    const all = await series(metrics)
    return ['closed', 'open'].map((state) => all.get(`relay_breaker_state{integration="room",state="${state}"}`))
  }
  showBreaker(metrics, 'room', 'closed')
  t.strictSame(await states(), [1, 0])
  showBreaker(metrics, 'room', 'open')
  t.strictSame(await states(), [0, 1])
})

t.test('of an integration that is gone the counts stay, and how it stood is forgotten', async (t) => {
  const metrics = createMetrics({ version: '1.2.3', words: METRIC_WORDS })
  announceSeries(metrics, [], ['room'])
  showBreaker(metrics, 'room', 'open')
  metrics.paused.set({ integration: 'room' }, 1)
  metrics.oldestPending.set({ integration: 'room' }, 1)
  metrics.attempts.inc({ integration: 'room', outcome: 'dead' })
  forgetStanding(metrics, 'room')
  const all = await series(metrics)
  t.equal(all.get('relay_delivery_attempts_total{integration="room",outcome="dead"}'), 1)
  t.strictSame(
    [...all.keys()].filter((name) => /^relay_(breaker_state|integration_paused|delivery_oldest)/.test(name)),
    [],
  )
})

t.test('the registries of two relays in one process are apart', async (t) => {
  const one = createMetrics({ version: '1.2.3', words: METRIC_WORDS })
  const other = createMetrics({ version: '1.2.4', words: METRIC_WORDS })
  one.storeErrors.inc()
  t.equal((await series(other)).get('relay_store_errors_total'), 0)
  t.ok((await series(other)).has(`relay_build_info{version="1.2.4",node="${process.version}"}`))
})
