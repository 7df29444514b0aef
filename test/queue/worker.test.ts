import t from 'tap'
import type { Session } from '../../src/connectors/contract/connector.ts'
import { METRIC_WORDS } from '../../src/gateway/metric-words.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { type IntegrationWorker, startIntegrationWorker, type WorkerParts } from '../../src/queue/worker.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { entry, freshStore } from '../store/database.ts'
import { DELIVERED } from '../store/delivered.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'

/** Starts a worker of the integration `hook` by a clock that only `pause` moves. */
function startHook(
  session: Session,
  parts: Pick<WorkerParts, 'store'> & {
    readonly lookMs: number
    readonly clock: VirtualClock
    readonly pace?: { readonly max_per_day: number }
    pause?: WorkerParts['pause']
  },
): IntegrationWorker {
  const { clock, pace = {}, pause = clock.pause, store, lookMs } = parts
  return startIntegrationWorker(
    {
      name: 'hook',
      type: 'test',
      session,
      targetTime: () => null,
      tickets: null,
      digestAfter: null,
      fingerprint: 'one',
      redact: (text) => text,
      pace: {
        concurrency: 1,
        coalesce_states: true,
        retry: { schedule_seconds: [1], jitter: 0, give_up_after_hours: 1, hold_at_most_hours: 0 },
        breaker: { failures: 5, probe_seconds: [1], credentials_probe_seconds: 1 },
        ...pace,
      },
    },
    null,
    {
      store,
      metrics: createMetrics({ version: 'test', words: METRIC_WORDS }),
      tracing: null,
      log: createLogger('silent'),
      leaseMs: 10_000,
      lookMs: () => lookMs,
      isFollowed: () => false,
      now: clock.now,
      steady: clock.now,
      random: () => 0,
      pause,
      readActivity: () => {
        throw new Error('not asked for')
      },
      storyUrl: async () => '',
      ticketOf: async () => ({ notLinked: null }),
    },
  )
}

t.test('an outcome that is known is written down as soon as the store can, and nothing is sent again', async (t) => {
  const store = await freshStore(t)
  await store.append(entry(1, ['hook']))
  let sent = 0
  const session: Session = {
    async perform() {
      sent += 1
      return { id: '1' }
    },
  }
  const clock = createVirtualClock(5000)
  const pauses: number[] = []
  let busy = 3
  const worker = startHook(session, {
    clock,
    lookMs: 2000,
    store: {
      ...store,
      async settle(settlement) {
        busy -= 1
        if (busy >= 0) throw new StoreError('busy', 'somebody else writes')
        return await store.settle(settlement)
      },
    },
    async pause(ms, signal) {
      // The runner's sleep can be cut short; the wait for the store is not.
      if (signal === undefined) pauses.push(ms)
      else await clock.pause(ms, signal)
    },
  })
  while ((await store.delivery(1))?.delivery.state !== 'delivered')
    await new Promise((resolve) => setImmediate(resolve))
  await worker.stop()
  t.strictSame([sent, pauses], [1, [1000, 1000, 1000]])
  t.equal((await store.delivery(1))?.attempts.length, 1)
})

t.test('what is in doubt is still asked about first after many days whose cap let nothing out', async (t) => {
  const DAY_MS = 86_400_000
  const store = await freshStore(t)
  for (const number of [1, 2]) await store.append(entry(number, ['hook'], undefined, [String(number)]))
  const [delivery] = await store.take({ integration: 'hook', limit: 1, now: 5000, leaseMs: 1000 })
  if (delivery === undefined) throw new Error('nothing was taken')
  const doubt = { state: 'waiting', word: 'in doubt', inDoubtSince: 5000, dueAt: 30 * DAY_MS } as const
  await store.settle({
    delivery,
    outcome: { ...DELIVERED, ...doubt },
    exchanges: '[]',
    endedAt: 5000,
    durationMs: 0,
    targetTime: null,
  })
  const done: string[] = []
  const session: Session = {
    async perform({ key }) {
      done.push(`sent ${key}`)
      return { id: '2' }
    },
    async confirm({ key }) {
      done.push(`asked about ${key}`)
      return { id: '1' }
    },
  }
  const clock = createVirtualClock(5000)
  const worker = startHook(session, {
    clock,
    lookMs: DAY_MS,
    pace: { max_per_day: 1 },
    store: { ...store, sentOn: async () => (clock.now() < 8 * DAY_MS ? 1 : 0) },
  })
  while (done.length === 0) await clock.next()
  await worker.stop()
  t.equal(done[0], `asked about ${delivery.key}`)
})
