import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openStore, type Store } from '../../src/store/store.ts'
import { brokenPromises, type JournalFile, openJournalFile } from '../faults/journal-file.ts'
import { entry, freshFolder, writeMigratedDatabase } from './database.ts'

interface Scene {
  readonly store: Store
  readonly file: string
}

/** A store with 20 acknowledged activities, all of them in the log alone. */
async function openScene(t: Test): Promise<Scene> {
  const file = join(freshFolder(t), 'relay.db')
  await writeMigratedDatabase(file)
  const store = openStore({ client: 'sqlite', file })
  t.teardown(() => store.close())
  await store.migrate()
  await append(store, 1, 20)
  return { store, file }
}

async function append(store: Store, from: number, to: number): Promise<void> {
  for (let number = from; number <= to; number += 1) await store.append(entry(number, ['room']))
}

const UNAVAILABLE = { name: 'StoreError', reason: 'unavailable' }

/** The activities that a relay finds which starts on these files after this one was killed. */
async function afterKill(t: Test, file: string): Promise<string[]> {
  const folder = freshFolder(t)
  const left = join(folder, 'left.db')
  copyFileSync(file, left)
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${left}-wal`)
  const journal = await openJournalFile(left)
  try {
    t.strictSame(await brokenPromises(journal), [])
    return (await journal.all<{ key: string }>('select key from activities order by id')).map(({ key }) => key)
  } finally {
    await journal.close()
  }
}

const keys = (count: number): string[] => Array.from({ length: count }, (_, index) => `26:${index + 1}`)

/** Another program that uses the database. */
async function otherProcess(t: Test, file: string): Promise<JournalFile> {
  const journal = await openJournalFile(file)
  t.teardown(() => journal.close())
  return journal
}

t.test('nothing more is acknowledged once the database file was overwritten or emptied', async (t) => {
  for (const content of [Buffer.alloc(100_000, 'x'), Buffer.alloc(0)]) {
    const { store, file } = await openScene(t)
    const whole = readFileSync(file)
    writeFileSync(file, content)
    await t.rejects(store.append(entry(21, ['room'])), { ...UNAVAILABLE, message: /was overwritten/ })
    await t.rejects(store.probe(), UNAVAILABLE)
    writeFileSync(file, whole)
    await store.append(entry(21, ['room']))
    t.strictSame(await afterKill(t, file), keys(21), 'what was put back is used again')
  }
})

t.test('when the log is deleted, all that was acknowledged is saved and nothing more is acknowledged', async (t) => {
  for (const ends of [['-wal'], ['-wal', '-shm']]) {
    const { store, file } = await openScene(t)
    for (const end of ends) rmSync(`${file}${end}`)
    for (let times = 0; times < 2; times += 1)
      await t.rejects(store.append(entry(21, ['room'])), {
        ...UNAVAILABLE,
        message: /everything acknowledged was saved/,
      })
    await t.rejects(store.probe(), UNAVAILABLE)
    t.strictSame(await afterKill(t, file), keys(20))
  }
})

t.test('what is committed into a log that was deleted meanwhile is not acknowledged', async (t) => {
  const { store, file } = await openScene(t)
  const link = {
    projectId: '26',
    storyId: '109',
    system: 'other',
    integrationId: null,
    externalId: '7',
    externalUrl: null,
  }
  const committing = store.setLinks(() => {
    rmSync(`${file}-wal`)
    return [[link]]
  }, 1)
  await t.rejects(committing, { ...UNAVAILABLE, message: /everything acknowledged was saved/ })
  t.strictSame(await afterKill(t, file), keys(20))
})

t.test('files that cannot even be examined make the store unavailable', async (t) => {
  const { store, file } = await openScene(t)
  renameSync(file, `${file}-away`)
  symlinkSync(file, file)
  await t.rejects(store.append(entry(21, ['room'])), { ...UNAVAILABLE, message: /cannot be examined: ELOOP/ })
})

t.test('a log that is moved away is saved as well, and when it is put back the store goes on', async (t) => {
  const { store, file } = await openScene(t)
  renameSync(`${file}-wal`, `${file}-away`)
  await t.rejects(store.append(entry(21, ['room'])), UNAVAILABLE)
  t.strictSame(await afterKill(t, file), keys(20))
  renameSync(`${file}-away`, `${file}-wal`)
  await append(store, 21, 22)
  t.strictSame(await afterKill(t, file), keys(22))
})

t.test('a log that was deleted and opened anew by a reader counts as deleted', async (t) => {
  const { store, file } = await openScene(t)
  rmSync(`${file}-wal`)
  writeFileSync(`${file}-wal`, '')
  await t.rejects(store.append(entry(21, ['room'])), { ...UNAVAILABLE, message: /everything acknowledged was saved/ })
  t.strictSame(await afterKill(t, file), keys(20))
})

t.test('while saving fails, the relay says that it must not end, and tries again', async (t) => {
  const { store, file } = await openScene(t)
  const reader = await otherProcess(t, file)
  // A reader of the state before the next commit keeps the log from being copied whole.
  await reader.all('begin')
  await reader.all('select count(*) from activities')
  await append(store, 21, 21)
  rmSync(`${file}-wal`)
  await t.rejects(store.append(entry(22, ['room'])), { ...UNAVAILABLE, message: /do not end the relay/ })
  await reader.all('commit')
  await t.rejects(store.append(entry(22, ['room'])), { ...UNAVAILABLE, message: /everything acknowledged was saved/ })
  t.strictSame(await afterKill(t, file), keys(21))
})

t.test('a log that is replaced by another one is not written to, nor to the database', async (t) => {
  const { store, file } = await openScene(t)
  const before = readFileSync(file)
  const log = readFileSync(`${file}-wal`)
  rmSync(`${file}-wal`)
  writeFileSync(`${file}-wal`, log)
  await t.rejects(store.append(entry(21, ['room'])), { ...UNAVAILABLE, message: /-wal file was replaced/ })
  t.ok(readFileSync(file).equals(before))
})

t.test('when the log is truncated, what it held is copied from memory, and the next start takes it over', async (t) => {
  for (const left of [0, 20, 32, 5000]) {
    const { store, file } = await openScene(t)
    truncateSync(`${file}-wal`, left)
    for (let times = 0; times < 2; times += 1)
      await t.rejects(
        store.append(entry(21, ['room'])),
        { ...UNAVAILABLE, message: /everything acknowledged is in relay\.db\.saved/ },
        `${left} bytes`,
      )
    await t.rejects(store.probe(), UNAVAILABLE)
    const other = openStore({ client: 'sqlite', file })
    t.teardown(() => other.close())
    await t.rejects(other.migrate(), UNAVAILABLE, 'no other process takes it over while this one runs')

    const folder = freshFolder(t)
    const next = join(folder, 'relay.db')
    for (const end of ['', '-wal', '.saved']) copyFileSync(`${file}${end}`, `${next}${end}`)
    const restarted = openStore({ client: 'sqlite', file: next })
    t.teardown(() => restarted.close())
    await restarted.migrate()
    await append(restarted, 21, 22)
    t.strictSame(await afterKill(t, next), keys(22), `${left} bytes`)
    t.strictSame(readdirSync(folder).sort(), ['relay.db', 'relay.db-shm', 'relay.db-wal'])
  }
})

t.test('a copy that another start is taking over is left alone, and refuses the start', async (t) => {
  const { store, file } = await openScene(t)
  await store.close()
  writeFileSync(`${file}.restoring`, '')
  const next = openStore({ client: 'sqlite', file })
  t.teardown(() => next.close())
  await t.rejects(next.migrate(), { ...UNAVAILABLE, message: /^relay\.db\.restoring is there/ })
})

t.test('a log whose beginning was overwritten or became a hole is noticed, and harms nobody', async (t) => {
  const { store, file } = await openScene(t)
  const before = await afterKill(t, file)
  t.equal(before.length, 20)
  const { size } = statSync(`${file}-wal`)
  writeFileSync(`${file}-wal`, Buffer.alloc(size), { flag: 'r+' })
  for (let times = 0; times < 2; times += 1)
    await t.rejects(store.append(entry(21, ['room'])), { ...UNAVAILABLE, message: /truncated or overwritten/ })
  t.notOk(existsSync(`${file}.saved`))
  await store.close()
  t.strictSame(await afterKill(t, file), [], 'the log is lost, and the database whole')
})

t.test('a log that holds what was there some time ago is noticed', async (t) => {
  const { store, file } = await openScene(t)
  const old = readFileSync(`${file}-wal`)
  const other = await otherProcess(t, file)
  await other.all('pragma wal_checkpoint(restart)')
  await append(store, 21, 40)
  writeFileSync(`${file}-wal`, old, { flag: 'r+' })
  await t.rejects(store.append(entry(41, ['room'])), UNAVAILABLE)
})

t.test('an index that is deleted is noticed', async (t) => {
  const { store, file } = await openScene(t)
  rmSync(`${file}-shm`)
  await t.rejects(store.append(entry(21, ['room'])), { ...UNAVAILABLE, message: /-shm file/ })
  t.strictSame(await afterKill(t, file), keys(20))
})

t.test('what other programs do to the database in an orderly way disturbs nobody', async (t) => {
  const { store, file } = await openScene(t)
  let count = 20
  const goesOn = async (what: string): Promise<void> => {
    await append(store, count + 1, count + 2)
    count += 2
    t.strictSame(await afterKill(t, file), keys(count), what)
  }
  const other = await openJournalFile(file)
  for (const mode of ['passive', 'full', 'restart', 'truncate', 'restart', 'truncate', 'truncate'])
    for (let times = 0; times < 2; times += 1) {
      await other.all(`pragma wal_checkpoint(${mode})`)
      await goesOn(mode)
    }
  await other.all('vacuum')
  await goesOn('vacuum')
  await other.all('create table other (x)')
  for (let times = 0; times < 50; times += 1) await other.all('insert into other values (randomblob(20000))')
  await other.all('pragma wal_checkpoint(truncate)')
  await other.all('insert into other values (1)')
  await goesOn('another writer')
  await other.all('drop table other')
  await other.all(`vacuum into '${file}.backup'`)
  await goesOn('a backup')
  await other.close()
  await goesOn('the other connection is closed')
  const again = await openJournalFile(file)
  await again.all('delete from rejected')
  await again.close()
  await goesOn('another one came and went')
  await store.close()
  const reopened = openStore({ client: 'sqlite', file })
  t.teardown(() => reopened.close())
  await reopened.migrate()
  await append(reopened, count + 1, count + 1)
})

t.test('two stores that write and checkpoint at the same time never alarm each other', async (t) => {
  const { store, file } = await openScene(t)
  const second = openStore({ client: 'sqlite', file })
  t.teardown(() => second.close())
  await second.migrate()
  const other = await otherProcess(t, file)
  // It does not wait for the others, but tries again.
  await other.all('pragma busy_timeout = 0')
  let writing = true
  let emptied = 0
  async function checkpoints(): Promise<void> {
    for (let times = 0; writing; times += 1) {
      const mode = ['restart', 'truncate', 'passive'][times % 3]
      const [result] = await other.all<{ busy: number; log: number }>(`pragma wal_checkpoint(${mode})`).catch(() => [])
      if (result?.busy === 0 && result.log === 0) emptied += 1
    }
  }
  const writers = Promise.all([append(store, 1001, 1100), append(second, 2001, 2100)]).finally(() => {
    writing = false
  })
  await Promise.all([writers, checkpoints()])
  t.equal((await afterKill(t, file)).length, 20 + 2 * 100)
  t.ok(emptied > 0, `the log was emptied ${emptied} times meanwhile`)
})
