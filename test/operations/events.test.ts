import t from 'tap'
import { createEvents, type SentEvent } from '../../src/operations/events.ts'
import type { EventHeads, StoredEvent } from '../../src/store/events.ts'

const NONE = { activity: 0, attempt: 0, action: 0 }

const activity = (id: number): StoredEvent => ({ type: 'activity', id, at: id, projectId: '26', kind: 'note_create' })

/** A database in which transactions end in any order. */
function database(heads: () => EventHeads, rows: readonly StoredEvent[]) {
  let time = 0
  return createEvents({
    store: {
      eventHeads: async () => heads(),
      eventsBetween: async (after, until, most) =>
        rows.filter(({ id }) => id > after.activity && id <= until.activity).slice(0, most),
      integrationStates: async () => [],
      replays: async () => [],
    },
    steady: () => time,
    async pause(ms) {
      time += ms
    },
  })
}

async function firstOf(
  events: ReturnType<typeof database>,
  after: string | null,
  count: number,
): Promise<readonly SentEvent[]> {
  const end = new AbortController()
  const found: SentEvent[] = []
  for await (const some of events.follow(after, end.signal)) {
    found.push(...some)
    if (found.length >= count) end.abort()
  }
  return found
}

const START = '0-0-0-000000000000-000000000000'

t.test('a row that is committed after one with a greater id is not passed over', async (t) => {
  const rows = [activity(2)]
  let looks = 0
  const events = database(() => {
    looks += 1
    // Transaction 11, which took the id 1, is open until the third look.
    if (looks === 3) rows.unshift(activity(1))
    return { ...NONE, activity: 2, ended: looks < 3 ? 11 : 13, begun: 13 }
  }, rows)
  const found = await firstOf(events, START, 2)
  t.strictSame(
    found.map(({ event }) => 'id' in event && event.id),
    [1, 2],
  )
})

t.test('a transaction that never ends, as one of another database, holds nothing up for long', async (t) => {
  const events = database(() => ({ ...NONE, activity: 1, ended: 5, begun: 13 }), [activity(1)])
  t.equal((await firstOf(events, START, 1)).length, 1)
})

t.test('a long absence is told in pieces, each of which can be resumed from', async (t) => {
  const rows = Array.from({ length: 450 }, (_, index) => activity(index + 1))
  const heads = (): EventHeads => ({ ...NONE, activity: 450, ended: 1, begun: 1 })
  const found = await firstOf(database(heads, rows), START, 450)
  t.equal(found.length, 450)
  const rest = await firstOf(database(heads, rows), found[299]?.id ?? '', 150)
  t.match(rest[0], { event: { id: 301 } })
})
