import pg from 'pg'
import t from 'tap'
import type { Outcome, Taken } from '../../src/store/delivery.ts'
import type { Entry } from '../../src/store/entry.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { DEADLOCKED, deadlocksIn, withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { chance } from '../faults/chance.ts'
import { entry } from './database.ts'
import { DELIVERED } from './delivered.ts'
import { createDatabase, freshPostgres, sharedCluster } from './postgres.ts'

// On a machine that is busy with other things.
t.setTimeout(300_000)

const STORES = 3
const ACTIVITIES = 80
const STORIES = 6
const INTEGRATIONS = ['room', 'hook', 'jira']
const LEASE_MS = 60_000

t.test(
  'instances on one PostgreSQL never wait for each other in a circle, whatever they do',
  {
    skip: withoutPostgres ?? false,
  },
  async (t) => {
    const { seed, below } = chance()
    t.comment(`FAULT_SEED=${seed}`)
    const cluster = await sharedCluster()
    const url = await freshPostgres(t)
    const look = new pg.Client({ connectionString: url })
    await look.connect()
    t.teardown(() => look.end())
    const stores = Array.from({ length: STORES }, () => openStore({ client: 'postgres', file: '', url }))
    t.teardown(() => Promise.all(stores.map((store) => store.close())))

    const some = <T>(list: readonly T[]): T => list[below(list.length)] as T
    const shuffled = <T>(list: readonly T[]): T[] =>
      list
        .map((one) => [below(1_000_000), one] as const)
        .sort(([one], [other]) => one - other)
        .map(([, one]) => one)
    const link = (storyId: string) => ({
      projectId: '26',
      storyId,
      system: 'jira',
      integrationId: null,
      externalId: 'A-1',
      externalUrl: null,
    })
    const storyIds = Array.from({ length: STORIES }, (_, index) => String(index))

    /** An activity of some stories, in any order, that tells all that the store remembers of them. */
    function told(number: number): Entry {
      const own = shuffled(storyIds).slice(0, 1 + below(3))
      const made = entry(number, INTEGRATIONS, [{ kind: 'forward' }], own)
      const stories = made.activity.stories.map((story) => ({
        ...story,
        name: `Story ${story.id} of ${number}`,
        state: some(['started', 'finished']),
        ...(below(2) === 0 ? { link: link(story.id) } : {}),
      }))
      return { ...made, activity: { ...made.activity, stories }, receivedAt: Date.now() }
    }

    let open = STORES
    async function append(store: Store, first: number): Promise<void> {
      for (let number = first; number < first + ACTIVITIES; ) {
        const together = Array.from({ length: 1 + below(20) }, () => told(number++))
        // Some come to two instances at once, as Tracker repeats what was answered late.
        await Promise.all(
          together.flatMap((one) =>
            (below(4) === 0 ? shuffled(stores).slice(0, 2) : [store]).map((each) => each.append(one)),
          ),
        )
      }
      open -= 1
    }

    const ending = (delivery: Taken, at: number): Outcome =>
      some<Outcome>([
        DELIVERED,
        DELIVERED,
        { ...DELIVERED, state: 'dead', word: 'dead' },
        { ...DELIVERED, state: 'held', word: 'hold', dueAt: at, firstFailedAt: at, lastFailedAt: at },
        { ...DELIVERED, state: 'waiting', word: 'in doubt', dueAt: at, inDoubtSince: delivery.startedAt },
      ])

    async function carryOut(store: Store): Promise<void> {
      const now = Date.now()
      const taken = (
        await Promise.all(
          INTEGRATIONS.map((integration) => store.take({ integration, limit: 8, now, leaseMs: LEASE_MS })),
        )
      ).flat()
      await Promise.all([
        store.extend(shuffled(taken), now + LEASE_MS, now),
        ...shuffled(taken).map((delivery) => store.keep({ delivery, words: 'words', targetTime: null })),
      ])
      await Promise.all(
        shuffled(taken).map((delivery) =>
          store.settle({
            delivery,
            outcome: ending(delivery, now),
            exchanges: '[]',
            endedAt: now,
            durationMs: 0,
            targetTime: null,
            day: '2026-11-24',
          }),
        ),
      )
    }

    const beside: readonly ((store: Store) => Promise<unknown>)[] = [
      (store) => store.replay({ state: 'dead' }, Date.now()),
      async (store) => {
        const listed = await store.deliveries({ limit: 60 })
        await store.replay({ ids: shuffled(listed.map(({ id }) => id)) }, Date.now())
      },
      (store) => store.sweep({ days: 0, rejected_days: 0, rejected_count: 3 }, Date.now()),
      (store) =>
        store.expire({ integration: some(INTEGRATIONS), before: Date.now(), now: Date.now(), note: 'expired: ' }),
      (store) => Promise.all(shuffled(INTEGRATIONS).map((name) => store.saveResume(name, Date.now()))),
      (store) => Promise.all(shuffled(INTEGRATIONS).map((name) => store.savePause(name, null, 'test', Date.now()))),
      (store) =>
        Promise.all(
          shuffled(INTEGRATIONS).map((integration) =>
            store.bringBackDueDates({ integration, backMs: 1, now: Date.now(), longestWaitMs: 1 }),
          ),
        ),
      (store) => Promise.all(shuffled(storyIds).map((id) => store.learnLink(link(id), Date.now()))),
      (store) => Promise.all(shuffled(storyIds).map((id) => store.forgetLink('26', id))),
      (store) => store.setLinks(() => shuffled(storyIds).map((id) => [link(id)]), Date.now()),
      (store) => Promise.all(shuffled(INTEGRATIONS).map((name) => store.saveNote(name, 'note', Date.now()))),
      (store) =>
        Promise.all(
          storyIds.map(() =>
            store.reject({
              projectId: '26',
              receivedAt: Date.now(),
              reason: 'syntax',
              detail: '',
              head: {},
              body: Buffer.from('<'),
              bodyBytes: 1,
              keep: 2,
            }),
          ),
        ),
      (store) => store.probe(),
    ]

    async function until<T>(isOver: () => boolean, work: () => Promise<T>): Promise<void> {
      while (!isOver()) await work()
    }
    const isOver = (): boolean => open === 0
    await Promise.all(
      stores.flatMap((store, index) => [
        append(store, index * ACTIVITIES + 1),
        until(isOver, () => carryOut(store)),
        until(isOver, () => Promise.all([some(beside)(store), some(beside)(store)])),
      ]),
    )

    const log = cluster.log()
    if (log !== null) {
      t.strictSame(deadlocksIn(log, new URL(url).pathname.slice(1)), [])
      const other = await createDatabase(t, cluster.url, DEADLOCKED)
      await t.rejects(waitForEachOther(t, other), { code: '40P01' })
      t.equal(deadlocksIn(cluster.log() ?? '', new URL(other).pathname.slice(1)).length, 1, 'the log would have told')
    }
    t.strictSame((await look.query(WRONG_COUNTS)).rows, [])
    t.strictSame((await look.query(WAITS_FOR_NOBODY)).rows, [])
    t.strictSame((await look.query(DUE_TOGETHER)).rows, [])
    t.strictSame((await look.query('select delivery_id from lane_entries except select id from deliveries')).rows, [])
    t.ok((await look.query('select count(*)::int as n from deliveries')).rows[0]?.n > 0)
  },
)

