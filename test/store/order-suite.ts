import type { Test } from 'tap'
import type { Outcome, Taken } from '../../src/store/delivery.ts'
import type { Store } from '../../src/store/store.ts'
import { entry, type OpenStore } from './database.ts'

const LEASE_MS = 10_000

async function take(store: Store, integration: string, now = 2000, limit = 10): Promise<Taken[]> {
  return await store.take({ integration, limit, now, leaseMs: LEASE_MS })
}

/** As a process does that has seen nobody extend a lease. */
async function takeOver(store: Store, integration: string, now: number): Promise<Taken[]> {
  const abandoned = await store.underWay(integration, [])
  return await store.take({ integration, limit: 10, now, leaseMs: LEASE_MS, abandoned })
}

function ending(state: Outcome['state'], more: Partial<Outcome> = {}): Outcome {
  return {
    state,
    dueAt: null,
    failures: 0,
    inDoubtSince: null,
    failingSince: null,
    firstFailedAt: null,
    lastFailedAt: null,
    receiptId: null,
    note: 'test',
    word: 'delivered',
    status: null,
    ...more,
  }
}

const settle = (store: Store, delivery: Taken, outcome: Outcome, endedAt = 3000): Promise<boolean> =>
  store.settle({ delivery, outcome, exchanges: '[]', endedAt, durationMs: 0, targetTime: null })

