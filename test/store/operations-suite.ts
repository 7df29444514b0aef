import type { Test } from 'tap'
import type { Outcome, Taken } from '../../src/store/delivery.ts'
import type { ClaimedReplay, ReplayStep } from '../../src/store/replays.ts'
import { NO_STAT } from '../../src/store/stats.ts'
import type { Store } from '../../src/store/store.ts'
import { eventually } from '../gateway/eventually.ts'
import { entry, type OpenStore } from './database.ts'
import { DELIVERED } from './delivered.ts'

const NOW = 5_000_000
const LEASE = 10_000
const DEAD: Outcome = { ...DELIVERED, state: 'dead', word: 'dead', note: 'refused' }

/** What an operator does to deliveries, on whatever database. */
export function testOperations(suite: Test, open: OpenStore): void {
  suite.test('a skipped delivery lets its lane go on, and is told with its reason', async (t) => {
    const store = await open(t)
    for (const number of [1, 2]) await store.append(entry(number, ['room']))
    const report = await store.skip({ who: 'kirk', selection: { ids: [1] }, reason: 'wrong ticket', now: NOW })
    t.strictSame(report, { skipped: 1, underWay: 0, settled: 0, byIntegration: [{ integration: 'room', skipped: 1 }] })
    t.match((await store.delivery(1))?.delivery, { state: 'skipped', note: 'skipped by kirk: wrong ticket' })
    t.strictSame(idsOf(await take(store, 'room')), [2], 'the next of the lane is due')
    t.strictSame(await countsOf(store), { 'room skipped': 1, 'room delivering': 1 })
    t.match(await store.auditList({ limit: 5 }), [
      { who: 'kirk', action: 'skip', subject: 'delivery 1', result: '1 skipped', at: NOW },
    ])
  })

  suite.test('a dead delivery can be skipped; what is being delivered or delivered cannot', async (t) => {
    const store = await open(t)
    for (const number of [1, 2, 3]) await store.append(entry(number, ['room'], undefined, [String(number)]))
    const [first, second] = await take(store, 'room')
    await settle(store, first, DEAD)
    await settle(store, second, DELIVERED)
    const report = await store.skip({ who: 'kirk', selection: { ids: [1, 2, 3, 77] }, reason: 'old', now: NOW })
    t.match(report, { skipped: 1, underWay: 1, settled: 1 })
    t.strictSame(await countsOf(store), { 'room skipped': 1, 'room delivered': 1, 'room delivering': 1 })
  })

  suite.test('what a process that died long ago was delivering can be skipped, and stays in doubt', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['room']))
    await take(store, 'room')
    const report = await store.skip({ who: 'kirk', selection: { ids: [1] }, reason: 'old', now: NOW + 10 * 60_000 })
    t.match(report, { skipped: 1, underWay: 0 })
    t.match((await store.delivery(1))?.delivery, { state: 'skipped', inDoubtSince: NOW })
  })

  suite.test('what comes while much is being skipped is left alone', async (t) => {
    const store = await open(t)
    await appendMany(store, 450, ['room'])
    let isOver = false
    const skipping = store.skip({ who: 'kirk', selection: { integration: 'room' }, reason: 'gone', now: NOW })
    const ending = skipping.finally(() => {
      isOver = true
    })
    while ((await store.auditList({ limit: 1 })).length === 0 && !isOver);
    await store.append(entry(1000, ['room'], undefined, ['1000']))
    t.equal((await ending).skipped, 450)
    t.strictSame(await countsOf(store), { 'room skipped': 450, 'room pending': 1 })
  })

  suite.test('all that waits for an integration can be skipped, however much it is', async (t) => {
    const store = await open(t)
    await appendMany(store, 450, ['room', 'hook'])
    const selection = { integration: 'room', states: ['pending', 'waiting', 'held'] as const }
    const report = await store.skip({ who: 'kirk', selection, reason: 'gone', now: NOW })
    t.match(report, { skipped: 450, underWay: 0, settled: 0, byIntegration: [{ integration: 'room', skipped: 450 }] })
    t.strictSame(await countsOf(store), { 'room skipped': 450, 'hook pending': 450 })
    t.match(await store.auditList({ limit: 5 }), [{ result: '450 skipped' }])
  })

  suite.test('what waits for a removed integration goes on at another one in its order', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['old', 'new']))
    await store.append(entry(2, ['old']))
    await store.append(entry(3, ['old', 'new']))
    const report = await store.moveOpen({ who: 'kirk', from: 'old', to: 'new', now: NOW })
    t.strictSame(report, { moved: 3, underWay: 0 })
    const order: number[] = []
    for (;;) {
      const [taken, ...more] = await take(store, 'new')
      if (taken === undefined) break
      t.equal(more.length, 0, 'one of a lane at a time')
      order.push(taken.id)
      await settle(store, taken, DELIVERED)
    }
    t.strictSame(order, [2, 1, 3, 4, 5], 'what was due already goes first, then all in their order')
    t.strictSame(await countsOf(store), { 'new delivered': 5 })
    t.match(await store.auditList({ limit: 1 }), [{ action: 'move', result: '3 moved' }])
  })

  suite.test('nothing is moved while one of them is being delivered', async (t) => {
    const store = await open(t)
    for (const number of [1, 2]) await store.append(entry(number, ['old']))
    await take(store, 'old')
    t.strictSame(await store.moveOpen({ who: 'kirk', from: 'old', to: 'new', now: NOW }), { moved: 0, underWay: 1 })
    t.strictSame(await countsOf(store), { 'old delivering': 1, 'old pending': 1 })
    const later = NOW + 10 * 60_000
    t.match(await store.moveOpen({ who: 'kirk', from: 'old', to: 'new', now: later }), { moved: 2, underWay: 0 })
    t.match((await store.delivery(1))?.delivery, { integration: 'new', state: 'pending', inDoubtSince: NOW })
  })

  suite.test('more than a step of deliveries is moved, each lane in its order', async (t) => {
    const store = await open(t)
    for (let number = 1; number <= 450; number += 1)
      await store.append(entry(number, ['old'], undefined, [String(number % 7)]))
    t.match(await store.moveOpen({ who: 'kirk', from: 'old', to: 'new', now: NOW }), { moved: 450 })
    t.strictSame(idsOf(await take(store, 'new')), [1, 2, 3, 4, 5, 6, 7])
    t.strictSame(await take(store, 'old'), [])
  })

  suite.test('a job puts back what was chosen step by step, and ends', async (t) => {
    const store = await open(t)
    await manyDead(store, 25)
    const job = await start(store)
    t.match(job, { state: 'running', total: 25, looked: 0, released: 0, who: 'kirk', perSecond: 50 })
    const held = await claim(store)
    const [first, second, third] = [
      await step(store, held, 10),
      await step(store, held, 10),
      await step(store, held, 10),
    ]
    t.match(first, { state: 'going', released: 10, integrations: ['room'] })
    t.match(second, { state: 'going', released: 10 })
    t.match(third, { state: 'done', released: 5 })
    t.match(await store.replayJob(job.id), { state: 'done', looked: 25, released: 25, leftAlone: 0, endedAt: NOW })
    t.strictSame(await countsOf(store), { 'room pending': 25 })
    t.match(await store.auditList({ limit: 5 }), [
      { who: 'kirk', action: 'replay', result: '25 put into the queue, 0 left alone' },
    ])
    t.equal(await store.isReplayRunning(), false)
  })

  suite.test('what came or died after a job was made does not belong to it', async (t) => {
    const store = await open(t)
    await manyDead(store, 3)
    await start(store)
    await store.append(entry(100, ['room'], undefined, ['x']))
    await settle(store, (await take(store, 'room'))[0], DEAD)
    const held = await claim(store)
    t.match(await step(store, held, 10), { state: 'done', released: 3 })
    t.strictSame(await countsOf(store), { 'room pending': 3, 'room dead': 1 })
  })

  suite.test('one instance works on a job; another takes over when it does not go on', async (t) => {
    const store = await open(t)
    await manyDead(store, 20)
    await start(store)
    const one = await claim(store)
    await step(store, one, 5)
    t.equal(await store.claimReplay({ now: NOW + LEASE / 2, leaseMs: LEASE, except: [] }), null)
    const other = await store.claimReplay({ now: NOW + 3 * LEASE, leaseMs: LEASE, except: [] })
    t.match(other, { cursor: 5, looked: 5, released: 5 })
    t.match(await step(store, one, 5), { state: 'lost', released: 0 }, 'the former one changes nothing any more')
    if (other === null) return
    t.match(await step(store, other, 50), { state: 'done', released: 15 })
    t.strictSame(await countsOf(store), { 'room pending': 20 })
  })

  suite.test('a job that is given back is taken on at once', async (t) => {
    const store = await open(t)
    await manyDead(store, 2)
    await start(store)
    const one = await claim(store)
    await store.releaseReplay(one)
    t.match(await store.claimReplay({ now: NOW, leaseMs: LEASE, except: [] }), { id: one.id })
  })

  suite.test('a step that is played twice, as after a lost answer, puts nothing back twice', async (t) => {
    const store = await open(t)
    await manyDead(store, 20)
    await start(store)
    const held = await claim(store)
    await store.stepReplay(held, stepOf(10))
    t.match(await store.stepReplay(held, stepOf(10)), { state: 'lost' })
    t.match(await store.replayJob(held.id), { released: 10, looked: 10 })
  })

  suite.test('a cancelled job releases nothing more, and can be cancelled once', async (t) => {
    const store = await open(t)
    await manyDead(store, 20)
    const { id } = await start(store)
    const held = await claim(store)
    await step(store, held, 5)
    t.equal(await store.cancelReplay(id, 'spock', NOW), true)
    t.equal(await store.cancelReplay(id, 'spock', NOW), false)
    t.match(await step(store, held, 5), { state: 'lost' })
    t.match(await store.replayJob(id), { state: 'cancelled', released: 5, endedAt: NOW })
    t.strictSame(await countsOf(store), { 'room pending': 5, 'room dead': 15 })
    t.match(await store.auditList({ limit: 5 }), [
      { who: 'spock', action: 'cancel replay', subject: `replay ${id}` },
      { who: 'kirk', action: 'replay', result: 'cancelled: 5 put into the queue, 0 left alone' },
    ])
    t.equal(await store.cancelReplay(77, 'spock', NOW), false)
  })

  suite.test('a job that fails says why', async (t) => {
    const store = await open(t)
    await manyDead(store, 1)
    await start(store)
    const held = await claim(store)
    t.equal(await store.failReplay(held, 'no such planet', NOW), true)
    t.match(await store.replayJob(held.id), { state: 'failed', note: 'no such planet' })
    t.match(await store.auditList({ limit: 1 }), [{ result: /^failed \(no such planet\): 0 put/ }])
  })

  suite.test('jobs and entries of the audit are listed the newest first, page by page', async (t) => {
    const store = await open(t)
    await manyDead(store, 1)
    for (const _ of [1, 2, 3]) await start(store)
    t.strictSame(idsOf(await store.replays({ limit: 2 })), [3, 2])
    t.strictSame(idsOf(await store.replays({ limit: 2, before: 2 })), [1])
    t.strictSame(idsOf(await store.replays({ limit: 5, state: 'done' })), [])
    t.strictSame(idsOf(await store.auditList({ limit: 2 })), [3, 2])
    t.strictSame(idsOf(await store.auditList({ limit: 5, before: 2, who: 'kirk', action: 'replay' })), [1])
    t.strictSame(await store.auditList({ limit: 5, who: 'spock' }), [])
  })

  suite.test('entries of the audit are kept for a year', async (t) => {
    const store = await open(t)
    const deed = { who: 'kirk', action: 'pause', subject: 'room', result: 'paused' } as const
    const day = 86_400_000
    await store.audit(deed, NOW)
    await store.audit({ ...deed, detail: { reason: 'maintenance\0' } }, NOW + 10 * day)
    t.equal(await store.sweepAudit(NOW + 364 * day), 0)
    t.equal(await store.sweepAudit(NOW + 366 * day), 1)
    t.match(await store.auditList({ limit: 5 }), [{ detail: { reason: 'maintenance' } }])
  })

  suite.test('the type of a removed integration is remembered', async (t) => {
    const store = await open(t)
    await store.rememberTypes({ room: 'campfire', bugs: 'jira' }, NOW)
    await store.rememberTypes({ room: 'log' }, NOW + 1)
    await store.rememberTypes({}, NOW + 2)
    t.strictSame(
      await store.integrationTypes(),
      new Map([
        ['room', 'log'],
        ['bugs', 'jira'],
      ]),
    )
  })

  suite.test('deliveries are chosen by the filters of their list', async (t) => {
    const store = await open(t)
    await manyDead(store, 3)
    await store.append(
      entry(100, ['hook'], [{ kind: 'state', storyId: '9', author: 'Kirk', state: 'started', from: null }]),
    )
    const count = async (selection: Parameters<Store['countThose']>[0]): Promise<number> =>
      ((await store.countThose(selection)) ?? []).reduce((sum, each) => sum + each.count, 0)
    t.equal(await count({}), 4)
    t.equal(await count({ states: ['dead'] }), 3)
    t.equal(await count({ states: ['dead', 'pending'] }), 4)
    t.equal(await count({ integration: 'hook' }), 1)
    t.equal(await count({ kind: 'state', storyId: '9', projectId: '26' }), 1)
    t.equal(await count({ ids: [1, 2, 99] }), 2)
    t.equal(await count({ activityId: 1, from: 1000, to: 1000 }), 1)
    t.equal(await count({ to: 999 }), 0)
  })

  suite.test('erased activities leave no row, and let the lanes behind them go on', async (t) => {
    const store = await open(t)
    for (const number of [1, 2, 3]) await store.append(entry(number, ['room']))
    const [first] = await take(store, 'room')
    const left = await store.eraseActivities([1, 2], { withOpen: false, now: NOW })
    t.match(left, { activities: 0, deliveries: 0, left: 2 })
    t.match(await store.eraseActivities([1, 2], { withOpen: true, now: NOW }), { activities: 1, left: 1 })
    await settle(store, first, DELIVERED)
    t.match(await store.eraseActivities([1], { withOpen: false, now: NOW }), { activities: 1, deliveries: 1, left: 0 })
    t.strictSame(idsOf(await take(store, 'room')), [3])
    t.strictSame(await countsOf(store), { 'room delivering': 1 })
    t.match(await store.erasable({ after: 0, most: 9 }), [{ id: 3, deliveries: 1, open: 1 }])
  })

  suite.test('links, states and names of erased stories are forgotten', async (t) => {
    const store = await open(t)
    await store.append(entry(1, ['room'], undefined, ['7', '8']))
    const link = { projectId: '26', system: null, integrationId: null, externalUrl: null }
    await store.setLinks(() => [[{ ...link, storyId: '7', externalId: 'ENT-1' }]], NOW)
    t.strictSame(await store.countStories({ storyId: '7' }), { stories: 1, links: 1 })
    t.strictSame(await store.eraseTexts([{ table: 'stories', key: ['26', '8'] }]), 1)
    t.match(await store.textsBeside(), [{ table: 'stories', key: ['26', '7'], text: 'Story 7' }])
    t.strictSame(await store.eraseStories({ storyId: '7' }), { stories: 1, links: 1 })
    t.strictSame(await store.eraseStories({ projectId: '26' }), { stories: 1, links: 0 })
  })

  suite.test('a dead delivery is kept for its own time, and for ever if that is wanted', async (t) => {
    const store = await open(t)
    await manyDead(store, 1)
    const settings = { days: 1, rejected_days: 1, rejected_count: 10 }
    const day = 86_400_000
    t.match(await store.sweep({ ...settings, dead_days: 0 }, NOW + 9999 * day), { activities: 0 })
    t.match(await store.sweep({ ...settings, dead_days: 365 }, NOW + 364 * day), { activities: 0 })
    t.match(await store.sweep({ ...settings, dead_days: 365 }, NOW + 366 * day), { activities: 1 })
    t.strictSame(await countsOf(store), {})
  })

  suite.test(
    'stories and links of a project that is long gone are forgotten, once nothing of it is kept',
    async (t) => {
      const store = await open(t)
      await store.append(entry(1, ['room'], undefined, ['7']))
      const link = { system: null, integrationId: null, externalId: 'ENT-1', externalUrl: null }
      await store.setLinks(() => [[{ projectId: '99', storyId: '8', ...link }]], NOW)
      const gone = (configured: readonly string[], now: number) => store.sweepGone(configured, { now, keptMs: 1000 })
      t.equal(await gone(['26'], NOW), 0)
      t.equal(await gone(['26', '99'], NOW + 900), 0, 'it came back')
      t.equal(await gone(['26'], NOW + 1800), 0, 'and went again')
      t.equal(await gone([], NOW + 2500), 0)
      t.equal(await gone([], NOW + 5000), 1, 'of the other one there is an activity')
      t.strictSame(await store.countStories({ projectId: '99' }), { stories: 0, links: 0 })
      t.match(await store.countStories({ projectId: '26' }), { stories: 1 })
    },
  )

  suite.test(
    'what happened is read from the rows that were committed, page by page, in the order of time',
    async (t) => {
      const store = await open(t)
      const none = { activity: 0, attempt: 0, action: 0 }
      t.match(await store.eventHeads(), none)
      for (const number of [1, 2]) await store.append(entry(number, ['room'], undefined, [String(number)]))
      const [first] = await take(store, 'room')
      await settle(store, first, DELIVERED)
      await store.skip({ who: 'kirk', selection: { ids: [1] }, reason: 'old', now: NOW + 1 })
      const heads = await store.eventHeads()
      t.match(heads, { activity: 2, attempt: 1, action: 1 })
      await eventually(
        () => store.eventHeads(),
        ({ ended }) => ended >= heads.begun,
        'nobody writes any more, in any database of the server',
      )
      t.match(await store.eventsBetween(none, heads, 10), [
        { type: 'activity', id: 1, projectId: '26', kind: 'story_update' },
        { type: 'activity', id: 2 },
        { type: 'attempt', delivery: 1, integration: 'room', outcome: 'delivered', at: NOW },
        { type: 'action', who: 'kirk', action: 'skip', subject: 'delivery 1' },
      ])
      t.match(await store.eventsBetween({ ...none, activity: 2 }, heads, 10), [{ type: 'attempt' }, { type: 'action' }])
      t.match(await store.eventsBetween(none, heads, 1), [{ id: 1 }, { type: 'attempt' }, { type: 'action' }])
    },
  )

  suite.test('what instances count is added up by minute, hour and day', async (t) => {
    const store = await open(t)
    const minute = (at: number, numbers: object) => ({ ...NO_STAT, at: at * 60_000, integration: 'room', ...numbers })
    await store.addStats([minute(60, { delivered: 1, latencyMs: 30, slowestMs: 30 }), minute(61, { failed: 2 })])
    await store.addStats([minute(60, { delivered: 2, latencyMs: 40, slowestMs: 25 }), minute(130, { dead: 1 })])
    await store.addStats([])
    const read = (period: 'minute' | 'hour' | 'day') => store.stats({ period, from: 0, until: NOW * 10 })
    t.strictSame(await read('minute'), [
      minute(130, { dead: 1 }),
      minute(61, { failed: 2 }),
      minute(60, { delivered: 3, latencyMs: 70, slowestMs: 30 }),
    ])
    t.strictSame(await read('hour'), [
      minute(120, { dead: 1 }),
      minute(60, { delivered: 3, failed: 2, latencyMs: 70, slowestMs: 30 }),
    ])
    t.strictSame(await read('day'), [minute(0, { delivered: 3, failed: 2, dead: 1, latencyMs: 70, slowestMs: 30 })])
    t.strictSame(await store.stats({ period: 'day', integration: 'hook', from: 0, until: NOW }), [])
  })

  suite.test('minutes are forgotten after two days, hours after sixty, days never', async (t) => {
    const store = await open(t)
    await store.addStats([{ ...NO_STAT, at: 60_000, integration: '', received: 1 }])
    const left = async (now: number) => {
      await store.sweepStats(now)
      const found = (['minute', 'hour', 'day'] as const).map((period) => store.stats({ period, from: 0, until: NOW }))
      return (await Promise.all(found)).map(({ length }) => length)
    }
    const day = 86_400_000
    t.strictSame(await left(day), [1, 1, 1])
    t.strictSame(await left(3 * day), [0, 1, 1])
    t.strictSame(await left(61 * day), [0, 0, 1])
  })

  suite.test('a replayed delivery waits since its replay, also when stats are counted again', async (t) => {
    const store = await open(t)
    const hour = 3_600_000
    const deliver = async (now: number) => {
      const [delivery] = await store.take({ integration: 'room', limit: 1, now, leaseMs: 1000 })
      if (delivery === undefined) throw new Error('nothing was taken')
      const end = { exchanges: '[]', endedAt: now + 500, durationMs: 100, targetTime: null }
      await store.settle({ delivery, outcome: DELIVERED, ...end })
    }
    await store.append({ ...entry(1, ['room']), receivedAt: hour })
    t.strictSame(await store.oldestOpen(['room', 'hook']), new Map([['room', hour]]))
    await deliver(hour)
    for (const replayedAt of [200 * hour, 300 * hour]) {
      await store.replay({ ids: [1] }, replayedAt)
      t.strictSame(await store.oldestOpen(['room']), new Map([['room', replayedAt]]))
      t.match(await store.standingFacts(['room'], { now: replayedAt, day: '' }), [{ oldestOpen: replayedAt }])
      t.match((await store.delivery(1))?.delivery, { createdAt: hour, replayedAt })
      await deliver(replayedAt)
    }
    await store.append({ ...entry(2, ['hook']), receivedAt: 0 })
    await store.rebuildStats('kirk', 400 * hour)
    const days = await store.stats({ period: 'day', integration: 'room', from: 0, until: 400 * hour })
    // The time between the end of an attempt and what is stored of it is not known.
    t.match(
      days.map(({ latencyMs, slowestMs }) => ({ latencyMs, slowestMs })),
      [300, 200, 0].map(() => ({ latencyMs: 100, slowestMs: 100 })),
    )
  })

  suite.test('stats can be counted again from what is kept', async (t) => {
    const store = await open(t)
    const hour = 3_600_000
    const at = 50 * hour + 60_000
    for (const number of [1, 2, 3])
      await store.append({ ...entry(number, ['room'], undefined, [String(number)]), receivedAt: at })
    const outcomes = [DELIVERED, DEAD, { ...DELIVERED, state: 'waiting', word: 'retry', dueAt: at + 9 * hour } as const]
    const taken = await store.take({ integration: 'room', limit: 9, now: at, leaseMs: 1000 })
    for (const [index, delivery] of taken.entries())
      await store.settle({
        ...{ delivery, outcome: outcomes[index] ?? DELIVERED, exchanges: '[]', durationMs: 500, targetTime: null },
        endedAt: at + 500,
      })
    await store.addStats([{ ...NO_STAT, at: 50 * hour + 300_000, integration: 'lost', received: 99 }])
    await store.rebuildStats('kirk', 90 * hour)
    const read = (period: 'minute' | 'hour' | 'day') => store.stats({ period, from: 0, until: 200 * hour })
    const room = { ...NO_STAT, integration: 'room', delivered: 1, dead: 1, failed: 1, latencyMs: 500, slowestMs: 500 }
    t.strictSame(await read('minute'), [
      { ...NO_STAT, at, integration: '', received: 3 },
      { ...room, at },
    ])
    t.match(await read('hour'), [{ at: 50 * hour, integration: 'lost' }], 'of a part of an hour not all is kept')
    t.match(await store.auditList({ limit: 1 }), [{ who: 'kirk', action: 'rebuild stats' }])
  })
}

