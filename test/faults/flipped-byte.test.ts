import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openStore, type Store } from '../../src/store/store.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { entry, freshFolder, writeMigratedDatabase } from '../store/database.ts'
import { DELIVERED } from '../store/delivered.ts'
import { type Chance, chance } from './chance.ts'
import { type JournalFile, openJournalFile } from './journal-file.ts'
import { roundsOf } from './ordeal.ts'

const PAGE_BYTES = 4096
const STORED = 200
const ROUNDS = roundsOf(24)
const NOW = 1_000_000

t.setTimeout(300_000 + ROUNDS * 2000)

/** A database with what was acknowledged, all of it in the file itself. */
async function writeFilled(t: Test, file: string): Promise<Buffer> {
  await writeMigratedDatabase(file)
  const store = openStore({ client: 'sqlite', file })
  await store.migrate()
  await Promise.all(Array.from({ length: STORED }, (_, index) => store.append(entryOf(index + 1))))
  await store.close()
  t.notOk(existsSync(`${file}-wal`))
  return readFileSync(file)
}

const entryOf = (number: number) => entry(number, ['room', 'hook'], undefined, [String(number % 7)])

interface Page {
  readonly number: number
  readonly kind: string
}

/** Of each kind of page, where it is. */
async function pagesOf(file: string): Promise<ReadonlyMap<string, readonly Page[]>> {
  const journal = await openJournalFile(file)
  try {
    const roots = new Map(
      (
        await journal.all<{ name: string; type: string; rootpage: number }>(
          'select name, type, rootpage from sqlite_schema where rootpage > 0',
        )
      ).map(({ type, rootpage }) => [rootpage, `the root of a${type === 'index' ? 'n index' : ' table'}`]),
    )
    const bytes = readFileSync(file)
    const kinds = new Map<string, Page[]>()
    for (let number = 1; number * PAGE_BYTES <= bytes.length; number += 1) {
      // https://www.sqlite.org/fileformat2.html#b_tree_pages
      const first = bytes[(number - 1) * PAGE_BYTES] ?? 0
      const kind =
        number === 1
          ? 'the header and the schema'
          : (roots.get(number) ??
            { 2: 'an index', 10: 'an index', 5: 'a table', 13: 'a table' }[first] ??
            'another page')
      kinds.set(kind, [...(kinds.get(kind) ?? []), { number, kind }])
    }
    return kinds
  } finally {
    await journal.close()
  }
}

interface Flip {
  readonly at: number
  readonly bit: number
  readonly where: string
}

/** Often at the beginning of a page, which says what is where in it. */
function flipIn(pages: ReadonlyMap<string, readonly Page[]>, round: number, below: Chance['below']): Flip {
  const kinds = [...pages.values()]
  const kind = kinds[round % kinds.length] ?? []
  const page = kind[below(kind.length)]
  if (page === undefined) throw new Error('there is no such page')
  const within = below(2) === 0 ? below(120) : below(PAGE_BYTES)
  const at = (page.number - 1) * PAGE_BYTES + within
  return { at, bit: 1 << below(8), where: `byte ${within} of ${page.kind} (page ${page.number})` }
}

function flip(file: string, { at, bit }: Flip): void {
  const descriptor = openSync(file, 'r+')
  const byte = Buffer.alloc(1)
  readSync(descriptor, byte, 0, 1, at)
  writeSync(descriptor, Buffer.of((byte[0] ?? 0) ^ bit), 0, 1, at)
  closeSync(descriptor)
}

type Ending = 'refused' | 'unharmed' | 'a value differs'

