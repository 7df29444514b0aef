import { copyFileSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { restore } from '../../src/store/restore.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { openJournalFile } from '../faults/journal-file.ts'
import { entry, freshFolder, freshStore } from './database.ts'
import { damageDeeply, damageTable, writeLargeDatabase } from './large-database.ts'

t.setTimeout(120_000)

const DAMAGED = {
  name: 'StoreError',
  reason: 'unavailable',
  message: /^the database is damaged: .+ Put a backup in its place, or repair it with the sqlite3 program/s,
}

/** Some dozens of them make the log so long that SQLite would write it into the database. */
const LARGE_REQUEST = {
  ...{ projectId: '26', receivedAt: 1, reason: 'syntax', detail: '', head: {}, keep: 1000 },
  ...{ body: Buffer.alloc(256 * 1024), bodyBytes: 256 * 1024 },
}

async function largeFile(t: Test): Promise<string> {
  const file = join(freshFolder(t), 'relay.db')
  await writeLargeDatabase(file)
  return file
}

async function opened(t: Test, file: string): Promise<Store> {
  const store = openStore({ client: 'sqlite', file })
  t.teardown(() => store.close())
  await store.migrate()
  return store
}

/** The keys of the activities that the files have, whatever is damaged in them. */
async function keysIn(t: Test, file: string): Promise<string[]> {
  const copy = join(freshFolder(t), 'copy.db')
  copyFileSync(file, copy)
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`)
  const journal = await openJournalFile(copy)
  try {
    return (await journal.all<{ key: string }>('select key from activities order by id')).map(({ key }) => key)
  } finally {
    await journal.close()
  }
}

/** A relay that has taken an activity before the examination beside it found the damage, and has stopped then. */
async function stoppedByDamage(t: Test, file: string): Promise<void> {
  const store = await opened(t, file)
  t.equal(await store.examineLater(), true)
  await store.append(entry(1, ['room']))
  for (let times = 0; times < 80; times += 1) await store.reject(LARGE_REQUEST)
  await t.rejects(store.examineWhole(), DAMAGED)
  await t.rejects(store.append(entry(2, ['room'])), DAMAGED, 'it takes nothing more')
  await t.rejects(store.take({ integration: 'room', limit: 1, now: 5000, leaseMs: 1000 }), DAMAGED)
  await t.rejects(store.probe(), DAMAGED)
  await store.close()
}

t.test('a small database is examined before anything else is done with it', async (t) => {
  const store = await freshStore(t)
  t.equal(await store.examineLater(), false)
  await store.examineWhole()
})

t.test('a large database is used while all of it is examined', async (t) => {
  const file = await largeFile(t)
  const store = await opened(t, file)
  t.equal(await store.examineLater(), true)
  await store.append(entry(1, ['room']))
  await store.examineWhole()
  await store.append(entry(2, ['room']))
  await store.close()
  t.notOk(existsSync(`${file}-wal`), 'and it is in one file afterwards')
  t.strictSame(await keysIn(t, file), ['26:1', '26:2'])
})

t.test('what a first look finds in a large database is told before it is used', async (t) => {
  const file = await largeFile(t)
  for (const table of ['integration_states', 'delivery_counts', 'lane_entries']) {
    const mend = await damageTable(file, table)
    const store = await opened(t, file)
    await t.rejects(store.examineLater(), DAMAGED, table)
    await store.close()
    mend()
  }
  const store = await opened(t, file)
  t.equal(await store.examineLater(), true, 'and nothing is told of one that is whole')
})

t.test('when damage is found while it is used, nothing more is stored, and nothing was written into it', async (t) => {
  const file = await largeFile(t)
  await damageDeeply(file)
  const before = readFileSync(file)
  await stoppedByDamage(t, file)
  t.ok(readFileSync(file).equals(before), 'the database is as it was')
  t.strictSame(await keysIn(t, file), ['26:1'], 'what was acknowledged is in its log')

  const next = await opened(t, file)
  t.equal(await next.examineLater(), false, 'the next start examines all of it first')
  await t.rejects(next.examineWhole(), DAMAGED)
  await next.close()
  t.ok(readFileSync(file).equals(before))
  t.strictSame(await keysIn(t, file), ['26:1'])
})

t.test('a damaged database that was repaired is used again, with what came meanwhile', async (t) => {
  const file = await largeFile(t)
  const mend = await damageDeeply(file)
  await stoppedByDamage(t, file)
  t.equal(statSync(`${file}.damaged`).mode & 0o777, 0o600)
  mend()
  const journal = await openJournalFile(file)
  t.strictSame(await journal.all('pragma integrity_check'), [{ integrity_check: 'ok' }])
  await journal.all('reindex')
  await journal.close()

  const store = await opened(t, file)
  t.equal(await store.examineLater(), false)
  await store.examineWhole()
  t.notOk(existsSync(`${file}.damaged`))
  await store.append(entry(2, ['room']))
  await store.close()
  t.strictSame(await keysIn(t, file), ['26:1', '26:2'])
})

t.test('the log of a damaged database is not written into a backup that was put in its place', async (t) => {
  const file = await largeFile(t)
  const backup = readFileSync(file)
  await damageDeeply(file)
  await stoppedByDamage(t, file)
  writeFileSync(file, backup)
  const refusing = openStore({ client: 'sqlite', file })
  t.teardown(() => refusing.close())
  await t.rejects(refusing.migrate(), {
    name: 'StoreError',
    reason: 'unavailable',
    message:
      /relay\.db-wal beside it still belongs to the damaged database: .* move relay\.db-wal and relay\.db-shm away/,
  })
  await refusing.close()
  t.ok(readFileSync(file).equals(backup))
  for (const end of ['-wal', '-shm']) renameSync(file + end, `${file}.aside${end}`)
  const store = await opened(t, file)
  t.equal(await store.examineLater(), false)
  await store.examineWhole()
  t.notOk(existsSync(`${file}.damaged`))
})

t.test('a damaged database is moved aside by a restore, with all that belongs to it', async (t) => {
  const file = await largeFile(t)
  const backup = join(freshFolder(t), 'backup.db')
  copyFileSync(file, backup)
  await damageDeeply(file)
  await stoppedByDamage(t, file)
  await restore({ backup, file, asideSuffix: '.aside', told() {} })
  t.notOk(existsSync(`${file}.damaged`))
  t.ok(existsSync(`${file}.aside.damaged`))
  t.strictSame(await keysIn(t, `${file}.aside`), ['26:1'])
  const store = await opened(t, file)
  t.equal(await store.examineLater(), true)
  await store.examineWhole()
})

t.test('a database that is closed while it is examined is not waited for', async (t) => {
  const file = await largeFile(t)
  await damageDeeply(file)
  const store = await opened(t, file)
  t.equal(await store.examineLater(), true)
  await store.append(entry(1, ['room']))
  const examining = store.examineWhole()
  await Promise.all([store.close(), t.rejects(examining, { name: 'StoreError', reason: 'stopping' })])
  t.notOk(existsSync(`${file}-wal`), 'nobody else has it open')
  t.notOk(existsSync(`${file}.damaged`))
})

t.test('where no process can be started, the store examines the database itself', async (t) => {
  const { execPath } = process
  t.teardown(() => {
    process.execPath = execPath
  })
  const file = await largeFile(t)
  const mend = await damageDeeply(file)
  process.execPath = join(file, 'there is no such program')
  const damaged = await opened(t, file)
  t.equal(await damaged.examineLater(), true)
  await t.rejects(damaged.examineWhole(), DAMAGED)
  await damaged.close()
  mend()
  const store = await opened(t, file)
  await store.examineLater()
  await store.examineWhole()
})
