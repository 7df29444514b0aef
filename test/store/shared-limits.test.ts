import { join } from 'node:path'
import t, { type Test } from 'tap'
import { sealedCredentials } from '../../src/store/sealed-credentials.ts'
import type { SharedLimits } from '../../src/store/shared-limits.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { entry, freshFolder, writeMigratedDatabase } from './database.ts'
import { DELIVERED } from './delivered.ts'
import { byItsCallersClock, freshPostgres, settableClock } from './postgres.ts'

// On a machine that is busy with other things.
t.setTimeout(300_000)

const NOW = 1_000_000
const LEASE_MS = 10_000
const DAY = '1970-01-01'

/** Two instances' stores of one database. */
type OpenTwo = (t: Test) => Promise<readonly [Store, Store]>

async function onSqlite(t: Test): Promise<readonly [Store, Store]> {
  const file = join(freshFolder(t), 'relay.db')
  await writeMigratedDatabase(file)
  const open = (): Store => {
    const store = openStore({ client: 'sqlite', file })
    t.teardown(() => store.close())
    return store
  }
  return [open(), open()]
}

async function onPostgres(t: Test): Promise<readonly [Store, Store]> {
  const clock = await settableClock(t, await freshPostgres(t), NOW)
  const open = (): Store => {
    const store = openStore({ client: 'postgres', file: '', url: clock.url })
    t.teardown(() => store.close())
    return byItsCallersClock(store, clock.set)
  }
  return [open(), open()]
}

/** One delivery of each story. */
async function appended(store: Store, stories: number): Promise<void> {
  await Promise.all(
    Array.from({ length: stories }, (_, at) => store.append(entry(at + 1, ['room'], undefined, [String(at)]))),
  )
}

const take = (store: Store, limits: SharedLimits, now = NOW) =>
  store.take({ integration: 'room', limit: 9, now, leaseMs: LEASE_MS, limits })