/** What the next start makes of these files, when it may not have been told of anything. */
async function nextStart(t: Test, file: string, acknowledged: readonly number[], where: string): Promise<Ending> {
  const store = openStore({ client: 'sqlite', file })
  try {
    await store.migrate()
    await store.examineWhole()
  } catch (error) {
    t.ok(error instanceof StoreError && error.reason === 'unavailable', `${where}: ${error}`)
    t.match(error, { message: /^the database('s| is| cannot| file)/ }, where)
    return 'refused'
  } finally {
    await store.close()
  }
  const journal = await openJournalFile(file)
  try {
    return await compared(t, journal, acknowledged, where)
  } finally {
    await journal.close()
  }
}

/** Where nothing is said, nothing may be missing; SQLite has no checksums for single values. */
async function compared(
  t: Test,
  journal: JournalFile,
  acknowledged: readonly number[],
  where: string,
): Promise<Ending> {
  const activities = await journal.all<{ key: string }>('select key from activities')
  const deliveries = await journal.all<{ n: number }>('select count(*) as n from deliveries')
  t.equal(activities.length, acknowledged.length, `${where}: each activity is there`)
  t.strictSame(deliveries, [{ n: 2 * acknowledged.length }], `${where}: and each delivery`)
  const keys = new Set(activities.map(({ key }) => key))
  return acknowledged.every((number) => keys.has(`26:${number}`)) ? 'unharmed' : 'a value differs'
}

/** Writes and reads as a relay does. @returns the numbers that were acknowledged */
async function work(t: Test, store: Store, where: string): Promise<number[]> {
  const acknowledged: number[] = []
  const attempt = async (act: () => Promise<unknown>): Promise<void> => {
    await act().catch((error: unknown) => {
      t.ok(error instanceof StoreError || isCorrupt(error), `${where}: ${error}`)
    })
  }
  for (let number = STORED + 1; number <= STORED + 10; number += 1)
    await attempt(async () => {
      await store.append(entryOf(number))
      acknowledged.push(number)
    })
  await attempt(async () => {
    for (const delivery of await store.take({ integration: 'room', limit: 5, now: NOW, leaseMs: 1000 }))
      await store.settle({
        ...{ delivery, outcome: DELIVERED, exchanges: '[]', endedAt: NOW, durationMs: 0, targetTime: null },
      })
  })
  await attempt(() => store.deliveries({ limit: 100 }))
  return acknowledged
}

/** Reading tells SQLite's own words. */
const isCorrupt = (error: unknown): boolean =>
  error instanceof Error && /SQLITE_(CORRUPT|NOTADB|IOERR|ERROR|CANTOPEN)/.test(error.message)

const all = Array.from({ length: STORED }, (_, index) => index + 1)

t.test('a bit that turned in the file of a relay that is stopped is told at its start, or harms no row', async (t) => {
  const { seed, below } = chance()
  t.comment(`FAULT_SEED=${seed}`)
  const folder = freshFolder(t)
  const file = join(folder, 'relay.db')
  const whole = await writeFilled(t, file)
  const pages = await pagesOf(file)
  const endings = new Map<Ending, number>()
  for (let round = 0; round < ROUNDS; round += 1) {
    const turned = flipIn(pages, round, below)
    const damaged = join(folder, `${round}.db`)
    writeFileSync(damaged, whole)
    flip(damaged, turned)
    const ending = await nextStart(t, damaged, all, turned.where)
    endings.set(ending, (endings.get(ending) ?? 0) + 1)
  }
  t.comment([...endings].map(([ending, times]) => `${ending}: ${times}`).join(', '))
  t.ok((endings.get('refused') ?? 0) > 0, 'some of them are noticed')
  t.equal(await nextStart(t, file, all, 'no turned bit'), 'unharmed')
})

t.test('a bit that turns under a running relay loses no row that it acknowledges without a word', async (t) => {
  const { seed, below } = chance()
  t.comment(`FAULT_SEED=${seed}`)
  const folder = freshFolder(t)
  const whole = await writeFilled(t, join(folder, 'relay.db'))
  const pages = await pagesOf(join(folder, 'relay.db'))
  const endings = new Map<Ending, number>()
  for (let round = 0; round < ROUNDS; round += 1) {
    const turned = flipIn(pages, round, below)
    const file = join(folder, `${round}.db`)
    writeFileSync(file, whole)
    const store = openStore({ client: 'sqlite', file })
    await store.migrate()
    flip(file, turned)
    const acknowledged = await work(t, store, turned.where)
    // As after kill -9.
    const left = join(folder, `${round} left.db`)
    copyFileSync(file, left)
    if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${left}-wal`)
    await store.close()
    const ending = await nextStart(t, left, [...all, ...acknowledged], turned.where)
    endings.set(ending, (endings.get(ending) ?? 0) + 1)
  }
  t.comment([...endings].map(([ending, times]) => `${ending}: ${times}`).join(', '))
})
