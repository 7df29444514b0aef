import t, { type Test } from 'tap'
import { createLogger } from '../../src/observability/logger.ts'
import { OperationError } from '../../src/operations/operation-error.ts'
import { createReplayer, type ReplayerParts } from '../../src/operations/replayer.ts'
import { cancelReplay, previewReplay, startReplay } from '../../src/operations/replays.ts'
import type { Project } from '../../src/queue/journal.ts'
import type { Delivery, Outcome } from '../../src/store/delivery.ts'
import type { ReplayWhat } from '../../src/store/replays.ts'
import type { Store } from '../../src/store/store.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { filterOf } from '../../src/tracker/filter.ts'
import { changed, commented, created, labelled } from '../gateway/tracker-says.ts'
import { freshStore } from '../store/database.ts'
import { DELIVERED } from '../store/delivered.ts'
import { projectWith, receive } from './received.ts'

const NOW = 5_000_000
const DEAD: ReplayWhat = { type: 'deliveries', selection: { states: ['dead'] } }
const anew = (more: object = {}): ReplayWhat => ({ type: 'activities', selection: { again: false, ...more } })

t.test('a job puts no more into the queue in a second than it says', async (t) => {
  const store = await freshStore(t)
  await dead(store, 25)
  const { waits, woken, run } = replayer(t, store)
  await startReplay(store, { who: 'kirk', what: DEAD, perSecond: 10 }, NOW)
  await run()
  t.strictSame(waits, [1000, 1000], 'a second after each ten')
  t.strictSame(new Set(woken), new Set(['room']))
  t.match(await store.replays({ limit: 1 }), [{ state: 'done', released: 25, looked: 25, total: 25 }])
})

t.test('an integration that is added later is fed from the past, in order', async (t) => {
  const store = await freshStore(t)
  const before = projectWith('room')
  for (const [at, said] of [
    created(1, { story: '109', name: 'Warp' }),
    commented(2, { story: '109', text: 'Engage' }),
    commented(3, { story: '109', text: 'Make it so' }),
  ].entries())
    await receive(store, said, before, 1000 + at)
  const had = await all(store)
  const { run } = replayer(t, store, projectWith('room', 'jira'))
  const preview = await previewReplay({ store, project: () => projectWith('room', 'jira') }, anew())
  t.strictSame(preview, { total: 3, deliveries: [{ integration: 'jira', state: 'new', count: 2 }], isComplete: true })
  await startReplay(store, { who: 'kirk', what: anew() }, NOW)
  await run()
  const fresh = (await all(store)).slice(had.length)
  t.strictSame(
    fresh.map(({ integration, effect }) => [integration, 'text' in effect && effect.text]),
    [
      ['jira', 'Engage'],
      ['jira', 'Make it so'],
    ],
  )
  t.ok(fresh[0]?.dueAt !== null && fresh[1]?.dueAt === null, 'one after the other')
  t.match(await store.replays({ limit: 1 }), [{ state: 'done', looked: 3, released: 2, leftAlone: had.length }])
  await startReplay(store, { who: 'kirk', what: anew() }, NOW)
  await run()
  t.equal((await all(store)).length, had.length + 2, 'the same once more adds nothing')
})

t.test('what died is put back by planning anew, what was delivered or skipped only if asked', async (t) => {
  const store = await freshStore(t)
  const project = projectWith('room')
  for (const number of [1, 2, 3]) await receive(store, commented(number, { story: String(number), text: 'x' }), project)
  const outcomes = [DELIVERED, outcome('dead'), outcome('skipped')]
  await settleAll(store, (at) => outcomes[at] ?? DELIVERED)
  const { run } = replayer(t, store, project)
  await startReplay(store, { who: 'kirk', what: anew() }, NOW)
  await run()
  t.strictSame(statesOf(await all(store)), ['delivered', 'pending', 'skipped'])
  t.match(await previewReplay({ store, project: () => project }, anew({ again: true })), {
    deliveries: [{ integration: 'room', state: 'delivered', count: 1 }, { state: 'skipped' }],
  })
  await startReplay(store, { who: 'kirk', what: anew({ again: true }) }, NOW)
  await run()
  t.strictSame(statesOf(await all(store)), ['pending', 'pending', 'pending'])
})

