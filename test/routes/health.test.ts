import { randomBytes } from 'node:crypto'
import { chmodSync, copyFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { withLimitedPages } from '../faults/failing-sqlite.ts'
import { openJournalFile } from '../faults/journal-file.ts'
import { eventually } from '../gateway/eventually.ts'
import { lockDatabase, startRelay } from '../gateway/running-relay.ts'
import { nextTurn } from '../gateway/turns.ts'

t.test('a relay that works is alive and ready', async (t) => {
  const relay = await startRelay(t)
  t.strictSame([(await relay.get('/healthz')).status, (await relay.get('/healthz')).json()], [200, { status: 'ok' }])
  const ready = await relay.get('/readyz')
  t.strictSame([ready.status, ready.json()], [200, { status: 'ok', problems: [] }])
  for (const path of ['/healthz', '/readyz']) {
    const answer = await fetch(`${relay.url}${path}`, { method: 'HEAD' })
    t.strictSame([answer.status, await answer.text()], [200, ''], `HEAD ${path}`)
  }
})

t.test('it is not ready while its database is gone, and alive all the same', async (t) => {
  const relay = await startRelay(t)
  const file = join(relay.folder, 'relay.db')
  renameSync(file, `${file}.away`)
  const answer = await eventually(
    () => relay.get('/readyz'),
    ({ status }) => status === 503,
    'it is not ready',
  )
  t.strictSame(answer.json(), {
    status: 'not ready',
    problems: [
      'the store cannot write: the database file was moved, deleted or replaced; put it back or start the relay again',
    ],
  })
  t.equal((await relay.get('/healthz')).status, 200)
})

const ROOM_FOR_PROBES = 100

function large(id: number): string {
  return `<activity><id>${id}</id><version>1</version><event_type>note_create</event_type>
    <occurred_at type="datetime">2026/11/28 01:00:00 UTC</occurred_at><author>Kirk</author>
    <project_id>26</project_id><description>${randomBytes(200_000).toString('hex')}</description></activity>`
}

t.test('it is not ready while activities cannot be stored, although a probe can', async (t) => {
  await withLimitedPages(ROOM_FOR_PROBES, async (setLimit) => {
    const relay = await startRelay(t, { integrations: {} })
    const readyz = (status: number) =>
      eventually(
        () => relay.get('/readyz'),
        (answer) => answer.status === status,
        `/readyz answers ${status}`,
      )
    await readyz(200)
    t.equal((await relay.post(large(1))).status, 503)
    t.strictSame((await readyz(503)).json(), {
      status: 'not ready',
      problems: ['the last activity could not be stored: the disk or the database is full'],
    })
    await relay.store.probe()
    relay.advance(61_000)
    await readyz(200)
    t.equal((await relay.post(large(2))).status, 503, 'one that is not asked does not know')
    await readyz(503)
    setLimit(1_000_000)
    t.equal((await relay.post(large(3))).status, 202)
    await readyz(200)
  })
})

t.test('it is not ready while another database is in the place of its own', async (t) => {
  const relay = await startRelay(t, { integrations: {} })
  const file = join(relay.folder, 'relay.db')
  const ours = await openJournalFile(file)
  await ours.all('pragma wal_checkpoint(truncate)')
  await ours.close()
  const other = await openJournalFile(join(relay.folder, 'other.db'), 'new')
  await other.all('create table crew (name)')
  await other.close()
  copyFileSync(join(relay.folder, 'other.db'), file)
  t.match((await relay.post(large(1))).json(), { status: 503, type: 'urn:tracker-relay:store-unavailable' })
  const { problems } = (await relay.get('/readyz')).json() as { problems: string[] }
  t.match(problems[1], /^the last activity could not be stored: the database /)
})

t.test('it is not ready while another one holds the database', async (t) => {
  const relay = await startRelay(t)
  const release = await lockDatabase(relay.folder)
  let answered = false
  const ready = relay.get('/readyz').finally(() => {
    answered = true
  })
  for (let probes = 0; probes < 5; probes += 1) t.equal((await relay.get('/healthz')).status, 200)
  t.equal(answered, false, 'the probe waits for a write that is really made')
  await release()
  t.equal((await ready).status, 200)
})

t.test('it is not ready when a worker has not turned for a minute, and names it', async (t) => {
  const relay = await startRelay(t, { integrations: { room: { type: 'log' } } })
  const [worker] = relay.relay.workers()
  if (worker === undefined) throw new Error('no worker runs')
  const release = await lockDatabase(relay.folder)
  // A turn that begins now cannot end: it waits for the database.
  await nextTurn(worker)
  relay.advance(61_000)
  const ready = relay.get('/readyz')
  await relay.get('/healthz')
  await release()
  const answer = await ready
  t.strictSame(
    [answer.status, answer.json()],
    [503, { status: 'not ready', problems: ['the worker of integration "room" does not run'] }],
  )
  await eventually(
    () => relay.get('/readyz'),
    ({ status }) => status === 200,
    'it is ready again',
  )
})

t.test('many probes in one moment cost one write', async (t) => {
  const relay = await startRelay(t, { integrations: {} })
  const commits = async (): Promise<number> =>
    (await relay.metrics()).get('relay_store_commit_duration_seconds_count') ?? 0
  const before = await commits()
  const answers = await Promise.all(Array.from({ length: 50 }, () => relay.get('/readyz')))
  t.ok(answers.every(({ status }) => status === 200))
  t.ok((await commits()) - before <= 2, 'probes within a second get the same answer')
})

t.test(
  'it is not ready when its database may only be read',
  { skip: process.getuid?.() === 0 ? 'the superuser may write everything' : false },
  async (t) => {
    const relay = await startRelay(t)
    for (const name of ['relay.db', 'relay.db-wal', 'relay.db-shm']) chmodSync(join(relay.folder, name), 0o400)
    await relay.stop()
    await t.rejects(startRelay(t, { folder: relay.folder }), 'a relay that cannot write does not start')
  },
)
