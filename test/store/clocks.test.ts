import t, { type Test } from 'tap'
import type { Taken } from '../../src/store/delivery.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { UnderWay } from '../../src/store/take.ts'
import { withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { entry } from './database.ts'
import { DELIVERED } from './delivered.ts'
import { freshPostgres, type ServerClock, settableClock } from './postgres.ts'

// On a machine that is busy with other things.
t.setTimeout(300_000)

const LEASE_MS = 10_000
const START = Date.parse('2026-11-28T12:00:00Z')

/** An instance with a clock of its own, which is off by so much. */
interface Instance {
  readonly store: Store
  now(): number
  take(abandoned?: readonly UnderWay[]): Promise<Taken[]>
  settle(delivery: Taken, waitMs?: number): Promise<boolean>
}

async function instances(
  t: Test,
  offByMs: number,
): Promise<{ one: Instance; other: Instance; pass(ms: number): Promise<void> }> {
  const clock: ServerClock = await settableClock(t, await freshPostgres(t), START)
  let passed = 0
  function open(offMs: number): Instance {
    const store = openStore({ client: 'postgres', file: '', url: clock.url })
    t.teardown(() => store.close())
    const now = () => START + passed + offMs
    return {
      store,
      now,
      take: (abandoned = []) => store.take({ integration: 'room', limit: 9, now: now(), leaseMs: LEASE_MS, abandoned }),
      settle: (delivery, waitMs) =>
        store.settle({
          delivery,
          outcome:
            waitMs === undefined
              ? DELIVERED
              : { ...DELIVERED, state: 'waiting', word: 'in doubt', dueAt: now() + waitMs, inDoubtSince: now() },
          exchanges: '[]',
          endedAt: now(),
          durationMs: 0,
          targetTime: null,
        }),
    }
  }
  return {
    one: open(0),
    other: open(offByMs),
    async pass(ms) {
      passed += ms
      await clock.set(START + passed)
    },
  }
}

const takes = async (instance: Instance): Promise<number> => (await instance.take()).length

for (const [off, ms] of [
  ['ahead', 60_000],
  ['behind', -60_000],
] as const)
  t.test(
    `on PostgreSQL an instance whose clock is ${off} takes nothing early and leaves nothing lying`,
    {
      skip: withoutPostgres ?? false,
    },
    async (t) => {
      for (const direction of ['there', 'back'] as const) {
        const { pass, ...both } = await instances(t, ms)
        const [one, other] = direction === 'there' ? [both.one, both.other] : [both.other, both.one]
        const append = (number: number) =>
          one.store.append({ ...entry(number, ['room'], undefined, [String(number)]), receivedAt: one.now() })

        await append(1)
        t.equal(await other.store.nextDue('room', other.now()), other.now(), 'due now, as each tells the time')
        const [first] = await other.take()
        if (first === undefined) throw new Error('nothing was taken')
        await pass(2 * LEASE_MS)
        t.equal(await takes(one), 0, 'no clock ends a lease')
        await other.store.extend([first], other.now() + LEASE_MS, other.now())
        const doubt = { id: first.id, dueAt: one.now() + LEASE_MS, isUnderWay: true }
        t.strictSame(await one.store.firstDoubt('room', [], one.now()), doubt)
        const change = { integration: 'room', backMs: 60_000, now: one.now(), longestWaitMs: 1000 }
        await one.store.bringBackDueDates(change)
        t.equal(await takes(one), 0, 'also when clocks are looked after')
        const [again] = await one.take(await one.store.underWay('room', []))
        t.equal(again?.id, first.id, 'what was seen to be abandoned is taken over')
        if (again === undefined) return
        t.equal(await other.settle(first), false)
        await one.settle(again, 5000)
        await pass(4999)
        t.equal(await takes(other), 0, 'a wait is as long as it was meant to be')
        t.equal(await other.store.nextDue('room', other.now()), other.now() + 1)
        await pass(1)
        const [waited] = await other.take()
        t.equal(waited?.id, first.id)
        if (waited !== undefined) await other.settle(waited)

        await append(2)
        await append(3)
        const second = entry(4, ['room'], undefined, ['2'])
        await one.store.append({ ...second, receivedAt: one.now() })
        const taken = await other.take()
        t.equal(taken.length, 2)
        for (const delivery of taken) await other.settle(delivery)
        const [next] = await one.take()
        t.equal(next?.activityId, 4, 'what has its turn is taken at once')
        if (next !== undefined) await one.settle(next)
        t.equal(await other.store.replay({ ids: [first.id] }, other.now()), 1)
        t.equal(await takes(one), 1, 'and so is what was put back')
      }
    },
  )