t.test('a state that the story has left since does not go out again, unless the target is told of each', async (t) => {
  const store = await freshStore(t)
  const nobody = projectWith()
  await receive(store, changed(1, { story: '109', state: 'started' }).replace('22:12:09', '22:12:01'), nobody)
  await receive(store, changed(2, { story: '109', state: 'accepted' }), nobody)
  const { run } = replayer(t, store, projectWith('jira', 'zendesk'))
  await startReplay(store, { who: 'kirk', what: anew() }, NOW)
  await run()
  t.strictSame(
    (await all(store)).map(({ integration, effect }) => `${integration} ${'state' in effect && effect.state}`).sort(),
    ['jira accepted', 'zendesk accepted', 'zendesk started'],
  )
})

t.test('a filter holds for what is planned anew too, by what was told of the stories until then', async (t) => {
  const store = await freshStore(t)
  await receive(store, commented(1, { story: '109', text: 'a' }), projectWith())
  await receive(store, commented(2, { story: '110', text: 'b' }), projectWith())
  await receive(store, labelled(3, { story: '109', labels: 'ui, urgent' }), projectWith())
  const [room] = projectWith('room').integrations
  if (room === undefined) throw new Error('there is no room')
  const choosy = { ...projectWith(), integrations: [{ ...room, filter: filterOf({ labels: ['urgent'] }) }] }
  t.match(await previewReplay({ store, project: () => choosy }, anew()), {
    deliveries: [{ integration: 'room', state: 'new', count: 1 }],
  })
  const { run } = replayer(t, store, choosy)
  await startReplay(store, { who: 'kirk', what: anew() }, NOW)
  await run()
  t.match(await all(store), [{ activityId: 1, integration: 'room' }])
  const { run: again } = replayer(t, store, projectWith('room'))
  await startReplay(store, { who: 'kirk', what: anew() }, NOW)
  await again()
  t.strictSame(
    (await all(store)).map(({ activityId }) => activityId),
    [1, 2],
    'without the filter the rest follows, and nothing comes twice',
  )
})

t.test('only the integrations and activities that are asked for are planned', async (t) => {
  const store = await freshStore(t)
  const ids: number[] = []
  for (const number of [1, 2, 3])
    ids.push(await receive(store, commented(number, { story: '109', text: 'x' }), projectWith(), number * 1000))
  const { run } = replayer(t, store, projectWith('room', 'jira'))
  const what = anew({ ids: ids.slice(0, 2), from: 2000, to: 2999, integrations: ['jira'] })
  await startReplay(store, { who: 'kirk', what }, NOW)
  await run()
  t.match(await all(store), [{ activityId: ids[1], integration: 'jira' }])
})

t.test('activities of an unknown project, of ignored authors, or that cannot be read cause nothing', async (t) => {
  const store = await freshStore(t)
  await receive(store, commented(1, { story: '109', text: 'x' }), projectWith())
  for (const project of [undefined, { ...projectWith('room'), ignoreAuthors: ['James Kirk'] }]) {
    const { run } = replayer(t, store, project)
    await startReplay(store, { who: 'kirk', what: anew() }, NOW)
    await run()
  }
  t.strictSame(await all(store), [])
  t.match(await store.replays({ limit: 5 }), [{ state: 'done' }, { state: 'done' }])
})

