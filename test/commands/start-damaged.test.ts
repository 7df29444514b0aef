import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openJournalFile } from '../faults/journal-file.ts'
import { eventually } from '../gateway/eventually.ts'
import { startRelayProcess } from '../gateway/relay-process.ts'
import { freshFolder, writeConfig } from '../gateway/running-relay.ts'
import { damageDeeply, writeLargeDatabase } from '../store/large-database.ts'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

const DAMAGED = /^the database is damaged: .+ Put a backup in its place, or repair it .+$/m

t.test('a relay that finds its large database damaged while it runs ends as at a start that fails', async (t) => {
  const folder = freshFolder(t)
  const file = join(folder, 'relay.db')
  await writeLargeDatabase(file)
  await damageDeeply(file)
  const before = readFileSync(file)
  const config = writeConfig(folder, {})
  const relay = await startRelayProcess(t, config)
  t.equal(await relay.ended, 1)
  t.match(relay.output(), DAMAGED)
  const [stopping] = relay.lines('stopping: nothing more is stored')
  t.match(stopping, { level: 'fatal', problem: DAMAGED })
  t.ok(readFileSync(file).equals(before), 'the file is as it was')

  const again = await tracker(['start', '-c', config])
  t.equal(again.code, 1)
  t.match(again.stderr, DAMAGED)
  t.notMatch(again.stdout, /relay started/, 'the next start refuses before it listens')
})

t.test('what examines a database ends with its relay, however that ends', async (t) => {
  const folder = freshFolder(t)
  const file = join(folder, 'relay.db')
  await writeLargeDatabase(file)
  const config = writeConfig(folder, {})
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const relay = await startRelayProcess(t, config)
    relay.signal(signal)
    t.equal(await relay.ended, signal === 'SIGTERM' ? 0 : signal)
    // Only who is alone with a database gets this lock.
    const journal = await openJournalFile(file)
    await eventually(
      () =>
        journal
          .all('pragma locking_mode = exclusive')
          .then(() => journal.all('pragma journal_mode = delete'))
          .catch(() => null),
      (changed) => changed !== null,
      `after ${signal} nobody has the database open`,
    )
    await journal.close()
    t.notOk(existsSync(`${file}-wal`))
  }
})
