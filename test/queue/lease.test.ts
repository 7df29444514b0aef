import t from 'tap'
import { createLease, NotSent } from '../../src/queue/lease.ts'

const LEASE_MS = 9000

/** A lease that began at 0 on both clocks. */
function held({ store = async () => true }: { store?: () => Promise<boolean> } = {}) {
  let time = 0
  let steady = 0
  let asked = 0
  const lease = createLease(
    {
      leaseMs: LEASE_MS,
      now: () => time,
      steady: () => steady,
      async extend() {
        asked += 1
        return await store()
      },
    },
    { time, steady },
  )
  return {
    lease,
    asked: () => asked,
    pass(ms: { readonly time?: number; readonly steady?: number }) {
      time += ms.time ?? 0
      steady += ms.steady ?? 0
    },
  }
}

const nothingSent = (verdict: string, why: RegExp) => ({ constructor: NotSent, verdict, message: why })

t.test('a write is let through at once while less than a third of the lease has passed', async (t) => {
  const { lease, asked, pass } = held()
  pass({ time: 3000, steady: 3000 })
  await lease.fence.ask()
  t.equal(asked(), 0, 'the store is not asked')
  t.equal(lease.fence.tooLate(), null)
})

t.test('later the store is asked, and the lease counts from then', async (t) => {
  const { lease, asked, pass } = held()
  pass({ time: 3001, steady: 3001 })
  await lease.fence.ask()
  pass({ time: 3000, steady: 3000 })
  await lease.fence.ask()
  t.equal(asked(), 1)
})

t.test('a process that wakes late sends nothing, whichever of its clocks stood still', async (t) => {
  for (const passed of [{ time: 60_000 }, { steady: 60_000 }]) {
    const { lease, pass } = held()
    pass(passed)
    t.match(lease.fence.tooLate(), nothingSent('in doubt', /stood still for 60 s/))
    await t.rejects(lease.fence.ask(), nothingSent('in doubt', /stood still for 60 s; it looks first/))
  }
})

t.test('a clock that was set back does not make the lease longer', async (t) => {
  const { lease, pass } = held()
  pass({ time: -3_600_000, steady: LEASE_MS + 1 })
  t.match(lease.fence.tooLate(), nothingSent('in doubt', /stood still/))
})

t.test('a lease that another process has taken lets nothing through any more', async (t) => {
  const { lease, pass } = held({ store: async () => false })
  pass({ time: 4000, steady: 4000 })
  await t.rejects(lease.fence.ask(), nothingSent('retry', /another process has the delivery/))
  t.match(lease.fence.tooLate(), nothingSent('retry', /another process/))
  lease.extended(true, { time: 4000, steady: 4000 })
  await t.rejects(lease.fence.ask(), nothingSent('retry', /another process/))
})

t.test(
  'an extension makes the store unnecessary, and an older one that is heard of late changes nothing',
  async (t) => {
    const { lease, asked, pass } = held()
    pass({ time: 3000, steady: 3000 })
    lease.extended(true, { time: 3000, steady: 3000 })
    lease.extended(true, { time: 0, steady: 0 })
    pass({ time: 3000, steady: 3000 })
    await lease.fence.ask()
    t.equal(asked(), 0)
  },
)

t.test('while the store cannot be asked nothing is sent', async (t) => {
  const store = async (): Promise<boolean> => {
    throw new Error('database is locked')
  }
  const { lease, pass } = held({ store })
  pass({ time: 4000, steady: 4000 })
  await t.rejects(lease.fence.ask(), nothingSent('retry', /could not be asked .*database is locked/))
})
