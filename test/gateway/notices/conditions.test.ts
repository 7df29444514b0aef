import { dirname } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig } from '../../../src/config/load.ts'
import type { Config } from '../../../src/config/schema.ts'
import { loadConnectors } from '../../../src/connectors/registry.ts'
import type { Condition } from '../../../src/gateway/notices/condition.ts'
import { type Sources, watchConditions } from '../../../src/gateway/notices/conditions.ts'
import type { LastRead } from '../../../src/imports/feed.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { writeMigratedDatabase } from '../../store/database.ts'
import { DELIVERED } from '../../store/delivered.ts'
import { freshFolder, writeConfig } from '../running-relay.ts'

const CONNECTORS = await loadConnectors()
const MINUTE_MS = 60_000
const MIB = 1024 * 1024
const NOON = Date.parse('2026-11-28T12:00:00Z')

interface Watched {
  readonly store: Store
  readonly config: Config
  /** Only what holds, or all that is known. */
  look(): Promise<Condition[]>
  advance(ms: number): void
  read(last: LastRead): void
  room(mib: number): void
}

async function watched(t: Test, notices: object = {}, common: object = {}): Promise<Watched> {
  const folder = freshFolder(t)
  const path = writeConfig(folder, { integrations: { log: { type: 'log', ...common } }, notices })
  const { config } = loadConfig({ path, environment: {}, connectors: CONNECTORS })
  await writeMigratedDatabase(config.database.file)
  const store = openStore(config.database)
  t.teardown(() => store.close())
  let now = NOON
  let last: LastRead | null = null
  let free = 1_000_000 * MIB
  const sources: Sources = {
    store,
    imports: { lastReads: () => [['tickets', last]] },
    config: () => config,
    now: () => now,
    freeBytes: async () => free,
  }
  return {
    store,
    config,
    look: watchConditions(sources),
    advance(ms) {
      now += ms
    },
    read(next) {
      last = next
    },
    room(mib) {
      free = mib * MIB
    },
  }
}

const held = (all: readonly Condition[]): string[] => all.filter(({ holds }) => holds).map(({ message }) => message)
const over = (all: readonly Condition[], what: Condition['what']): string[] =>
  all.filter((one) => one.what === what && !one.holds).map(({ message }) => message)

t.test('a target that is down is told after held_minutes, with its reason, and is over once it answers', async (t) => {
  const { store, look, advance } = await watched(t, { held_minutes: 15 })
  await store.saveBreaker('log', 'f', { state: 'open', until: NOON, openings: 3, reason: 'JIRA  answered\n503.' }, NOON)
  const first = await look()
  t.strictSame([held(first), over(first, 'held')], [[], []], 'neither, until it is known')
  advance(15 * MINUTE_MS)
  t.strictSame(held(await look()), ['log takes nothing since 2026-11-28 12:00 UTC: JIRA answered 503'])
  await store.saveBreaker('log', 'f', { state: 'closed', failures: 0, recoveredAt: NOON }, NOON)
  const last = await look()
  t.strictSame([held(last), over(last, 'held')], [[], ['log works again']])
})

t.test('a pause is told with who paused and why', async (t) => {
  const { store, look } = await watched(t)
  await store.savePause('log', 'f', 'the token was refused.', NOON)
  t.strictSame(held(await look()), ['log is paused since its target refuses it: the token was refused'])
  await store.savePause('log', null, 'maintenance', NOON)
  t.strictSame(held(await look()), ['log is paused by an operator: maintenance'])
  await store.saveResume('log', NOON)
  t.strictSame(over(await look(), 'paused'), ['log is not paused any more'])
})

t.test("the day's cap is told while it is reached, and over on the next day", async (t) => {
  const { store, look, advance } = await watched(t, {}, { max_per_day: 1 })
  await store.append({
    projectId: '26',
    activity: { key: 'a', kind: 'story_create', occurredAt: new Date(NOON).toISOString(), stories: [] },
    raw: Buffer.from('<activity/>'),
    contentType: null,
    receivedAt: NOON,
    deliveries: [
      {
        key: 'dlv_a',
        integration: 'log',
        storyId: null,
        effect: { kind: 'forward' },
        lanes: ['26:'],
      },
    ],
  })
  const [taken] = await store.take({ integration: 'log', limit: 1, now: NOON, leaseMs: MINUTE_MS })
  t.ok(taken)
  if (taken === undefined) return
  t.strictSame(over(await look(), 'day_cap'), ['log sends again: a new day has begun (UTC)'])
  await store.settle({
    delivery: taken,
    outcome: DELIVERED,
    exchanges: '[]',
    endedAt: NOON,
    durationMs: 0,
    targetTime: null,
    day: '2026-11-28',
  })
  const reached = held(await look())
  t.strictSame(reached, ['log has sent its 1 for today (max_per_day) and waits until 00:00 UTC'])
  advance(12 * 60 * MINUTE_MS)
  t.strictSame(held(await look()), [])
})

t.test('tickets that cannot be read are told after held_minutes, and over once they can', async (t) => {
  const { look, read, advance } = await watched(t, { held_minutes: 10 })
  t.strictSame(over(await look(), 'import'), [], 'nothing is known before the first reading')
  read({ outcome: 'failed', since: NOON, reason: 'JIRA answered 500' })
  t.strictSame(held(await look()), [])
  advance(10 * MINUTE_MS)
  t.strictSame(held(await look()), [
    'the tickets of tickets cannot be read since 2026-11-28 12:00 UTC: JIRA answered 500',
  ])
  read({ outcome: 'complete' })
  t.strictSame(over(await look(), 'import'), ['the tickets of tickets can be read again'])
})

t.test('a disk that is nearly full is told, and over once there is some more room than that', async (t) => {
  const { config, look, room } = await watched(t, { disk_free_mib: 500 })
  const disks = async (): Promise<Condition[]> => (await look()).filter(({ what }) => what === 'disk')
  room(499)
  const full = await disks()
  t.equal(full.length, 2, 'the database and the imports may be on different ones')
  const [first] = full
  t.match(first, { holds: true, about: null, message: /only 499 MiB left$/ })
  t.ok(first?.message.includes(dirname(config.database.file)))
  room(520)
  t.strictSame(await disks(), [], 'neither')
  room(600)
  t.ok((await disks()).every(({ holds }) => !holds))
  const off = await watched(t, { disk_free_mib: 0 })
  off.room(1)
  t.ok((await off.look()).every(({ what }) => what !== 'disk'))
})
