import t from 'tap'
import { METRIC_WORDS } from '../../src/gateway/metric-words.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { createJournal } from '../../src/queue/journal.ts'
import type { Store } from '../../src/store/store.ts'
import { BEACON_PROJECT, type BeaconEvent, beacon, beaconRequest } from '../sources/beacon.ts'
import { configuredSource } from '../sources/recorded.ts'
import { freshStore } from '../store/database.ts'

const log = createLogger('error', { write: (line) => void line })

const moved = (second: number, currentState: string): BeaconEvent => ({
  ...{ id: String(second), at: new Date(Date.UTC(2026, 10, 24, 12, 0, second)).toISOString(), by: 'Nyota Uhura' },
  story: { id: 'ncc-1', fields: { currentState } },
})

/** The journal of one of several relays, or the one that takes what somebody hands in again. */
function journalOf(store: Store, before: () => Promise<unknown> = async () => {}) {
  const journal = createJournal({
    knownKeys: async () => new Set<string>(),
    append: store.append,
    async appendTogether(told) {
      await before()
      return await store.appendTogether(told)
    },
    rememberedStories: store.rememberedStories,
    takeOwnEvent: store.takeOwnEvent,
    reject: async () => {},
    wake() {},
    ...{ metrics: createMetrics({ version: '0.0.0', words: METRIC_WORDS }), log, now: () => 1 },
  })
  const source = configuredSource(beacon, { signing_secret: BEACON_PROJECT.source.signing_secret })
  const project = { id: 'bridge', integrations: [], ignoreAuthors: [], source }
  return (...events: readonly BeaconEvent[]) =>
    journal.accept({
      ...{ project, body: Buffer.from(beaconRequest(events).body), contentType: null, head: () => ({}) },
    })
}

const states = async (store: Store) => {
  const { activities } = await store.activityPage({ limit: 10 })
  const stored = await Promise.all(activities.map(({ id }) => store.storedActivity(id)))
  return stored.map(({ normalised }) => JSON.parse(normalised ?? '').stories[0].fields.currentState as string).reverse()
}

t.test('what another relay tells of a story meanwhile is known to what this one stores', async (t) => {
  const store = await freshStore(t)
  const other = journalOf(store)
  let accepted: Promise<unknown> | null = null
  const accept = journalOf(store, async () => {
    accepted ??= other(moved(1, 'accepted'))
    await accepted
  })
  t.match(await accept(moved(2, 'started')), { stored: [{ duplicate: false }] })
  t.strictSame(await states(store), ['accepted', 'rejected'])
  t.match(await accept(moved(2, 'started')), { stored: [{ duplicate: true }] })
})

t.test('relays that take events of one story in the same moment lose none', async (t) => {
  const store = await freshStore(t)
  const relays = [journalOf(store), journalOf(store), journalOf(store)]
  const events = Array.from({ length: 12 }, (_, index) => moved(index + 1, index % 2 === 0 ? 'accepted' : 'started'))
  const taken = await Promise.all(events.map((event, index) => relays[index % relays.length]?.(event)))
  for (const each of taken) t.match(each, { stored: [{ duplicate: false }] })
  t.equal((await states(store)).length, 10, 'as many as a page has')
})

t.test('what would change all the time is not stored, so that the tool sends it again', async (t) => {
  const store = await freshStore(t)
  const other = journalOf(store)
  let second = 1
  const accept = journalOf(store, async () => {
    second += 1
    await other(moved(second, 'accepted'))
  })
  await t.rejects(accept(moved(50, 'started')), { name: 'StoreError', reason: 'busy' })
})

t.test('a story that was deleted is there again after an event that restores it, or tells its state', async (t) => {
  const store = await freshStore(t)
  const accept = journalOf(store)
  const isDeleted = async () => {
    const [known] = await store.rememberedStories([{ projectId: 'bridge', storyId: 'ncc-1' }])
    return known !== undefined && known.deletedAt !== null
  }
  const at = (second: number, story: object, more: Partial<BeaconEvent> = {}): BeaconEvent => {
    const event = moved(second, 'started')
    return { ...event, story: { id: 'ncc-1', ...story }, ...more }
  }
  await accept(at(1, { change: 'create' }))
  await accept(at(5, { change: 'delete' }))
  t.ok(await isDeleted())
  await accept(at(6, { fields: { name: 'Less power' } }))
  t.ok(await isDeleted(), 'what says nothing of it may only come late')
  await accept(at(4, { fields: { currentState: 'started' } }))
  t.ok(await isDeleted(), 'and what happened before it shows nothing')
  await accept(at(7, {}, { restores: true }))
  t.notOk(await isDeleted())
  await accept(at(8, { change: 'delete' }))
  t.ok(await isDeleted())
  await accept(at(9, {}, { states: { 'ncc-1': 'started' } }))
  t.notOk(await isDeleted())
})
