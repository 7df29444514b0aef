import { copyFileSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openStore } from '../../src/store/store.ts'
import { entry, freshFolder, writeMigratedDatabase } from '../store/database.ts'
import { chance } from './chance.ts'
import { brokenPromises, openJournalFile } from './journal-file.ts'

/** Of a write-ahead log and of each page in it: https://www.sqlite.org/fileformat2.html, section 4.1. */
const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
const PAGE_BYTES = 4096
const FRAME_BYTES = FRAME_HEADER_BYTES + PAGE_BYTES

interface Recovered {
  /** The keys of the activities, in the order in which they were stored. */
  readonly keys: readonly string[]
  readonly broken: readonly string[]
}

/** A database with its log, as a machine that lost power would find them. */
interface Copy {
  readonly database: Buffer
  readonly log: Buffer
}

// On a machine that is busy with other things.
t.setTimeout(300_000)

t.test('a log that was cut off anywhere gives a whole journal: all up to some commit, nothing by halves', async (t) => {
  const { seed, below } = chance()
  t.comment(`FAULT_SEED=${seed}`)
  const folder = freshFolder(t)
  const { copy, acknowledged, all } = await copyWhileAppending(t, folder)

  const whole = await recover(folder, copy)
  t.strictSame(whole.broken, [])
  t.strictSame(whole.keys, all.slice(0, whole.keys.length))
  t.ok(whole.keys.length >= acknowledged, `${acknowledged} were acknowledged, ${whole.keys.length} are there`)
  t.ok(acknowledged > 0)

  const frames = Math.floor((copy.log.length - HEADER_BYTES) / FRAME_BYTES)
  const boundaries = Array.from({ length: frames + 1 }, (_, frame) => HEADER_BYTES + frame * FRAME_BYTES)
  const elsewhere = Array.from({ length: 40 }, () => below(copy.log.length))
  let before = 0
  for (const length of [...boundaries, ...elsewhere].sort((one, other) => one - other)) {
    const { keys, broken } = await recover(folder, { ...copy, log: copy.log.subarray(0, length) })
    t.strictSame(broken, [], `cut after ${length} bytes`)
    t.strictSame(keys, all.slice(0, keys.length), 'what is there is what came first')
    t.ok(keys.length >= before, 'a longer log never tells less')
    before = keys.length
  }
  t.equal(before, whole.keys.length)

  for (let round = 0; round < 40; round += 1) {
    const at = HEADER_BYTES + below(copy.log.length - HEADER_BYTES)
    const log = Buffer.from(copy.log)
    log[at] = (log[at] ?? 0) ^ (1 << below(8))
    const { keys, broken } = await recover(folder, { ...copy, log })
    t.strictSame(broken, [], `bit turned in byte ${at}`)
    t.strictSame(keys, all.slice(0, keys.length))
  }
})

t.test('a relay goes on with what a cut log has left', async (t) => {
  const folder = freshFolder(t)
  const { copy, all } = await copyWhileAppending(t, folder)
  const path = join(folder, 'cut.db')
  writeFileSync(path, copy.database)
  writeFileSync(`${path}-wal`, copy.log)
  truncateSync(`${path}-wal`, Math.floor(copy.log.length / 2))
  const store = openStore({ client: 'sqlite', file: path })
  t.teardown(() => store.close())
  t.strictSame(await store.migrate(), [])
  const file = await openJournalFile(path)
  t.teardown(() => file.close())
  const kept = (await file.all<{ key: string }>('select key from activities order by id')).map(({ key }) => key)
  t.ok(kept.length > 0 && kept.length < all.length, `${kept.length} of ${all.length} are left`)

  const answers = await Promise.all(all.map((_, index) => store.append(entryOf(index + 1))))
  t.strictSame(
    answers.map(({ duplicate }) => duplicate),
    all.map((key) => kept.includes(key)),
    'what was lost is taken again, what is there is known',
  )
  t.strictSame(await brokenPromises(file), [])
})