/** The order of deliveries and who may carry them out, on whatever database. */
export function testOrder(suite: Test, open: OpenStore): void {
  suite.test('a probe can go to the newest that was never tried, and else to what is due first', async (t) => {
    const store = await open(t)
    for (const number of [1, 2, 3, 4]) await store.append(entry(number, ['room'], undefined, [String(number)]))
    const tried = async (now: number): Promise<number | undefined> => {
      const probe = { integration: 'room', limit: 1, now, leaseMs: LEASE_MS, newestFirst: true }
      const [taken] = await store.take(probe)
      if (taken !== undefined) await settle(store, taken, ending('held', { dueAt: now + 1000, word: 'hold' }), now)
      return taken?.activityId
    }
    const found: (number | undefined)[] = []
    for (let now = 2000; now < 9000; now += 1000) found.push(await tried(now))
    t.strictSame(found, [4, 3, 2, 1, 4, 3, 2])
  })

  suite.test('of two outcomes of one attempt that are stored at once, the first one counts', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['room']))
    const [taken] = await take(store, 'room')
    if (taken === undefined) throw new Error('nothing was due')
    const stale = { ...taken, token: 'of somebody else' }
    t.strictSame(
      await Promise.all([
        settle(store, stale, ending('dead', { word: 'dead' })),
        settle(store, taken, ending('delivered')),
        settle(store, taken, ending('dead', { word: 'dead' })),
      ]),
      [false, true, false],
    )
    t.match(await store.delivery(taken.id), {
      delivery: { state: 'delivered' },
      attempts: [{ outcome: 'delivered' }],
    })
  })

  suite.test('what was taken and not begun is given back as it was, and keeps its place', async (t) => {
    const store = await open(t)
    for (const number of [1, 2, 3, 4]) await store.append(entry(number, ['room'], undefined, [String(number)]))
    const [failed] = await take(store, 'room', 2000, 1)
    if (failed === undefined) throw new Error('nothing was due')
    await settle(store, failed, ending('waiting', { dueAt: 2500, failures: 1, word: 'retry' }))
    const before = await store.deliveries({ limit: 10 })
    const counts = await store.counts()

    const taken = await take(store, 'room', 3000)
    t.strictSame(
      taken.map(({ activityId, attempts }) => [activityId, attempts]),
      [
        [1, 2],
        [2, 1],
        [3, 1],
        [4, 1],
      ],
    )
    await store.giveBack(taken)
    t.strictSame(await store.deliveries({ limit: 10 }), before)
    t.strictSame(await store.counts(), counts)
    t.equal(await settle(store, failed, ending('delivered')), false, 'it holds the lease no more')
    t.strictSame(
      (await take(store, 'room', 3000, 2)).map(({ activityId }) => activityId),
      [2, 3],
      'in the order of their due dates',
    )
  })

  suite.test(
    'what another process has taken meanwhile is not given back, and what may have been sent stays in doubt',
    async (t) => {
      const store = await open(t)
      await store.append(entry(1, ['room']))
      const late = await take(store, 'room')
      const taken = await takeOver(store, 'room', 2000 + LEASE_MS)
      await store.giveBack(late)
      t.match(await store.deliveries({ limit: 1 }), [{ state: 'delivering', attempts: 2 }])
      await store.giveBack(taken)
      t.match(await store.deliveries({ limit: 1 }), [{ state: 'waiting', attempts: 1, inDoubtSince: 2000 }])
      t.match(await take(store, 'room', 2000 + LEASE_MS), [{ attempts: 2, inDoubtSince: 2000 }])
    },
  )

  suite.test(
    'only the first open delivery of a story may be taken, and settling it gives the next one its turn',
    async (t) => {
      const store = await open(t)
      for (const number of [1, 2, 3]) await store.append(entry(number, ['room']))
      const [first, ...others] = await take(store, 'room')
      t.strictSame(others, [])
      t.equal(first?.activityId, 1)
      t.strictSame(await take(store, 'room'), [], 'the second waits while the first is under way')
      if (first === undefined) throw new Error('nothing was taken')
      await settle(store, first, ending('waiting', { dueAt: 5000, word: 'retry' }))
      t.strictSame(await take(store, 'room', 4999), [], 'the second waits while the first waits for its retry')
      const [again] = await take(store, 'room', 5000)
      t.equal(again?.id, first.id)
      t.equal(again?.attempts, 2)
      if (again === undefined) throw new Error('nothing was taken')
      await settle(store, again, ending('dead', { word: 'dead' }))
      const [second] = await take(store, 'room', 6000)
      t.equal(second?.activityId, 2, 'a dead delivery does not block those behind it')
    },
  )

  suite.test('stories and integrations do not wait for each other', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['room', 'hook'], undefined, ['1']))
    await store.append(entry(2, ['room', 'hook'], undefined, ['2']))
    t.equal((await take(store, 'room')).length, 2)
    t.equal((await take(store, 'hook')).length, 2)
  })

  suite.test('an activity of several stories waits for each of them, and each of them waits for it', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['hook'], undefined, ['1']))
    await store.append(entry(2, ['hook'], undefined, ['2']))
    await store.append(entry(3, ['hook'], undefined, ['1', '2', '3']))
    await store.append(entry(4, ['hook'], undefined, ['3']))
    const [one, two, ...more] = await take(store, 'hook')
    t.strictSame([one?.activityId, two?.activityId, more], [1, 2, []])
    if (one === undefined || two === undefined) throw new Error('nothing was taken')
    await settle(store, one, ending('delivered'))
    t.strictSame(await take(store, 'hook', 4000), [], 'story 2 is still under way')
    await settle(store, two, ending('delivered'))
    const [both, ...rest] = await take(store, 'hook', 4000)
    t.strictSame([both?.activityId, rest], [3, []])
    if (both === undefined) throw new Error('nothing was taken')
    await settle(store, both, ending('delivered'))
    t.equal((await take(store, 'hook', 4000))[0]?.activityId, 4)
  })

  suite.test('the deliveries of one activity for one story are carried out one after the other', async (t) => {
    const store = await open(t)
    const comment = { kind: 'comment', storyId: '109', author: 'Spock', text: 'Fascinating', commentId: '1' } as const
    const state = { kind: 'state', storyId: '109', author: 'Spock', state: 'accepted', from: null } as const
    await store.append(entry(1, ['jira'], [comment, state]))
    const [first, ...others] = await take(store, 'jira')
    t.strictSame([first?.effect, others], [comment, []])
    if (first === undefined) throw new Error('nothing was taken')
    await settle(store, first, ending('delivered'))
    t.strictSame((await take(store, 'jira', 4000))[0]?.effect, state)
  })

  suite.test(
    'what a worker that died has left is taken over in doubt, and the dead one cannot settle it any more',
    async (t) => {
      const store = await open(t)
      await store.append(entry(1, ['room']))
      const [lost] = await take(store, 'room', 2000)
      if (lost === undefined) throw new Error('nothing was taken')
      t.strictSame(await take(store, 'room', 2000 + 2 * LEASE_MS), [], 'the end of a lease by the clock means nothing')
      t.strictSame(await store.underWay('room', [lost.id]), [], 'what one carries out oneself')
      const [found] = await takeOver(store, 'room', 2000 + LEASE_MS)
      t.equal(found?.id, lost.id)
      t.equal(found?.inDoubtSince, 2000, 'since the beginning of the attempt that was lost')
      t.equal(await settle(store, lost, ending('delivered')), false, 'the late writer is fenced off')
      if (found === undefined) throw new Error('nothing was taken')
      t.equal(await settle(store, found, ending('delivered')), true)
      t.strictSame(await store.counts(), [
        { integration: 'room', state: 'delivered', count: 1 },
        { integration: 'room', state: 'delivering', count: 0 },
        { integration: 'room', state: 'pending', count: 0 },
      ])
    },
  )

  suite.test('a lease that was extended since it was seen is not taken over', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['room']))
    const taken = await take(store, 'room', 2000)
    const abandoned = await store.underWay('room', [])
    t.strictSame(
      await store.extend(taken, 50_000, 2000),
      taken.map(({ id }) => id),
    )
    const request = { integration: 'room', limit: 10, now: 60_000, leaseMs: LEASE_MS }
    t.strictSame(await store.take({ ...request, abandoned }), [])
    t.equal((await takeOver(store, 'room', 60_000)).length, 1)
    t.strictSame(await store.extend(taken, 90_000, 60_000), [], 'who has lost it learns so')
  })

  suite.test('replayed deliveries go back to their place in the order', async (t) => {
    const store = await open(t)
    for (const number of [1, 2, 3]) await store.append(entry(number, ['room']))
    const [first] = await take(store, 'room')
    if (first === undefined) throw new Error('nothing was taken')
    await settle(store, first, ending('dead', { word: 'dead', inDoubtSince: 2000 }))
    t.equal(await store.replay({ state: 'dead' }, 4000), 1)
    const [second] = await take(store, 'room', 4000)
    t.equal(second?.activityId, 2, 'the one that was due already goes on')
    if (second === undefined) throw new Error('nothing was taken')
    await settle(store, second, ending('delivered'))
    const [again] = await take(store, 'room', 5000)
    t.equal(again?.activityId, 1, 'then the replayed one, before the third')
    t.equal(again?.inDoubtSince, 2000, 'the doubt is kept')
    t.equal(await store.replay({ ids: [second.id, 3, 99] }, 5000), 1, 'open and unknown ones are left alone')
  })

  suite.test('a replay never leaves a lane in which everybody waits for somebody else', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['hook'], undefined, ['B']))
    const [dead] = await take(store, 'hook')
    if (dead === undefined) throw new Error('nothing was taken')
    await settle(store, dead, ending('dead', { word: 'dead' }))
    await store.append(entry(2, ['hook'], undefined, ['A']))
    const [active] = await take(store, 'hook')
    if (active === undefined) throw new Error('nothing was taken')
    await store.append(entry(3, ['hook'], undefined, ['A', 'B']))
    t.equal(await store.replay({ ids: [dead.id] }, 4000), 1)
    const [again] = await take(store, 'hook', 4000)
    t.equal(again?.activityId, 1, 'nobody of its lane has the turn, so the replayed one is due at once')
    if (again === undefined) throw new Error('nothing was taken')
    await settle(store, active, ending('delivered'))
    t.strictSame(await take(store, 'hook', 5000), [], 'the one of both stories waits for both')
    await settle(store, again, ending('delivered'))
    t.equal((await take(store, 'hook', 6000))[0]?.activityId, 3)
  })

  suite.test(
    'a replayed delivery of several stories does not run beside a younger one that has its turn',
    async (t) => {
      const store = await open(t)
      await store.append(entry(1, ['hook'], undefined, ['A', 'B']))
      const [dead] = await take(store, 'hook')
      if (dead === undefined) throw new Error('nothing was taken')
      await settle(store, dead, ending('dead', { word: 'dead' }))
      await store.append(entry(2, ['hook'], undefined, ['A']))
      await store.append(entry(3, ['hook'], undefined, ['B']))
      const [a, b] = await take(store, 'hook')
      if (a === undefined || b === undefined) throw new Error('nothing was taken')
      await store.replay({ ids: [dead.id] }, 4000)
      await settle(store, a, ending('delivered'))
      t.strictSame(await take(store, 'hook', 5000), [], 'story B is still under way')
      await settle(store, b, ending('delivered'))
      t.equal((await take(store, 'hook', 6000))[0]?.activityId, 1)
    },
  )
}
