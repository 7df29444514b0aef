import t, { type Test } from 'tap'
import { type Fence, inAttempt } from '../../src/http/attempt.ts'
import { createClient } from '../../src/http/client.ts'
import type { Request } from '../../src/http/send.ts'
import { startStandIn } from '../../src/stand-ins/stand-in.ts'

const LOST = new Error('the lease has ended')
const OPEN: Fence = { ask: async () => {}, tooLate: () => null }
const WRITE = { method: 'POST', body: 'hello', isWrite: true } as const

/** Sends in an attempt with this fence, to a target that answers everything. */
async function sender(t: Test, fence: Fence, whileLookedUp = () => {}) {
  const target = await startStandIn(() => ({ status: 200 }))
  const client = createClient({
    userAgent: 'test',
    timeoutMs: 5000,
    blockPrivateAddresses: false,
    allowAddresses: [],
    secrets: [],
    async resolve() {
      whileLookedUp()
      return [{ address: '127.0.0.1', family: 4 }]
    },
  })
  t.teardown(() => Promise.all([client.close(), target.close()]))
  const url = target.url.replace('127.0.0.1', 'target.example')
  const send = (request: Omit<Request, 'url'>) =>
    inAttempt({ exchanges: [], fence }, () => client.send({ ...request, url }))
  return { target, send }
}

t.test('a write is sent while the lease holds', async (t) => {
  const { target, send } = await sender(t, OPEN)
  t.equal((await send(WRITE)).status, 200)
  t.equal(target.requests.length, 1)
})

t.test('a write whose lease has ended is not sent, and says why', async (t) => {
  const { target, send } = await sender(t, { ...OPEN, ask: () => Promise.reject(LOST) })
  await t.rejects(send(WRITE), LOST)
  t.equal(target.requests.length, 0)
  t.equal((await send({ method: 'GET' })).status, 200, 'a question may be asked at any time')
  t.equal((await send({ method: 'POST', body: '{}' })).status, 200, 'also by POST')
})

t.test('a write is not sent when the lease ends while a connection is made', async (t) => {
  let late: Error | null = null
  const { target, send } = await sender(t, { ...OPEN, tooLate: () => late }, () => {
    late = LOST
  })
  await t.rejects(send(WRITE), LOST)
  late = null
  t.equal((await send({ method: 'GET' })).status, 200)
  t.strictSame(
    target.requests.map(({ method }) => method),
    ['GET'],
  )
})

t.test('a write that belongs to no attempt is sent', async (t) => {
  const target = await startStandIn(() => ({ status: 200 }))
  const options = { userAgent: 'test', timeoutMs: 5000, blockPrivateAddresses: false, allowAddresses: [], secrets: [] }
  const client = createClient(options)
  t.teardown(() => Promise.all([client.close(), target.close()]))
  t.equal((await client.send({ ...WRITE, url: target.url })).status, 200)
})
