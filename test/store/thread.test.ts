import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openStoreThread, type ThreadedStore } from '../../src/store/thread.ts'
import { entry, freshFolder } from './database.ts'

interface Scene {
  readonly store: ThreadedStore
  readonly file: string
  readonly commits: number[]
}

async function open(t: { teardown(work: () => Promise<void> | void): void }): Promise<Scene> {
  const file = join(freshFolder(t), 'relay.db')
  const commits: number[] = []
  const store = openStoreThread({ client: 'sqlite', file }, (_seconds, writes) => commits.push(writes))
  t.teardown(() => store.close().catch(() => {}))
  await store.migrate()
  return { store, file, commits }
}

t.test('bytes come back from the thread as they were handed in', async (t) => {
  const { store } = await open(t)
  const raw = Buffer.from([0, 255, 60, 97, 62, 195, 40])
  const { id } = await store.append({ ...entry(1, ['room']), raw })
  const stored = await store.storedActivity(id)
  t.ok(Buffer.isBuffer(stored.raw))
  t.strictSame(stored, { raw, contentType: 'application/xml', normalised: null })
  const { activity, deliveries } = entry(2, ['room'])
  const read = { source: 'beacon', normalised: '{}' }
  const [told] = await store.appendTogether({
    ...{ projectId: '26', raw, contentType: null, receivedAt: 1 },
    activities: [{ activity, deliveries, read }],
  })
  t.strictSame(await store.storedActivity(told?.id ?? 0), { raw, contentType: null, normalised: '{}' })
  const rejection = {
    projectId: '26',
    receivedAt: 1,
    reason: 'syntax',
    detail: 'not XML',
    head: { method: 'POST' },
    body: raw,
    bodyBytes: raw.length,
  }
  await store.reject({ ...rejection, keep: 10 })
  t.strictSame(await store.rejectedRequest(1), { id: 1, ...rejection })
})

t.test('what is asked for in one turn shares a commit, and each commit is told of', async (t) => {
  const { store, commits } = await open(t)
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => store.append(entry(index, ['room']))))
  t.strictSame(
    answers.map(({ id }) => id),
    Array.from({ length: 50 }, (_, index) => index + 1),
  )
  t.strictSame(commits, [50])
})

t.test('a failure of the store says across the thread what it was', async (t) => {
  const { store, file } = await open(t)
  await store.append(entry(1, ['room']))
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`)
  await t.rejects(store.append(entry(2, ['room'])), {
    name: 'StoreError',
    reason: 'unavailable',
    message: 'the database file was moved, deleted or replaced; put it back or start the relay again',
  })
})

t.test('a mistake in a statement comes across as a plain error', async (t) => {
  const { store } = await open(t)
  const fine = entry(1, ['room'])
  const broken = { ...fine, activity: { ...fine.activity, kind: null as unknown as string } }
  await t.rejects(store.append(broken), { name: 'Error', message: /NOT NULL constraint failed/ })
})

t.test('a closed store refuses, and its thread ends', async (t) => {
  const { store } = await open(t)
  const last = store.append(entry(1, ['room']))
  await store.close()
  t.strictSame(await last, { id: 1, deliveries: 1, duplicate: false }, 'what was handed in before is stored')
  await t.rejects(store.append(entry(2, ['room'])), { name: 'StoreError', reason: 'stopping' })
})