const WRONG_COUNTS = `select integration, state, sum(n) as off from (
    select integration, state, count as n from delivery_counts
    union all select integration, state, -count(*) from deliveries group by integration, state) as counted
  group by integration, state having sum(n) <> 0`

const WAITS_FOR_NOBODY = `select id from deliveries as d where settled_at is null and due_at is null and not exists (
  select 1 from lane_entries as own join lane_entries as before on before.integration = own.integration
    and before.lane = own.lane and before.delivery_id <> own.delivery_id
    join deliveries as other on other.id = before.delivery_id where own.delivery_id = d.id
    and (other.id < d.id or other.due_at is not null))`

const DUE_TOGETHER = `select lane_entries.integration, lane from lane_entries join deliveries on deliveries.id = delivery_id
  where due_at is not null group by lane_entries.integration, lane having count(*) > 1`

async function waitForEachOther(t: { teardown(work: () => Promise<void>): void }, url: string): Promise<void> {
  const sessions = [1, 2].map(() => new pg.Client({ connectionString: url }))
  for (const session of sessions) {
    await session.connect()
    t.teardown(() => session.end())
    await session.query('begin')
  }
  const [one, other] = sessions as [pg.Client, pg.Client]
  await one.query('select pg_advisory_xact_lock(1)')
  await other.query('select pg_advisory_xact_lock(2)')
  const waits = [one.query('select pg_advisory_xact_lock(2)'), other.query('select pg_advisory_xact_lock(1)')]
  await Promise.all(waits)
}