t.test(
  'a log that is cut anywhere under a running relay is copied from memory, or the relay says what is lost',
  async (t) => {
    const { seed, below } = chance()
    t.comment(`FAULT_SEED=${seed}`)
    const folder = freshFolder(t)
    const start = join(folder, 'start.db')
    await writeMigratedDatabase(start)
    let saved = 0
    for (let round = 0; round < 12; round += 1) {
      const path = join(folder, `${round}.db`)
      copyFileSync(start, path)
      const store = openStore({ client: 'sqlite', file: path })
      await store.migrate()
      for (let number = 1; number <= 10; number += 1) await store.append(entryOf(number))
      const length = round === 0 ? 0 : below(statSync(`${path}-wal`).size)
      truncateSync(`${path}-wal`, length)
      const error = await store.append(entryOf(11)).then(
        () => null,
        (reason: Error) => reason,
      )
      t.match(error, { name: 'StoreError', message: /-wal file was truncated/ }, `cut after ${length} bytes`)
      const isSaved = /everything acknowledged is in/.test(error?.message ?? '')
      // As after kill -9: a store that closes would leave the files as they are as well.
      const left = join(folder, `${round} left.db`)
      for (const end of ['', '-wal', '.saved'])
        if (existsSync(`${path}${end}`)) copyFileSync(`${path}${end}`, `${left}${end}`)
      await store.close()
      const next = openStore({ client: 'sqlite', file: left })
      await next.migrate()
      await next.examineWhole()
      await next.close()
      const file = await openJournalFile(left)
      const kept = (await file.all<{ key: string }>('select key from activities order by id')).map(({ key }) => key)
      t.strictSame(await brokenPromises(file), [], 'nothing is there by halves')
      await file.close()
      t.strictSame(
        kept,
        Array.from({ length: isSaved ? 10 : kept.length }, (_, index) => `26:${index + 1}`),
        `what is there is what came first, and all of it if that was said: ${isSaved}`,
      )
      if (isSaved) saved += 1
    }
    t.ok(saved > 0, `${saved} of 12 were copied whole`)
  },
)

/** Several lanes, so that the deliveries of a commit stand in each other's way. */
const entryOf = (number: number) => entry(number, ['room', 'hook'], undefined, [String(number % 3), '7'])

/** Copies the database and its log in the midst of appending; says what was acknowledged before the copy began. */
async function copyWhileAppending(
  t: { teardown(work: () => Promise<void>): void },
  folder: string,
): Promise<{ copy: Copy; acknowledged: number; all: string[] }> {
  const path = join(folder, 'relay.db')
  const store = openStore({ client: 'sqlite', file: path })
  t.teardown(() => store.close())
  await store.migrate()
  const file = await openJournalFile(path)
  t.teardown(() => file.close())
  // The page copy into the main file at migration is over; the appends stay far below the next one.
  await file.all('pragma wal_checkpoint(truncate)')
  const all: string[] = []
  let acknowledged = 0
  let copied: { copy: Copy; acknowledged: number } | null = null
  const appending = Array.from({ length: 3 }, async (_, writer) => {
    for (let turn = 0; turn < 16; turn += 1) {
      await store.append(entryOf(turn * 3 + writer + 1))
      acknowledged += 1
      if (acknowledged === 36) copied = { acknowledged, copy: copyOf(path) }
    }
  })
  await Promise.all(appending)
  all.push(...(await file.all<{ key: string }>('select key from activities order by id')).map(({ key }) => key))
  if (copied === null) throw new Error('no copy was made')
  const { copy, acknowledged: then } = copied as { copy: Copy; acknowledged: number }
  return { copy, acknowledged: then, all }
}

function copyOf(path: string): Copy {
  return { database: readFileSync(path), log: readFileSync(`${path}-wal`) }
}

async function recover(folder: string, { database, log }: Copy): Promise<Recovered> {
  const path = join(folder, 'recovered.db')
  writeFileSync(path, database)
  writeFileSync(`${path}-wal`, log)
  const file = await openJournalFile(path)
  try {
    const rows = await file.all<{ key: string }>('select key from activities order by id')
    return { keys: rows.map(({ key }) => key), broken: await brokenPromises(file) }
  } finally {
    await file.close()
  }
}
