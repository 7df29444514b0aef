import type { Test } from 'tap'
import type { Store } from '../../src/store/store.ts'
import type { OpenStore } from './database.ts'

const reject = (store: Store, reason: string, body: Buffer, bodyBytes = body.length): Promise<void> =>
  store.reject({
    projectId: '26',
    receivedAt: 1000,
    reason,
    detail: `it was ${reason}`,
    head: { method: 'POST' },
    body,
    bodyBytes,
    keep: 100,
  })

/** What becomes of requests that were refused, on whatever database. */
export function testRejected(suite: Test, open: OpenStore): void {
  suite.test(
    'a refused body is kept whole up to 256 KiB, and of a longer one its beginning and its length',
    async (t) => {
      const store = await open(t)
      const longest = Buffer.alloc(256 * 1024, 'x')
      await reject(store, 'syntax', longest)
      await reject(store, 'too large', Buffer.concat([longest, Buffer.from('y')]), 5_000_000)
      const row = { projectId: '26', receivedAt: 1000, head: { method: 'POST' }, body: longest }
      t.strictSame(await store.rejectedRequest(1), {
        ...row,
        id: 1,
        reason: 'syntax',
        detail: 'it was syntax',
        bodyBytes: 262_144,
      })
      t.strictSame(await store.rejectedRequest(2), {
        ...row,
        id: 2,
        reason: 'too large',
        detail: 'it was too large',
        bodyBytes: 5_000_000,
      })
      t.equal(await store.rejectedRequest(3), null)
    },
  )

  suite.test(
    'the ids of the rejected come the oldest first, and what is forgotten leaves its id to nobody',
    async (t) => {
      const store = await open(t)
      for (const reason of ['syntax', 'empty', 'syntax']) await reject(store, reason, Buffer.from('<'))
      t.strictSame(await store.rejectedIds(null), [1, 2, 3])
      t.strictSame(await store.rejectedIds('syntax'), [1, 3])
      t.strictSame(await store.rejectedIds('synta'), [])
      t.equal(await store.forgetRejected([1, 3, 77]), 2)
      t.equal(await store.forgetRejected([3]), 0)
      await reject(store, 'syntax', Buffer.from('<'))
      t.strictSame(await store.rejectedIds(null), [2, 4])
    },
  )
}