t.test('a job goes on after a failure of the store, and gives up what can never succeed', async (t) => {
  const store = await freshStore(t)
  await dead(store, 2)
  let failures = 0
  const broken = replayer(t, {
    ...store,
    stepReplay: async (...args) => {
      failures += 1
      if (failures <= 2) throw new StoreError('unavailable', 'busy')
      return await store.stepReplay(...args)
    },
  })
  await startReplay(store, { who: 'kirk', what: DEAD }, NOW)
  await broken.run()
  t.match(await store.replays({ limit: 1 }), [{ state: 'done', released: 2 }])
  await settleAll(store, () => outcome('dead'))
  const hopeless = replayer(t, {
    ...store,
    stepReplay: () => Promise.reject(new Error('no such planet')),
  })
  await startReplay(store, { who: 'kirk', what: DEAD }, NOW)
  await hopeless.run()
  t.match(await store.replays({ limit: 1 }), [{ state: 'failed', note: 'no such planet' }])
})

t.test('a replayer that stops gives its job to the next one', async (t) => {
  const store = await freshStore(t)
  await dead(store, 4)
  await startReplay(store, { who: 'kirk', what: DEAD, perSecond: 1 }, NOW)
  const first = replayer(t, store, undefined, { pausesFor: 2 })
  await first.run()
  const [half] = await store.replays({ limit: 1 })
  t.match(half, { state: 'running', released: 2 })
  await replayer(t, store).run()
  t.match(await store.replays({ limit: 1 }), [{ state: 'done', released: 4 }])
})

t.test('nothing chosen, an unknown job and an ended one are refused with a reason', async (t) => {
  const store = await freshStore(t)
  const refused = (work: Promise<unknown>): Promise<unknown> =>
    work.catch((error: unknown) => (error instanceof OperationError ? error.reason : error))
  t.equal(await refused(startReplay(store, { who: 'kirk', what: DEAD }, NOW)), 'unknown')
  t.equal(await refused(cancelReplay(store, 77, 'kirk', NOW)), 'unknown')
  await dead(store, 1)
  const { id } = await startReplay(store, { who: 'kirk', what: DEAD }, NOW)
  t.match(await cancelReplay(store, id, 'kirk', NOW), { state: 'cancelled' })
  t.equal(await refused(cancelReplay(store, id, 'kirk', NOW)), 'conflict')
})

interface Replaying {
  readonly waits: number[]
  readonly woken: string[]
  /** Works until it has nothing to do any more, or was stopped. */
  run(): Promise<void>
}

/** @param pausesFor stops it at this pause */
function replayer(
  t: Test,
  store: ReplayerParts['store'],
  project?: Project,
  { pausesFor = Number.POSITIVE_INFINITY }: { readonly pausesFor?: number } = {},
): Replaying {
  const waits: number[] = []
  const woken: string[] = []
  const created = createReplayer({
    store,
    project: () => project,
    wake: (names) => void woken.push(...names),
    log: createLogger('silent'),
    leaseMs: 10_000,
    now: () => NOW,
    steady: () => 0,
    async pause(ms) {
      waits.push(ms)
      // Not awaited: it waits for this pause itself.
      if (waits.length >= pausesFor) created.stop().catch(() => {})
    },
  })
  t.teardown(() => created.stop())
  return {
    waits,
    woken,
    async run() {
      await created.look()
      await created.idle()
    },
  }
}

const outcome = (state: 'dead' | 'skipped'): Outcome => ({ ...DELIVERED, state, word: state })

async function dead(store: Store, count: number): Promise<void> {
  for (let number = 1; number <= count; number += 1)
    await receive(store, commented(number, { story: String(number), text: 'x' }), projectWith('room'))
  await settleAll(store, () => outcome('dead'))
}

async function settleAll(store: Store, outcomeOf: (at: number) => Outcome): Promise<void> {
  const taken = await store.take({ integration: 'room', limit: 100, now: NOW, leaseMs: 1000 })
  for (const [at, delivery] of taken.entries())
    await store.settle({
      ...{ delivery, outcome: outcomeOf(at), exchanges: '[]' },
      ...{ endedAt: NOW, durationMs: 0, targetTime: null },
    })
}

const all = async (store: Store): Promise<Delivery[]> => (await store.deliveries({ limit: 1000 })).reverse()
const statesOf = (deliveries: readonly Delivery[]): string[] => deliveries.map(({ state }) => state)
