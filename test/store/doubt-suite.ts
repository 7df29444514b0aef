import type { Test } from 'tap'
import type { Outcome, Taken } from '../../src/store/delivery.ts'
import type { Store } from '../../src/store/store.ts'
import { entry, type OpenStore } from './database.ts'
import { DELIVERED } from './delivered.ts'

const LEASE_MS = 10_000
const HOUR_MS = 3_600_000

async function takeOne(store: Store, integration: string, now = 2000): Promise<Taken> {
  const [taken] = await store.take({ integration, limit: 1, now, leaseMs: LEASE_MS })
  if (taken === undefined) throw new Error('nothing was taken')
  return taken
}

/** As a process does that has seen nobody extend a lease. */
async function takeOver(store: Store, integration: string, now: number): Promise<Taken | undefined> {
  const abandoned = await store.underWay(integration, [])
  return (await store.take({ integration, limit: 1, now, leaseMs: LEASE_MS, abandoned }))[0]
}

async function settle(store: Store, delivery: Taken, outcome: Partial<Outcome>, targetTime: number | null = null) {
  return await store.settle({
    delivery,
    outcome: { ...DELIVERED, ...outcome },
    exchanges: '[]',
    endedAt: 3000,
    durationMs: 1000,
    targetTime,
  })
}

const doubtful = (dueAt: number, more: Partial<Outcome> = {}): Partial<Outcome> => ({
  state: 'waiting',
  word: 'in doubt',
  dueAt,
  failures: 1,
  inDoubtSince: 2000,
  firstFailedAt: 3000,
  lastFailedAt: 3000,
  ...more,
})

const held = (firstFailedAt: number, dueAt = 9_000_000): Partial<Outcome> => ({
  state: 'held',
  word: 'hold',
  dueAt,
  firstFailedAt,
  lastFailedAt: firstFailedAt,
  note: 'refused',
})

