import { statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openStore, type Store } from '../../src/store/store.ts'
import { openJournalFile } from '../faults/journal-file.ts'
import { entry, freshFolder, writeMigratedDatabase } from './database.ts'

const MEBIBYTE = 1024 * 1024

/** Each with a body that fills 64 pages of the log. */
async function reject(store: Store, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1)
    await store.reject({
      ...{ projectId: '26', receivedAt: 1, reason: 'syntax', detail: '', head: {} },
      ...{ body: Buffer.alloc(MEBIBYTE / 4, time), bodyBytes: MEBIBYTE / 4, keep: 1000 },
    })
}

t.test('a log that grew while somebody read for long shrinks again, and nothing is lost', async (t) => {
  const file = join(freshFolder(t), 'relay.db')
  await writeMigratedDatabase(file)
  const store = openStore({ client: 'sqlite', file })
  t.teardown(() => store.close())
  await store.migrate()
  const walBytes = async (): Promise<number> => (await store.fileSizes())?.wal ?? 0

  const reader = await openJournalFile(file)
  t.teardown(() => reader.close())
  await reader.all('begin')
  await reader.all('select count(*) from activities')
  await reject(store, 160)
  t.ok((await walBytes()) > 40 * MEBIBYTE, 'it grows as long as it is read')
  await reader.all('commit')
  // The first commit writes the log into the database, and the next one begins the log anew.
  await store.append(entry(1, ['room']))
  await store.append(entry(2, ['room']))
  t.ok((await walBytes()) <= 32 * MEBIBYTE, `${await walBytes()} bytes`)
  t.equal(await walBytes(), statSync(`${file}-wal`).size)
  await store.append(entry(3, ['room']))
  t.strictSame(await reader.all('select count(*) as n from rejected'), [{ n: 160 }])
  t.strictSame(await reader.all('select count(*) as n from activities'), [{ n: 3 }])
})
