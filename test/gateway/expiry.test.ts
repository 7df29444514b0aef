import t from 'tap'
import { boardConnector, startBoard } from './board.ts'
import { eventually } from './eventually.ts'
import { startRelay } from './running-relay.ts'
import { changed } from './tracker-says.ts'
import { LONG_LEASE_MS } from './turns.ts'

const HOUR_MS = 3_600_000

t.test('what its target does not take expires after hold_at_most_hours, with a warning a day before', async (t) => {
  const board = await startBoard(t)
  board.down('reset')
  const settings = {
    type: 'board',
    url: board.url,
    retry: { schedule_seconds: [1], hold_at_most_hours: 25 },
    // The probe comes after 25.2 hours.
    breaker: { failures: 1, probe_seconds: [86_400] },
  }
  const relay = await startRelay(t, {
    leaseMs: LONG_LEASE_MS,
    rhythm: { sweepMs: 20, noticeMs: 20 },
    connectors: [boardConnector],
    integrations: { down: settings, paused: settings, patient: { ...settings, retry: { hold_at_most_hours: 0 } } },
  })
  await relay.post(changed(1, { story: '109', state: 'started' }))
  await eventually(relay.deliveries, (all) => all.every(({ state }) => state === 'held'), 'all are held')
  await relay.store.savePause('paused', null, 'a holiday', Date.now())
  const paused = relay.relay.workers().find(({ integration }) => integration.name === 'paused')
  await eventually(
    () => paused?.standing().pausedReason,
    (reason) => reason === 'a holiday',
    'the pause is noticed',
  )

  const warnings = () => relay.lines('deliveries expire within a day unless their target answers')
  relay.advance(2 * HOUR_MS)
  t.match(await eventually(warnings, ({ length }) => length > 0, 'a warning'), [
    { level: 'warn', integration: 'down', deliveries: 1, hold_at_most_hours: 25 },
  ])

  relay.advance(23 * HOUR_MS + 60_000)
  const expired = () => relay.lines('deliveries expired')
  t.match(await eventually(expired, ({ length }) => length > 0, 'one expires'), [
    { level: 'error', integration: 'down', deliveries: 1 },
  ])
  const [one, ...others] = await relay.deliveries()
  t.match(one, { integration: 'down', state: 'dead', note: /^expired: held for more than 25 hours/ })
  t.strictSame(
    others.map(({ integration, state }) => [integration, state]),
    [
      ['paused', 'held'],
      ['patient', 'held'],
    ],
    'what waits for a person does not expire, nor where that is off',
  )
  t.equal(warnings().length, 1, 'once a day')
  const series = 'relay_delivery_attempts_total{integration="down",outcome="expired"}'
  t.equal((await relay.metrics()).get(series), 1)

  board.down(null)
  t.equal(await relay.store.replay({ ids: [one?.id ?? 0] }, Date.now()), 1)
  await relay.store.saveResume('down', Date.now() + 26 * HOUR_MS)
  await eventually(relay.deliveries, ([first]) => first?.state === 'delivered', 'it can be replayed')
})