function testLimits(t: Test, openTwo: OpenTwo): void {
  t.test('what max_per_minute leaves is for all instances together, also when they take at once', async (t) => {
    const [one, other] = await openTwo(t)
    await appended(one, 30)
    const limits = { perMinute: 10, own: [] }
    const taken = (await Promise.all([one, other, one, other].map((store) => take(store, limits)))).flat()
    t.equal(taken.length, 10)
    t.equal(new Set(taken.map(({ id }) => id)).size, 10)
    t.strictSame(await other.bucket('room', NOW), { tokens: 0, at: NOW })
    t.equal((await take(other, limits, NOW + 5999)).length, 0)
    t.equal((await take(other, limits, NOW + 6000)).length, 1)
    t.equal((await take(one, limits, NOW + 6000)).length, 0)
  })

  t.test('no more is under way at all instances together than max_per_day leaves', async (t) => {
    const [one, other] = await openTwo(t)
    await appended(one, 9)
    const perDay = { day: DAY, most: 3 }
    const rounds = await Promise.all([one, other].map((store) => take(store, { perDay, own: [] })))
    const taken = rounds.flat()
    t.equal(taken.length, 3)
    const [first] = taken
    if (first === undefined) throw new Error('there was nothing to take')
    const settlement = { exchanges: '[]', endedAt: NOW, durationMs: 0, targetTime: null, day: DAY }
    await one.settle({ ...settlement, delivery: first, outcome: DELIVERED })
    t.equal((await take(other, { perDay, own: [] })).length, 0, 'what was sent and what is under way')
    t.equal((await take(other, { perDay: { ...perDay, most: 4 }, own: [] })).length, 1)
  })

  t.test('a probe goes out only while no other instance carries out anything', async (t) => {
    const [one, other] = await openTwo(t)
    await appended(one, 9)
    const limits = { isProbe: true, own: [] }
    const rounds = await Promise.all(
      [one, other].map((store) =>
        store.take({ integration: 'room', limit: 1, now: NOW, leaseMs: LEASE_MS, newestFirst: true, limits }),
      ),
    )
    t.strictSame(rounds.map(({ length }) => length).sort(), [0, 1])
    t.equal((await take(other, limits, NOW + LEASE_MS - 1)).length, 0)
    const [left] = rounds.flat()
    const again = await take(other, limits, NOW + LEASE_MS)
    t.ok(again.length > 0, 'one that died is not waited for')
    t.notOk(again.some(({ id }) => id === left?.id))
  })

  t.test('a breaker is stored with a version, and its times are those of the reader', async (t) => {
    const [one, other] = await openTwo(t)
    const breaker = { state: 'open', until: NOW + 500, since: NOW, openings: 1, reason: 'down' } as const
    t.equal(await one.saveBreaker('room', 'f', breaker, NOW), 1)
    t.equal(await other.saveBreaker('room', 'f', { state: 'closed', failures: 0, recoveredAt: 0 }, NOW), 2)
    t.match(await one.integrationStates(NOW), [{ breakerVersion: 2, breaker: { state: 'closed', recoveredAt: 0 } }])
    t.equal(await one.saveBreaker('room', 'f', breaker, NOW), 3)
    t.match(await other.integrationStates(NOW), [{ breakerVersion: 3, breaker }])
    await other.saveResume('room', NOW)
    t.match(await one.integrationStates(NOW), [{ breakerVersion: undefined, breaker: null }])
  })

  t.test('a duty is one instance’s until it gives it back or its time is over', async (t) => {
    const [one, other] = await openTwo(t)
    const claim = (store: Store, holder: string, now: number) =>
      store.claimDuty({ name: 'sweep', holder, now, forMs: 1000 })
    const both = await Promise.all([claim(one, 'one', NOW), claim(other, 'other', NOW)])
    t.equal(both.filter(Boolean).length, 1)
    const [holder, waiting] = both[0] ? ['one', 'other'] : ['other', 'one']
    t.equal(await claim(one, holder, NOW + 999), true, 'the holder keeps it')
    t.equal(await claim(other, waiting, NOW + 1998), false)
    t.equal(await claim(other, waiting, NOW + 1999), true)
    await one.releaseDuty({ name: 'sweep', holder })
    t.equal(await claim(one, holder, NOW + 2000), false, 'only who has it gives it back')
    await other.releaseDuty({ name: 'sweep', holder: waiting })
    t.equal(await claim(one, holder, NOW + 2000), true)
    t.equal(await claim(other, waiting, NOW - 60_000), true, 'a clock that was far ahead holds nobody up')
  })

  t.test(
    'of instances that work on a credential each waits for the others, and finds what they have left',
    async (t) => {
      const stores = await openTwo(t)
      const key = 'a key that is long enough for the test of it'
      let inside = 0
      let most = 0
      const work = async (store: Store): Promise<void> => {
        const credentials = sealedCredentials(store, [key], () => NOW)
        await credentials?.alone('zendesk/support/oauth', async () => {
          inside += 1
          most = Math.max(most, inside)
          const before = Number((await credentials.load('zendesk/support/oauth')) ?? 0)
          await credentials.save('zendesk/support/oauth', String(before + 1))
          inside -= 1
        })
      }
      await Promise.all([...stores, ...stores].map(work))
      const kept = await sealedCredentials(stores[0], [key], () => NOW)?.load('zendesk/support/oauth')
      t.strictSame([most, kept], [1, '4'])
      const failing = sealedCredentials(stores[0], [key], () => NOW)
      await t.rejects(async () => failing?.alone('x', async () => Promise.reject(new Error('no answer'))), /no answer/)
      t.equal(await sealedCredentials(stores[1], [key], () => NOW)?.alone('x', async () => 'free'), 'free')
    },
  )
}

/** Where all is checked that can be checked, a server that is missing is a failure. */
const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

t.test('on one SQLite file', async (t) => testLimits(t, onSqlite))
t.test('on PostgreSQL', { skip }, async (t) => testLimits(t, onPostgres))
