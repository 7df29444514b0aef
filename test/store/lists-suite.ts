import type { Knex } from 'knex'
import type { Test } from 'tap'
import type { ActivitySearch } from '../../src/store/activity-pages.ts'
import { OPEN_STATES, type WayChoice } from '../../src/store/activity-ways.ts'
import type { DeliverySearch } from '../../src/store/delivery-pages.ts'
import type { Store } from '../../src/store/store.ts'

/** Two for each activity. */
export const DELIVERIES = 200_000

/** When activities came. */
interface Spread {
  readonly startedAt: number
  readonly everyMs: number
}
const SPREAD: Spread = { startedAt: Date.UTC(2026, 8, 1), everyMs: 60_000 }
const at = (activity: number): number => SPREAD.startedAt + activity * SPREAD.everyMs

const BODY = `<activity><id>1</id><version>1</version><event_type>story_update</event_type>
<occurred_at>2026/09/01 00:00:00 UTC</occurred_at><author>James Kirk</author><project_id>26</project_id>
<description>James Kirk edited &quot;Photon torpedoes&quot;</description>
<stories><story><id>109</id><current_state>started</current_state></story></stories></activity>`

/** SQL of both databases: `n` counts the activities. */
function filling(numbers: string, isPostgres: boolean, { startedAt, everyMs }: Spread): string[] {
  const raw = isPostgres ? "convert_to('BODY', 'UTF8')" : "cast('BODY' as blob)"
  const body = raw.replace('BODY', BODY.replaceAll("'", "''"))
  const effect = (text: string): string => `case when n % 2 = 0 then '{"kind":"forward"}' else ${text} end`
  const own = `'{"kind":"state","storyId":"' || (n % 5000) || '","author":"James Kirk","state":"started","from":null}'`
  const state = `case when n > ${DELIVERIES / 2 - 40} then 'pending' when n % 5003 = 0 then 'dead' when n % 7001 = 0 then 'skipped' else 'delivered' end`
  const note = `case when n % 5003 = 0 then 'there is no such ticket' when n % 7001 = 0 then 'superseded: by a later one' when n % 6007 = 0 then 'found at the target after a doubtful attempt: id 1' when n % 9001 = 0 then 'the comment alone: id 1' end`
  const deliveries = `
    insert into deliveries (activity_id, key, project_id, integration, story_id, kind, effect, lanes, state, note, created_at, due_at, settled_at)
    select n, 'dlv_' || n || name, case when n % 20011 = 0 then '27' else '26' end,
      case when n % 30011 = 0 then 'rare' else name end,
      case when n % 2 = 0 then null else '' || (n % 5000) end,
      case when n % 2 = 0 then 'forward' else 'state' end,
      ${effect(own)}, '["26:' || (n % 5000) || '"]', ${state}, ${note}, ${startedAt} + n * ${everyMs},
      case when ${state} = 'pending' then ${startedAt} + n * ${everyMs} end,
      case when ${state} <> 'pending' then ${startedAt} + n * ${everyMs} + 1000 end
    from ${numbers} cross join (select 'jira' as name union all select 'hook') as integrations order by n, name`
  return [
    `insert into activities (project_id, key, kind, content_type, raw, occurred_at, received_at)
     select case when n % 20011 = 0 then '27' else '26' end, 'key ' || n, 'story_update', 'application/xml', ${body},
       ${startedAt} + n * ${everyMs}, ${startedAt} + n * ${everyMs} from ${numbers}`,
    deliveries,
    `insert into attempts (delivery_id, number, started_at, duration_ms, outcome, exchanges)
     select id, 1, created_at, 10, 'delivered', '[]' from deliveries where settled_at is not null and id % 8 < 2`,
    `insert into delivery_counts (integration, state, slot, count)
     select integration, state, 0, count(*) from deliveries group by integration, state`,
    'analyze',
  ]
}

export async function fill(writer: Knex, isPostgres: boolean, spread = SPREAD): Promise<void> {
  const most = DELIVERIES / 2
  const numbers = isPostgres
    ? `generate_series(1::bigint, ${most}) as numbers(n)`
    : `(with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${most}) select n from numbers)`
  for (const sql of filling(numbers, isPostgres, spread)) await writer.raw(sql)
}

const SEARCHES: Readonly<Record<string, Omit<DeliverySearch, 'limit'>>> = {
  'the newest': {},
  'of a time': { from: at(20_000), to: at(20_100) },
  'before a time': { to: at(50_000) },
  'of an integration': { integration: 'jira' },
  'of an integration with few': { integration: 'rare' },
  'of a project': { projectId: '26' },
  'of a project with few': { projectId: '27' },
  'of a story': { storyId: '109' },
  'of a story in a project': { storyId: '110', projectId: '26' },
  'that are dead': { state: 'dead' },
  'of an integration that are dead': { state: 'dead', integration: 'hook' },
  'that were skipped': { state: 'skipped' },
  'that wait': { state: 'pending' },
  'that are held': { state: 'held' },
  'that did not simply arrive': { isUnusual: true },
  'that were delivered': { state: 'delivered', integration: 'hook' },
  'of a kind': { kind: 'forward' },
}

export interface ListedStore {
  readonly store: Store
  /** Of the database, for one page. */
  readonly mostBytes: number
  effortOf(work: () => Promise<unknown>): Promise<Effort>
}

/** What the database does for some work. */
export interface Effort {
  /** The plan of each query. */
  readonly plans: readonly string[]
  /** Looked at. */
  readonly bytes: number
}

