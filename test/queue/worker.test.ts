import t from 'tap'
import type { Session } from '../../src/connectors/contract/connector.ts'
import { METRIC_WORDS } from '../../src/gateway/metric-words.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { startIntegrationWorker } from '../../src/queue/worker.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { entry, freshStore } from '../store/database.ts'
import { createVirtualClock } from './virtual-clock.ts'

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
  const worker = startIntegrationWorker(
    {
      name: 'hook',
      type: 'test',
      session,
      targetTime: () => null,
      tickets: null,
      fingerprint: 'one',
      redact: (text) => text,
      pace: {
        concurrency: 1,
        coalesce_states: true,
        retry: { schedule_seconds: [1], jitter: 0, give_up_after_hours: 1, hold_at_most_hours: 0 },
        breaker: { failures: 5, probe_seconds: [1], credentials_probe_seconds: 1 },
      },
    },
    null,
    {
      store: {
        ...store,
        async settle(settlement) {
          busy -= 1
          if (busy >= 0) throw new StoreError('busy', 'somebody else writes')
          return await store.settle(settlement)
        },
      },
      metrics: createMetrics({ version: 'test', words: METRIC_WORDS }),
      log: createLogger('silent'),
      leaseMs: 10_000,
      lookMs: 2000,
      now: clock.now,
      steady: clock.now,
      random: () => 0,
      async pause(ms, signal) {
        // The runner's sleep can be cut short; the wait for the store is not.
        if (signal === undefined) pauses.push(ms)
        else await clock.pause(ms, signal)
      },
      parse: () => {
        throw new Error('not asked for')
      },
      storyUrl: async () => '',
      ticketOf: async () => ({ notLinked: null }),
    },
  )
  while ((await store.delivery(1))?.delivery.state !== 'delivered')
    await new Promise((resolve) => setImmediate(resolve))
  await worker.stop()
  t.strictSame([sent, pauses], [1, [1000, 1000, 1000]])
  t.equal((await store.delivery(1))?.attempts.length, 1)
})
