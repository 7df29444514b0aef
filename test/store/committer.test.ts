import t from 'tap'
import { entry, freshStore } from './database.ts'

t.test('what waits for the disk is bounded by its bytes, and the rest is told to come again', async (t) => {
  const store = await freshStore(t)
  const raw = Buffer.alloc(1024 * 1024, 0x61)
  const results = await Promise.allSettled(
    Array.from({ length: 80 }, (_, index) => store.append({ ...entry(index + 1, ['room']), raw })),
  )
  const refused = results.filter((result) => result.status === 'rejected')
  t.equal(refused.length, 16, 'of 80 MiB in one moment 64 are taken')
  for (const { reason } of refused) t.match(reason, { name: 'StoreError', reason: 'overloaded' })
  t.match(await store.append({ ...entry(100, ['room']), raw }), { duplicate: false }, 'later there is room again')
})
