import t from 'tap'
import { countStats } from '../../src/operations/stats.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { entry, freshStore } from '../store/database.ts'
import { DELIVERED } from '../store/delivered.ts'

const NOW = 90_000_000 + 12_345
const MINUTE = NOW - (NOW % 60_000)

t.test('what is stored, settled, skipped and given up is counted in its minute', async (t) => {
  const real = await freshStore(t)
  const { store, flush } = countStats(real, () => NOW)
  for (const number of [1, 2, 3, 4, 4])
    await store.append({ ...entry(number, ['room'], undefined, [String(number)]), receivedAt: NOW - 2000 })
  const [first, second, third] = await store.take({ integration: 'room', limit: 3, now: NOW, leaseMs: 1000 })
  if (first === undefined || second === undefined || third === undefined) throw new Error('nothing was taken')
  const end = { exchanges: '[]', endedAt: NOW, durationMs: 5, targetTime: null }
  await store.settle({ ...end, delivery: first, outcome: DELIVERED })
  await store.settle({ ...end, delivery: first, outcome: DELIVERED })
  const held = { ...DELIVERED, state: 'held', word: 'hold', dueAt: NOW + 1, firstFailedAt: 1 } as const
  await store.settle({ ...end, delivery: second, outcome: held })
  await store.settle({ ...end, delivery: third, outcome: { ...DELIVERED, state: 'skipped', word: 'skipped' } })
  await store.skip({ who: 'kirk', selection: { ids: [4] }, reason: 'old', now: NOW })
  await store.expire({ integration: 'room', before: NOW, now: NOW, note: 'expired: ' })
  await flush()
  const read = () => real.stats({ period: 'minute', from: 0, until: NOW * 2 })
  t.strictSame(await read(), [
    {
      at: MINUTE,
      integration: '',
      received: 4,
      ...{ delivered: 0, failed: 0, dead: 0, skipped: 0, latencyMs: 0, slowestMs: 0 },
    },
    {
      at: MINUTE,
      integration: 'room',
      received: 0,
      ...{ delivered: 1, failed: 1, dead: 1, skipped: 2, latencyMs: 2000, slowestMs: 2000 },
    },
  ])
  await flush()
  t.equal((await read())[0]?.received, 4, 'nothing is written twice')
})

t.test('what is replayed takes the time since its replay, however old it is', async (t) => {
  const store = await freshStore(t)
  const counter = countStats(store, () => NOW)
  await store.append({ ...entry(1, ['room']), receivedAt: NOW - 7 * 86_400_000 })
  await store.skip({ who: 'kirk', selection: { ids: [1] }, reason: 'wait', now: NOW - 6 * 86_400_000 })
  await store.replay({ ids: [1] }, NOW - 300)
  const [delivery] = await store.take({ integration: 'room', limit: 1, now: NOW, leaseMs: 1000 })
  if (delivery === undefined) throw new Error('nothing was taken')
  const end = { exchanges: '[]', endedAt: NOW, durationMs: 5, targetTime: null }
  await counter.store.settle({ ...end, delivery, outcome: DELIVERED })
  await counter.flush()
  t.match(await store.stats({ period: 'minute', from: 0, until: NOW * 2 }), [{ delivered: 1, latencyMs: 300 }])
})

t.test('who reads while another read is writing what was counted sees it too', async (t) => {
  const real = await freshStore(t)
  const { store } = countStats(real, () => NOW)
  await store.append({ ...entry(1, ['room']), receivedAt: NOW })
  const read = (period: 'minute' | 'day') => store.stats({ period, from: 0, until: NOW * 2 })
  t.match(await Promise.all([read('day'), read('minute')]), [[{ received: 1 }], [{ received: 1 }]])
})

t.test('what could not be written is written with the next ones', async (t) => {
  const real = await freshStore(t)
  let isBroken = true
  const { store, flush } = countStats(
    {
      ...real,
      addStats: (counted) => (isBroken ? Promise.reject(new StoreError('busy', 'busy')) : real.addStats(counted)),
    },
    () => NOW,
  )
  await store.append({ ...entry(1, ['room']), receivedAt: NOW })
  await t.rejects(flush(), StoreError)
  isBroken = false
  await store.append({ ...entry(2, ['room']), receivedAt: NOW })
  await flush()
  t.match(await real.stats({ period: 'day', from: 0, until: NOW * 2 }), [{ received: 2 }])
})
