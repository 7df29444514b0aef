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
