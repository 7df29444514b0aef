import { readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { DeliveryError } from '../../src/connectors/contract/delivery-error.ts'
import { METRIC_WORDS } from '../../src/gateway/metric-words.ts'
import type { Feed, Patience, Served } from '../../src/imports/feed.ts'
import { ImportError } from '../../src/imports/import-error.ts'
import { createImports, type ImportSource } from '../../src/imports/imports.ts'
import type { Turns } from '../../src/imports/turn.ts'
import { createMetrics, type Metrics } from '../../src/observability/metrics.ts'
import type { LinkedTicket } from '../../src/store/linked-tickets.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { eventually } from '../gateway/eventually.ts'
import { configured, openSession } from '../harness.ts'
import { freshFolder, freshStore } from '../store/database.ts'
import { createGate, createShelf, type Shelf, tickets } from './shelf.ts'

const SETTINGS = { cache_seconds: 60, stale_seconds: 3600, exclude_linked: true, estimate_bugs_and_chores: false }

/** So short that it is over before anything happens, where a test waits for nothing. */
const IMPATIENT: Patience = { newestMs: 1, firstMs: 1 }

const STARTED = Date.parse('2026-01-01T00:00:00Z')
/** Without other instances. */
const ALONE: Turns = { claimDuty: async () => true, releaseDuty: async () => {} }

interface Room {
  readonly shelf: Shelf
  readonly folder: string
  readonly metrics: Metrics
  readonly logged: object[]
  readonly linked: Set<string>
  feed(): Feed
  advance(ms: number): void
  setClockBack(ms: number): void
  /** As a reload or a start does. */
  show(source?: Partial<ImportSource>): Promise<void>
  stop(): Promise<void>
}

async function openRoom(
  t: { teardown(work: () => Promise<void> | void): void },
  parts: { shelf?: Shelf; turns?: Turns; folder?: string; patience?: Patience; settings?: object; ahead?: number } = {},
): Promise<Room> {
  const shelf = parts.shelf ?? createShelf()
  const folder = parts.folder ?? join(freshFolder(t), 'imports')
  const metrics = createMetrics({ version: '0.0.0', words: METRIC_WORDS })
  const linked = new Set<string>()
  const logged: object[] = []
  let ahead = parts.ahead ?? 0
  let setBack = 0
  const quiet = (): void => {}
  const note = (fields: object): void => void logged.push(fields)
  const log = { debug: quiet, info: note, warn: note, error: note }
  const imports = createImports({
    folder,
    metrics,
    now: () => STARTED + ahead - setBack,
    steady: () => ahead,
    log: { ...log, child: () => log },
    places: () => [{ name: 'shelf', system: 'shelf', integrationId: null, url: null }],
    turns: parts.turns ?? ALONE,
    linkedTickets: async (ids) => ids.filter((id) => linked.has(id)).map(linkTo),
    ...(parts.patience === undefined ? {} : { patience: parts.patience }),
  })
  const { session, close } = openSession(shelf.connector, { row: 'top' })
  const storyTypes = configured(shelf.connector, { row: 'top' }).imports?.storyTypes
  const show = (source: Partial<ImportSource> = {}): Promise<void> =>
    imports.show([
      {
        name: 'shelf',
        access: { isPublic: true, login: null, secretDigests: [] },
        storyTypes,
        session,
        fingerprint: 'f',
        credentialsRestMs: 900_000,
        redact: (text) => text.replaceAll('hunter2', '[secret]'),
        ...source,
        settings: { ...SETTINGS, ...parts.settings, ...source.settings },
      },
    ])
  await show()
  t.teardown(async () => {
    await imports.stop()
    await close()
  })
  return {
    shelf,
    folder,
    metrics,
    logged,
    linked,
    feed() {
      const door = imports.door('shelf')
      if (door === undefined) throw new Error('there is no feed')
      return door.feed
    },
    advance(ms) {
      ahead += ms
    },
    setClockBack(ms) {
      setBack += ms
    },
    show,
    stop: () => imports.stop(),
  }
}

function linkTo(externalId: string): LinkedTicket {
  return { externalId, projectId: '26', system: 'shelf', integrationId: null, externalUrl: null, baseUrl: null }
}

/** The ids of the tickets that the list shows. */
async function idsOf(served: Served): Promise<string[]> {
  const ids: string[] = []
  try {
    for await (const stories of served.stories) ids.push(...stories.map(({ external_id }) => external_id))
  } finally {
    served.close()
  }
  return ids
}

/** Why there is no list. */
async function refusal(asked: Promise<unknown>): Promise<Pick<ImportError, 'reason' | 'message' | 'retryAfterMs'>> {
  try {
    await asked
  } catch (error) {
    if (!(error instanceof ImportError)) throw error
    const { reason, message, retryAfterMs } = error
    return { reason, message, retryAfterMs }
  }
  throw new Error('there is a list')
}

async function shown(room: Room): Promise<string[]> {
  return idsOf(await room.feed().serve())
}

async function seriesOf(metrics: Metrics, name: string, labels: string): Promise<number> {
  const line = (await metrics.registry.metrics()).split('\n').find((each) => each.startsWith(`${name}{${labels}}`))
  return Number(line?.split(' ').at(-1))
}

t.test('the source is read once for all who ask, and not again while the list is new', async (t) => {
  const room = await openRoom(t)
  room.shelf.show([tickets(1, 2), [], tickets(3)])
  const asked = await Promise.all(Array.from({ length: 50 }, () => shown(room)))
  t.strictSame(new Set(asked.map((ids) => ids.join())), new Set(['ENT-1,ENT-2,ENT-3']))
  room.advance(59_999)
  t.strictSame(await shown(room), ['ENT-1', 'ENT-2', 'ENT-3'])
  t.equal(room.shelf.reads, 1)
  room.shelf.show([tickets(4)])
  room.advance(1)
  t.strictSame(await shown(room), ['ENT-4'])
  t.equal(room.shelf.reads, 2)
})

t.test('with cache_seconds 0 each asks the source, but those who ask meanwhile share it', async (t) => {
  const room = await openRoom(t, { settings: { cache_seconds: 0 } })
  const gate = createGate()
  room.shelf.show(async function* () {
    await gate.opened
    yield tickets(1)
  })
  const both = [shown(room), shown(room)]
  gate.open()
  t.strictSame(await Promise.all(both), [['ENT-1'], ['ENT-1']])
  t.equal(room.shelf.reads, 1)
  t.strictSame(await shown(room), ['ENT-1'])
  t.equal(room.shelf.reads, 2)
})

t.test('the first client gets the pages as they come, and later ones get them from the beginning', async (t) => {
  const room = await openRoom(t)
  const gate = createGate()
  room.shelf.show(async function* () {
    yield tickets(1)
    await gate.opened
    yield tickets(2)
  })
  const first = await room.feed().serve()
  t.match(first, { tag: null, ageMs: null, stale: null })
  t.strictSame(
    (await first.stories.next()).value?.map(({ external_id }) => external_id),
    ['ENT-1'],
    'before the second page is there',
  )
  const second = idsOf(await room.feed().serve())
  gate.open()
  t.strictSame(await idsOf(first), ['ENT-2'])
  t.strictSame(await second, ['ENT-1', 'ENT-2'])
  t.equal(room.shelf.reads, 1)
})

t.test('a client that reads slowly, or not at all, does not hold up the reading or other clients', async (t) => {
  const room = await openRoom(t)
  const pages = Array.from({ length: 100 }, (_, page) =>
    tickets(...Array.from({ length: 20 }, (_, index) => page * 20 + index)).map((ticket) => ({
      ...ticket,
      description: 'x'.repeat(2000),
    })),
  )
  room.shelf.show(pages)
  const slow = await room.feed().serve()
  const leaving = await room.feed().serve()
  await leaving.stories.next()
  await leaving.stories.return()
  leaving.close()
  const all = pages.flat().map(({ externalId }) => externalId)
  t.strictSame(await shown(room), all)
  await eventually(
    () => room.feed().serve(),
    ({ tag, close }) => {
      close()
      return tag !== null
    },
    'the reading to be whole',
  )
  t.strictSame(await idsOf(slow), all)
})

t.test('a source that fails before it has shown anything is told with its reason', async (t) => {
  const room = await openRoom(t)
  room.shelf.fail(new DeliveryError('dead', 'row: there is no row "top"; password hunter2', { status: 404 }))
  const message = 'row: there is no row "top"; password [secret]'
  t.strictSame(await refusal(room.feed().serve()), { reason: 'source', message, retryAfterMs: 5000 })
  t.strictSame(readdirSync(room.folder), [], 'nothing is left of it')
  t.match(room.logged, [{ outcome: 'failed', reason: message }])
  t.equal(await seriesOf(room.metrics, 'relay_import_fetches_total', 'integration="shelf",outcome="failed"'), 1)
})

t.test('empty pages before a failure do not count as a list', async (t) => {
  const room = await openRoom(t)
  room.shelf.show(async function* () {
    yield []
    throw new DeliveryError('hold', 'the shelf answered 503')
  })
  t.match(await refusal(room.feed().serve()), { reason: 'source', message: 'the shelf answered 503' })
})

t.test('a source without tickets is an empty list', async (t) => {
  const room = await openRoom(t)
  room.shelf.show([[]])
  t.strictSame(await shown(room), [])
  room.shelf.show([])
  room.advance(60_000)
  t.strictSame(await shown(room), [])
})

t.test('a failure after the first page breaks the list off, and nothing of it is kept', async (t) => {
  const room = await openRoom(t)
  const gate = createGate()
  room.shelf.show(async function* () {
    yield tickets(1)
    await gate.opened
    throw new DeliveryError('retry', 'the shelf fell over')
  })
  const served = await room.feed().serve()
  t.equal((await served.stories.next()).value?.length, 1)
  gate.open()
  t.match(await refusal(served.stories.next()), { reason: 'source', message: 'the shelf fell over' })
  served.close()
  t.strictSame(readdirSync(room.folder), [])
  room.shelf.show([tickets(7)])
  await eventually(
    () => {
      room.advance(5000)
      return shown(room).catch(() => [])
    },
    (ids) => ids.join() === 'ENT-7',
    'another list',
  )
})

t.test('when the source is down the last good list is shown, marked, and no longer than stale_seconds', async (t) => {
  const room = await openRoom(t)
  room.shelf.show([tickets(1)])
  await shown(room)
  room.shelf.fail(new DeliveryError('retry', 'nobody answers'))
  room.advance(61_000)
  const stale = await room.feed().serve()
  t.match(stale, { stale: 'failed', ageMs: 61_000, freshMs: 0 })
  t.strictSame(await idsOf(stale), ['ENT-1'])
  const again = await room.feed().serve()
  t.equal(again.stale, 'failed')
  again.close()
  t.equal(room.shelf.reads, 2, 'and the source is not asked each time')
  t.equal(await seriesOf(room.metrics, 'relay_import_stale_answers_total', 'integration="shelf",reason="failed"'), 2)
  room.advance(3_600_000)
  t.match(await refusal(room.feed().serve()), { reason: 'source', message: 'nobody answers' })
  room.shelf.show([tickets(2)])
  room.advance(5000)
  t.strictSame(await shown(room), ['ENT-2'])
})

t.test('when the source is slow the last good list is shown, and the new one as soon as it is whole', async (t) => {
  const room = await openRoom(t, { patience: IMPATIENT })
  const gate = createGate()
  room.shelf.show([tickets(1)])
  await eventually(
    () =>
      room
        .feed()
        .serve()
        .then(idsOf, () => []),
    (ids) => ids.length === 1,
    'the first list',
  )
  room.advance(60_000)
  room.shelf.show(async function* () {
    yield tickets(2)
    await gate.opened
  })
  const stale = await room.feed().serve()
  t.match(stale, { stale: 'slow', ageMs: 60_000 })
  t.strictSame(await idsOf(stale), ['ENT-1'], 'whole, instead of a part of the new one')
  gate.open()
  await eventually(
    () => shown(room),
    (ids) => ids.join() === 'ENT-2',
    'the second list',
  )
  t.equal(room.shelf.reads, 2)
})

t.test('a client that waits too long in vain is told so, and the reading continues', async (t) => {
  const room = await openRoom(t, { patience: IMPATIENT })
  const gate = createGate()
  room.shelf.show(async function* () {
    await gate.opened
    yield tickets(1)
  })
  t.match(await refusal(room.feed().serve()), { reason: 'slow', message: /^no ticket came within \d+ seconds; / })
  gate.open()
  await eventually(
    () =>
      room
        .feed()
        .serve()
        .then(idsOf, () => []),
    (ids) => ids.join() === 'ENT-1',
    'the list',
  )
  t.equal(room.shelf.reads, 1)
})

t.test('a source that failed is left alone for a while, and longer when it rejects the credentials', async (t) => {
  const room = await openRoom(t)
  let tries = 0
  const failing = (error: DeliveryError) => () => ({
    [Symbol.asyncIterator]: () => ({
      next() {
        tries += 1
        return Promise.reject(error)
      },
    }),
  })
  const asks = async (retryAfterMs: number): Promise<void> => {
    t.match(await refusal(room.feed().serve()), { reason: 'source', retryAfterMs })
  }
  room.shelf.show(failing(new DeliveryError('retry', 'nobody answers')))
  await asks(5000)
  room.advance(4999)
  room.setClockBack(3_600_000)
  await asks(1)
  t.equal(tries, 1, 'a clock that is set back makes it no longer')
  room.advance(1)
  room.shelf.show(failing(new DeliveryError('hold', 'over its limit', { status: 429, retryAfterMs: 30_000 })))
  await asks(30_000)
  t.equal(tries, 2)
  room.advance(30_000)
  room.shelf.show(failing(new DeliveryError('hold', 'wrong password', { status: 401 })))
  await asks(900_000)
  room.advance(899_999)
  await asks(1)
  t.equal(tries, 3)
  room.advance(1)
  room.shelf.show(failing(new DeliveryError('hold', 'closed until tomorrow', { retryAfterMs: 86_400_000 })))
  await asks(900_000)
  t.equal(tries, 4)
})

t.test('tickets that are linked are left out at once, and are there again at once, without reading anew', async (t) => {
  const room = await openRoom(t)
  const numbers = Array.from({ length: 1203 }, (_, index) => index)
  room.shelf.show([tickets(...numbers.slice(0, 600)), tickets(...numbers.slice(600))])
  room.linked.add('ENT-0')
  const without = (...left: number[]) => numbers.filter((one) => !left.includes(one)).map((one) => `ENT-${one}`)
  t.strictSame(await shown(room), without(0), 'also while it is being read')
  const whole = async (): Promise<[string | null, string[]]> => {
    const served = await room.feed().serve()
    return [served.tag, await idsOf(served)]
  }
  const before = await whole()
  t.strictSame(before[1], without(0))
  for (const one of ['ENT-8', 'ENT-599', 'ENT-1202']) room.linked.add(one)
  const after = await whole()
  t.strictSame(after[1], without(0, 8, 599, 1202))
  t.not(after[0], before[0], 'which is told by the tag')
  for (const one of ['ENT-8', 'ENT-599', 'ENT-1202']) room.linked.delete(one)
  t.strictSame(await whole(), before)
  t.equal(room.shelf.reads, 1)
})

t.test('exclude_linked: false shows all of them, and says how long that is true', async (t) => {
  const room = await openRoom(t, { settings: { exclude_linked: false } })
  room.shelf.show([tickets(1, 2)])
  room.linked.add('ENT-1')
  t.strictSame(await shown(room), ['ENT-1', 'ENT-2'])
  room.advance(20_000)
  const served = await room.feed().serve()
  t.match(served, { freshMs: 40_000, ageMs: 20_000 })
  t.strictSame(await idsOf(served), ['ENT-1', 'ENT-2'])
})

t.test('a ticket that a moving list shows twice is shown once, and one without an id not at all', async (t) => {
  const room = await openRoom(t)
  room.shelf.show([tickets(1, 2), [...tickets(2, 3), ...tickets(4).map((one) => ({ ...one, externalId: ' ' }))]])
  t.strictSame(await shown(room), ['ENT-1', 'ENT-2', 'ENT-3'])
})

t.test('the list survives a restart, with its age; other settings make it void', async (t) => {
  const first = await openRoom(t)
  const { shelf, folder } = first
  shelf.show([tickets(1, 2)])
  await shown(first)
  const served = await first.feed().serve()
  const { tag } = served
  served.close()
  await first.stop()
  t.equal(statSync(folder).mode & 0o777, 0o700)
  t.equal(statSync(join(folder, 'shelf.stories')).mode & 0o777, 0o600)

  const second = await openRoom(t, { shelf, folder, ahead: 30_000 })
  const again = await second.feed().serve()
  t.match(again, { tag, ageMs: 30_000, stale: null })
  t.strictSame(await idsOf(again), ['ENT-1', 'ENT-2'])
  t.equal(shelf.reads, 1)
  t.equal(
    await seriesOf(second.metrics, 'relay_import_read_timestamp_seconds', 'integration="shelf"'),
    Date.parse('2026-01-01T00:00:00Z') / 1000,
  )
  await second.show({ settings: { ...SETTINGS, cache_seconds: 10 } })
  shelf.show([tickets(3)])
  t.strictSame(await shown(second), ['ENT-3'], 'a shorter cache_seconds counts at once')
  await second.show({ fingerprint: 'of other settings' })
  shelf.show([tickets(4)])
  t.strictSame(await shown(second), ['ENT-4'])
})

t.test('what a crash has left, and the lists of integrations that are gone, are removed', async (t) => {
  const { shelf, folder, ...room } = await openRoom(t)
  shelf.show([tickets(1)])
  await shown({ shelf, folder, ...room })
  await room.stop()
  for (const file of ['shelf.0123456789abcdef.part', 'gone.stories', 'gone.0123456789abcdef.part', 'notes.txt'])
    writeFileSync(join(folder, file), '')
  writeFileSync(join(folder, 'shelf.fedcba9876543210.part'), '')
  const now = Date.parse('2026-01-01T00:00:00Z') / 1000
  for (const file of readdirSync(folder)) utimesSync(join(folder, file), now - 3601, now - 3601)
  // Another relay with the same config has begun this one.
  utimesSync(join(folder, 'shelf.fedcba9876543210.part'), now - 3599, now - 3599)
  await openRoom(t, { shelf, folder })
  t.strictSame(readdirSync(folder).sort(), ['notes.txt', 'shelf.fedcba9876543210.part', 'shelf.stories'])
})

t.test('a list in store that is not whole is read anew', async (t) => {
  const { shelf, folder, ...room } = await openRoom(t)
  shelf.show([tickets(1, 2, 3)])
  await shown({ shelf, folder, ...room })
  await room.stop()
  const file = join(folder, 'shelf.stories')
  const content = readFileSync(file)
  let reads = 1
  for (const damage of [
    () => truncateSync(file, content.length - 1),
    () => truncateSync(file, 10),
    () => writeFileSync(file, ''),
    () => writeFileSync(file, 'nonsense\nnonsense\n'),
  ]) {
    damage()
    const next = await openRoom(t, { shelf, folder })
    t.strictSame(await shown(next), ['ENT-1', 'ENT-2', 'ENT-3'])
    reads += 1
    t.equal(shelf.reads, reads)
    await next.stop()
  }
})

t.test('a folder that cannot be written to is named, and the last good list is shown all the same', async (t) => {
  const room = await openRoom(t)
  room.shelf.show([tickets(1)])
  await shown(room)
  rmSync(room.folder, { recursive: true })
  writeFileSync(room.folder, '')
  room.advance(60_000)
  const stale = await room.feed().serve()
  t.equal(stale.stale, 'failed')
  t.strictSame(await idsOf(stale), ['ENT-1'])
  room.advance(3_600_000)
  t.match(await refusal(room.feed().serve()), {
    reason: 'source',
    message: 'the folder that imports.folder names cannot be written to (EEXIST)',
  })
})

t.test('when the relay stops, or the settings change, clients that wait or read along get an error', async (t) => {
  const room = await openRoom(t)
  room.shelf.show(async function* () {
    yield tickets(1)
    await new Promise(() => {})
  })
  const along = await room.feed().serve()
  await along.stories.next()
  const [cut] = await Promise.all([refusal(along.stories.next()), room.show({ fingerprint: 'of other settings' })])
  t.match(cut, { reason: 'stopping', message: 'the settings have just been changed; ask again' })
  along.close()
  room.shelf.show(async function* () {
    await new Promise(() => {})
    yield []
  })
  const feed = room.feed()
  const [waiting] = await Promise.all([refusal(feed.serve()), room.stop()])
  t.match(waiting, { reason: 'stopping' })
  t.match(await refusal(feed.serve()), { reason: 'stopping' }, 'and nothing is begun any more')
  t.strictSame(readdirSync(room.folder), [])
})

t.test('of two instances one reads the source while the other waits, and then reads it too', async (t) => {
  const store = await freshStore(t)
  const shelf = createShelf()
  const gate = createGate()
  shelf.show(async function* () {
    yield tickets(1)
    await gate.opened
  })
  const one = await openRoom(t, { shelf, turns: store })
  const other = await openRoom(t, { shelf, turns: store, patience: IMPATIENT })
  const along = await one.feed().serve()
  t.match(await refusal(other.feed().serve()), { reason: 'slow' }, 'its client is told to ask again')
  t.equal(shelf.reads, 1)
  gate.open()
  t.strictSame(await idsOf(along), ['ENT-1'])
  await eventually(
    () => shelf.reads,
    (reads) => reads === 2,
    'the other one reads',
  )
  await eventually(
    () => other.feed().status().readAt,
    (at) => at !== null,
    'and has read',
  )
  t.strictSame(await shown(other), ['ENT-1'])
})

t.test('an instance that waits for its turn leaves off when it stops, and never reads the source', async (t) => {
  const store = await freshStore(t)
  await store.claimDuty({ name: 'import shelf', holder: 'another', now: STARTED, forMs: 60_000 })
  const room = await openRoom(t, { turns: store, patience: IMPATIENT })
  t.match(await refusal(room.feed().serve()), { reason: 'slow' })
  await room.stop()
  t.equal(room.shelf.reads, 0)
})

t.test('the turn of an instance that died ends by itself', async (t) => {
  const store = await freshStore(t)
  await store.claimDuty({ name: 'import shelf', holder: 'the dead one', now: STARTED - 59_900, forMs: 60_000 })
  const room = await openRoom(t, { turns: store, patience: IMPATIENT })
  room.shelf.show([tickets(1)])
  t.match(await refusal(room.feed().serve()), { reason: 'slow' })
  room.advance(200)
  await eventually(
    () => room.feed().status().readAt,
    (at) => at !== null,
    'it is read',
  )
  t.strictSame(await shown(room), ['ENT-1'])
})

t.test('a source is read all the same if the store cannot tell whose turn it is', async (t) => {
  const failing: Turns = {
    claimDuty: () => Promise.reject(new StoreError('unavailable', 'the disk is full')),
    releaseDuty: () => Promise.reject(new StoreError('unavailable', 'the disk is full')),
  }
  const room = await openRoom(t, { turns: failing })
  room.shelf.show([tickets(1)])
  t.strictSame(await shown(room), ['ENT-1'])
})

t.test('a list that is being sent is sent to its end, whatever comes after it', async (t) => {
  const room = await openRoom(t)
  const many = tickets(...Array.from({ length: 2000 }, (_, index) => index))
  room.shelf.show([many])
  await shown(room)
  const served = await room.feed().serve()
  t.ok((await served.stories.next()).value)
  room.shelf.show([tickets(1)])
  room.advance(60_000)
  t.strictSame(await shown(room), ['ENT-1'])
  await room.stop()
  const rest = await idsOf(served)
  t.equal(rest.at(-1), 'ENT-1999')
})