async function appendMany(store: Store, count: number, integrations: readonly string[]): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, (_, at) => store.append(entry(at + 1, integrations, undefined, [String(at + 1)]))),
  )
}

async function manyDead(store: Store, count: number): Promise<void> {
  await appendMany(store, count, ['room'])
  for (const delivery of await take(store, 'room')) await settle(store, delivery, DEAD)
}

function start(store: Store): ReturnType<Store['createReplay']> {
  const what = { type: 'deliveries', selection: { integration: 'room', states: ['dead'] } } as const
  return store.countThose(what.selection).then((found) => {
    const total = (found ?? []).reduce((sum, { count }) => sum + count, 0)
    return store.createReplay({ who: 'kirk', what, perSecond: 50, total }, NOW)
  })
}

async function claim(store: Store): Promise<ClaimedReplay> {
  const claimed = await store.claimReplay({ now: NOW, leaseMs: LEASE, except: [] })
  if (claimed === null) throw new Error('no job is free')
  return claimed
}

const stepOf = (most: number) =>
  ({ selection: { integration: 'room', states: ['dead'] }, most, now: NOW, leaseMs: LEASE }) as const

const cursors = new WeakMap<ClaimedReplay, number>()

/** Goes on from where the last step of this holder came to. */
async function step(store: Store, held: ClaimedReplay, most: number): Promise<ReplayStep> {
  const cursor = cursors.get(held) ?? held.cursor
  const done = await store.stepReplay({ ...held, cursor }, stepOf(most))
  cursors.set(held, done.cursor)
  return done
}

function take(store: Store, integration: string): Promise<Taken[]> {
  return store.take({ integration, limit: 1000, now: NOW, leaseMs: 1000 })
}

async function settle(store: Store, delivery: Taken | undefined, outcome: Outcome): Promise<void> {
  if (delivery === undefined) throw new Error('nothing was taken')
  await store.settle({ delivery, outcome, exchanges: '[]', endedAt: NOW, durationMs: 0, targetTime: null })
}

const idsOf = (rows: readonly { readonly id: number }[]): number[] => rows.map(({ id }) => id)

async function countsOf(store: Store): Promise<Record<string, number>> {
  const counts = (await store.counts()).filter(({ count }) => count !== 0)
  return Object.fromEntries(counts.map(({ integration, state, count }) => [`${integration} ${state}`, count]))
}