export function testLists(t: Test, open: (t: Test) => Promise<ListedStore>): void {
  t.test(`lists among ${DELIVERIES} deliveries`, async (t) => {
    const { store, mostBytes, effortOf } = await open(t)

    /** Work, not time: how long it takes depends on what else the machine does. */
    async function isCheap(t: Test, name: string, work: () => Promise<unknown>): Promise<void> {
      const { plans, bytes } = await effortOf(work)
      for (const plan of plans) t.notMatch(plan, /Seq Scan|^SCAN (?!.*USING)(deliveries|activities)/m, plan)
      t.ok(bytes < mostBytes, `${name}: ${bytes} bytes`)
    }

    for (const [name, search] of Object.entries(SEARCHES))
      t.test(`deliveries ${name} are listed with little work, and served by an index`, async (t) => {
        await isCheap(t, name, () => store.deliveryPage({ ...search, limit: 50 }))
      })

    t.test('a text is searched in a bounded number of rows', async (t) => {
      const none = await store.deliveryPage({ words: ['klingon'], limit: 50 })
      t.strictSame([none.deliveries.length, none.next], [0, DELIVERIES - 5000 + 1], '5,000 rows are looked at')
      const some = await store.deliveryPage({ words: ['109', 'kirk', 'photon'], limit: 2 })
      t.ok(some.deliveries.every(({ lanes }) => lanes[0] === '26:109' || lanes[0]?.startsWith('26:109')))
    })

    t.test('what is found is all that there is, and in order', async (t) => {
      const all = async (search: Omit<DeliverySearch, 'limit'>): Promise<number[]> => {
        const ids: number[] = []
        for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null; ) {
          const page = await store.deliveryPage({ ...search, before, limit: 30 })
          ids.push(...page.deliveries.map(({ id }) => id))
          before = page.next
        }
        t.strictSame(
          ids,
          [...new Set(ids)].sort((one, other) => other - one),
        )
        return ids
      }
      t.equal((await all({ storyId: '109' })).length, 40)
      t.equal((await all({ storyId: '110' })).length, 40, 'whole activities too')
      t.equal((await all({ storyId: '110', projectId: '26', integration: 'hook' })).length, 20)
      t.equal((await all({ state: 'dead' })).length, 38)
      t.equal((await all({ state: 'pending' })).length, 80)
      t.equal((await all({ isUnusual: true })).length, 2 * (19 + 14 + 16 + 11), 'dead, superseded, confirmed, in part')
      t.equal((await all({ integration: 'rare' })).length, 6)
      t.equal((await all({ projectId: '27' })).length, 8)
      t.equal((await all({ from: at(20_000), to: at(20_100) })).length, 202)
    })

    t.test('activities are listed with little work', async (t) => {
      const searches: Omit<ActivitySearch, 'limit'>[] = [
        {},
        { projectId: '27' },
        { kind: 'story_delete' },
        { from: at(100), to: at(200) },
        { words: ['photon'] },
        { words: ['klingon'] },
        { ids: [5003, 100, 99_999] },
        { ids: [5003, 100], way: { states: ['dead'] } },
        { way: { states: ['dead'] } },
        { way: { states: OPEN_STATES, integration: 'jira' } },
        { way: { states: ['skipped'], integration: 'hook' }, projectId: '26' },
        { way: { integration: 'rare' } },
        { way: { states: ['delivered'], integration: 'rare' } },
        { way: { states: ['delivered'] }, kind: 'story_delete' },
      ]
      for (const search of searches)
        await isCheap(t, JSON.stringify(search), () => store.activityPage({ ...search, limit: 50 }))
    })

    t.test('activities are found by what became of them', async (t) => {
      const all = async (way: WayChoice): Promise<number[]> => {
        const ids: number[] = []
        for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null; ) {
          const page = await store.activityPage({ way, before, limit: 30 })
          for (const { ways } of page.activities)
            t.ok(
              ways.some(
                ({ integration, state }) =>
                  (way.integration ?? integration) === integration &&
                  (way.states ?? [state]).some((one) => one === (state === 'superseded' ? 'skipped' : state)),
              ),
            )
          ids.push(...page.activities.map(({ id }) => id))
          before = page.next
        }
        t.strictSame(
          ids,
          [...new Set(ids)].sort((one, other) => other - one),
        )
        return ids
      }
      t.equal((await all({ states: ['dead'] })).length, 19, 'of two deliveries each')
      t.equal((await all({ states: ['dead', 'skipped'], integration: 'hook' })).length, 33)
      t.equal((await all({ states: OPEN_STATES })).length, 40)
      t.strictSame(await all({ integration: 'rare' }), [90_033, 60_022, 30_011])
      t.strictSame(await all({ states: ['held'] }), [])
      const these = async (search: Partial<ActivitySearch>): Promise<unknown> =>
        (await store.activityPage({ limit: 50, ids: [100, 5003, 9001, 100, 999_999], ...search })).activities.map(
          ({ id, ways }) => [id, ways[0]?.state],
        )
      t.strictSame(await these({}), [
        [9001, 'in part'],
        [5003, 'dead'],
        [100, 'delivered'],
      ])
      t.strictSame(await these({ way: { states: ['dead'] } }), [[5003, 'dead']])
      t.strictSame(await these({ projectId: '27' }), [])
    })

    t.test('how integrations stand is told with little work', async (t) => {
      const work = () => store.standingFacts(['jira', 'hook', 'rare'], { now: at(DELIVERIES), day: '2026-11-28' })
      await isCheap(t, 'standing', work)
      t.match(await work(), [{ integration: 'jira', due: 40, oldestOpen: at(DELIVERIES / 2 - 39) }])
    })
  })
}