/** What outlives an attempt in doubt, a long outage and a clock that is set, on whatever database, by whose clock. */
export function testDoubt(suite: Test, open: OpenStore, clock: 'caller' | 'server'): void {
  suite.test('words are kept until the attempt they were sent by is no longer in doubt', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['room']))
    const first = await takeOne(store, 'room')
    t.equal(await store.keep({ delivery: first, words: 'Kirk said hello', targetTime: 2500 }), true)
    await settle(store, first, doubtful(5000), 2600)
    const second = await takeOne(store, 'room', 5000)
    t.match(second, { kept: 'Kirk said hello', targetTime: 2500, inDoubtSince: 2000, firstFailedAt: 3000 })
    await store.keep({ delivery: second, words: 'Kirk said hello', targetTime: 5500 })
    await settle(store, second, doubtful(9000), 5600)
    const third = await takeOne(store, 'room', 9000)
    t.match(third, { targetTime: 2500 }, 'the first attempt in doubt counts')
    await settle(store, third, {})
    t.match((await store.delivery(third.id))?.delivery, { state: 'delivered', kept: null, targetTime: null })
  })

  suite.test('the time of a later attempt is not taken for that of the first one in doubt', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['tickets']))
    await settle(store, await takeOne(store, 'tickets'), doubtful(5000), null)
    await settle(store, await takeOne(store, 'tickets', 5000), doubtful(9000), 5600)
    const third = await takeOne(store, 'tickets', 9000)
    t.match(third, { inDoubtSince: 2000, targetTime: null })
    await store.keep({ delivery: third, words: 'Kirk said hello', targetTime: 9600 })
    await settle(store, third, doubtful(12_000), 9600)
    t.match(await takeOne(store, 'tickets', 12_000), { inDoubtSince: 2000, targetTime: null })
  })

  suite.test('words outlive a crash between them and the outcome', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['room']))
    await store.keep({ delivery: await takeOne(store, 'room'), words: 'Kirk said hello', targetTime: null })
    t.match(await takeOver(store, 'room', 2000 + LEASE_MS), { kept: 'Kirk said hello', inDoubtSince: 2000 })
  })

  suite.test('a process that has lost its lease learns so before it writes', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['room']))
    const frozen = await takeOne(store, 'room')
    await takeOver(store, 'room', 2000 + LEASE_MS)
    t.equal(await store.keep({ delivery: frozen, words: 'Kirk said hello', targetTime: null }), false)
  })

  suite.test('the first doubt is what is in doubt, or under way elsewhere, and due first', async (t) => {
    const store = await open(t)
    for (const number of [1, 2, 3]) await store.append(entry(number, ['room'], undefined, [`story ${number}`]))
    t.equal(await store.firstDoubt('room', [], 2000), null)
    const [one, two] = [await takeOne(store, 'room'), await takeOne(store, 'room', 2001)]
    t.equal(await store.firstDoubt('room', [one.id, two.id], 2001), null, 'what one carries out oneself is no doubt')
    t.strictSame(await store.firstDoubt('room', [two.id], 2001), {
      id: one.id,
      dueAt: 2000 + LEASE_MS,
      isUnderWay: true,
    })
    await settle(store, one, doubtful(20_000))
    t.strictSame(await store.firstDoubt('room', [two.id], 3000), { id: one.id, dueAt: 20_000, isUnderWay: false })
    t.equal(await store.firstDoubt('hook', [], 3000), null)
    const early = { integration: 'room', limit: 5, now: 4000, leaseMs: 1000, early: true }
    t.strictSame(await store.take({ ...early, only: two.id }), [], 'what is under way is left alone')
    const [question] = await store.take({ ...early, only: one.id })
    t.match(question, { id: one.id, inDoubtSince: 2000 }, 'what is in doubt may be asked about before it is due')
    if (question !== undefined) await settle(store, question, doubtful(20_000))
    const [asked] = await store.take({ integration: 'room', limit: 5, now: 20_000, leaseMs: 1000, only: one.id })
    t.equal(asked?.id, one.id)
    if (asked !== undefined) await settle(store, asked, {})
    await settle(store, two, {})
    t.equal(await store.firstDoubt('room', [], 20_000), null)
  })

  suite.test('an id that a receipt names is known, for the same integration', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['room', 'hook']))
    await settle(store, await takeOne(store, 'room'), { receiptId: '7001' })
    t.strictSame(await store.receiptedIds('room', ['7000', '7001']), ['7001'])
    t.strictSame(await store.receiptedIds('hook', ['7001']), [])
    t.strictSame(await store.receiptedIds('room', []), [])
  })

  suite.test(
    'the latest message about a story that has arrived is known, for each integration and project',
    async (t) => {
      const store = await open(t)
      const latest = (integration = 'room', project = '26', story = '109') =>
        store.latestReceipt(integration, project, story)
      const said = { kind: 'announce', what: 'accepted', storyId: '109', author: 'James Kirk', text: null } as const
      for (const number of [1, 2, 3]) await store.append(entry(number, ['room', 'hook'], [said], ['109']))
      t.equal(await latest(), null)
      for (const outcome of [
        { receiptId: '$first' },
        { receiptId: '$second' },
        { receiptId: null, state: 'dead' },
      ] as const)
        await settle(store, await takeOne(store, 'room', 5000), outcome)
      t.equal(await latest(), '$second')
      t.strictSame(
        [await latest('hook'), await latest('room', '27'), await latest('room', '26', '110')],
        [null, null, null],
      )
    },
  )

  suite.test('of very many attempts the first and the latest are kept', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['room']))
    for (let number = 1; number <= 60; number += 1)
      await settle(store, await takeOne(store, 'room', 1000 * number + 1000), held(3000, 1000 * number + 2000))
    const numbers = (await store.delivery(1))?.attempts.map((attempt) => attempt.number)
    t.strictSame(numbers, [...range(1, 10), ...range(21, 60)])
  })

  suite.test('what has been held for too long expires, frees its lane, and can be replayed', async (t) => {
    const store = await open(t)
    for (const number of [1, 2]) await store.append(entry(number, ['room']))
    await store.append(entry(3, ['room'], undefined, ['another']))
    await settle(store, await takeOne(store, 'room'), held(3000))
    await settle(store, await takeOne(store, 'room'), held(HOUR_MS))
    t.equal(await store.heldBefore('room', 3001), 1)
    const expiry = { integration: 'room', before: 3001, now: 5000, note: 'expired; the last failure: ' }
    t.equal(await store.expire({ ...expiry, integration: 'hook' }), 0)
    t.equal(await store.expire(expiry), 1)
    t.equal(await store.expire(expiry), 0)
    t.match((await store.delivery(1))?.delivery, {
      state: 'dead',
      note: 'expired; the last failure: refused',
      settledAt: 5000,
      dueAt: null,
    })
    const next = await takeOne(store, 'room', 5000)
    t.equal(next.activityId, 2, 'the next of its story has its turn')
    await settle(store, next, {})
    t.match(
      (await store.counts()).map(({ state, count }) => [state, Number(count)]).filter(([, count]) => count !== 0),
      [
        ['dead', 1],
        ['delivered', 1],
        ['held', 1],
      ],
    )
    t.equal(await store.replay({ state: 'dead' }, 6000), 1)
    t.match(await takeOne(store, 'room', 6000), { id: 1, firstFailedAt: null, lastFailedAt: null })
  })

  suite.test('after a clock was set back nothing waits until the time has caught up', async (t) => {
    const store = await open(t)
    const now = 10 * HOUR_MS
    for (const number of [1, 2, 3, 4])
      await store.append({ ...entry(number, ['room'], undefined, [`story ${number}`]), receivedAt: now })
    await settle(store, await takeOne(store, 'room', now), held(now, now + 300_000))
    await settle(store, await takeOne(store, 'room', now), doubtful(now + 5000))
    const earlier = now - HOUR_MS
    const change = { integration: 'room', now: earlier, longestWaitMs: 48 * HOUR_MS }
    await store.bringBackDueDates({ ...change, backMs: HOUR_MS })
    const due = async (id: number) => (await store.delivery(id))?.delivery.dueAt
    t.strictSame(
      [await due(1), await due(2)],
      // Whoever calls cannot know whether the server's clock was set.
      clock === 'caller' ? [earlier + 300_000, earlier + 5000] : [now + 300_000, now + 5000],
    )
    const others = await store.take({ integration: 'room', limit: 9, now: earlier, leaseMs: LEASE_MS })
    t.strictSame(
      others.map(({ id }) => id),
      [3, 4],
      'what has arrived by the clock before is due',
    )
    await store.bringBackDueDates({ ...change, now: earlier - 100 * HOUR_MS, backMs: 0 })
    t.equal(await due(1), earlier - 100 * HOUR_MS, 'no wait is that long, so it is due now')
  })
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
