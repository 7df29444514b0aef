import { copyFileSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { benderKey, startOnceCampfire } from '../../src/stand-ins/once-campfire.ts'
import { openDatabase } from '../../src/store/database.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { freshFolder, startRelay, writeConfig, writeConfigAndDatabase } from '../gateway/running-relay.ts'
import { jira } from '../gateway/ticket-systems.ts'
import { changed, commented, PROJECT } from '../gateway/tracker-says.ts'
import { entry, writeMigratedDatabase } from '../store/database.ts'
import { startWebhookReceiver } from '../targets/webhook-receiver.ts'
import { tracker } from './command-line.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

const NAMES = ['room', 'tickets', 'builds'] as const

t.test('what was delivered after the backup is asked about, and nothing is doubled where that can be', async (t) => {
  const room = await startOnceCampfire()
  t.teardown(room.close)
  const tickets = await jira.start(t)
  const receiver = await startWebhookReceiver({ secret: null })
  t.teardown(() => receiver.close())
  const folder = freshFolder(t)
  const file = join(folder, 'relay.db')
  const setup = {
    folder,
    integrations: {
      room: { type: 'campfire', url: `${room.url}/rooms/1`, bot_key: benderKey },
      tickets: tickets.settings(tickets.url),
      builds: { type: 'webhook', url: receiver.url },
    },
  }
  const config = writeConfig(folder, setup)
  await writeMigratedDatabase(file)
  await inStore(file, async (store) => {
    const link = { projectId: PROJECT, storyId: '109', integrationId: null, externalUrl: null, ...tickets.link(1) }
    await store.setLinks(() => [[link]], Date.now())
    for (const name of NAMES) await store.savePause(name, null, 'the backup comes first', Date.now())
  })

  const first = await startRelay(t, setup)
  await first.post(commented(1, { story: '109', text: 'Make it so.' }))
  await first.post(changed(2, { story: '109', state: 'started' }))
  await first.post(changed(3, { story: '109', state: 'accepted' }))
  const planned = (await first.deliveries()).length
  const backup = join(folder, 'monday.db')
  t.match(await tracker(['backup', backup, '-c', config]), { code: 0 })
  t.match(await tracker(['restore', backup, '-c', config, '--replace']), {
    code: 1,
    stderr: /the database .*relay\.db is in use: stop the relay/,
  })
  await first.stop()
  await resumeAll(file)
  const second = await startRelay(t, setup)
  await second.allSettled(planned)
  await second.stop()
  const messages = room.messages(1).map(({ plainText }) => plainText)
  const comments = tickets.comments(1)
  const writes = tickets.requests.filter(tickets.isWrite).length
  t.equal(messages.length, 2)
  t.equal(comments.length, 1)
  t.equal(receiver.accepted.length, 3)

  t.match(await tracker(['restore', backup, '-c', config]), {
    code: 1,
    stdout: '',
    stderr: /there is a database at .*relay\.db; .* restore with --replace/,
  })
  const restored = await tracker(['restore', backup, '-c', config, '--replace'])
  t.equal(restored.code, 0, restored.stderr)
  const [moved = '', holds, doubt] = restored.stdout.split('\n')
  const aside = /^the database that was there is (.*\.before-restore-\d{8}T\d{9}Z) now$/.exec(moved)?.[1] ?? ''
  t.match(holds, /relay\.db is restored from .*monday\.db; it holds 3 activities, .* and \d+ open deliveries$/)
  t.match(doubt, new RegExp(`^${planned} deliveries are in doubt \\(builds: 3, room: 2, tickets: 3\\): `))
  t.equal(statSync(file).mode & 0o777, 0o600)
  await inStore(aside, async (store) =>
    t.strictSame(
      (await store.deliveries({ limit: 100 })).filter(({ settledAt }) => settledAt === null),
      [],
      'the database that was replaced is whole',
    ),
  )

  await resumeAll(file)
  const third = await startRelay(t, setup)
  const settled = await third.allSettled(planned)
  await third.stop()
  t.strictSame(
    room.messages(1).map(({ plainText }) => plainText),
    messages,
    'the room has each message once',
  )
  t.strictSame(tickets.comments(1), comments, 'the ticket has the comment once')
  t.equal(tickets.statusOf(1), 'Resolved')
  t.equal(tickets.requests.filter(tickets.isWrite).length, writes, 'nothing is written to the ticket again')
  t.equal(receiver.repeated, 3, 'the receiver of web hooks recognises each')
  t.equal(receiver.accepted.length, 3)
  for (const { integration, note } of settled.filter(({ integration }) => integration === 'room'))
    t.match(note, /^found at the target after a doubtful attempt/, integration)
})

t.test(
  'a copy that was made by other means is restored with its log, and asks back to the last it has noted',
  async (t) => {
    const folder = freshFolder(t)
    const config = writeConfig(folder, {})
    const other = join(freshFolder(t), 'copied.db')
    await writeMigratedDatabase(other)
    const store = openStore({ client: 'sqlite', file: other })
    t.teardown(() => store.close())
    await store.append(entry(1, ['log']))
    await store.append(entry(2, ['log']))
    const received = entry(2, ['log']).receivedAt
    const copy = join(folder, 'copy.db')
    for (const suffix of ['', '-wal']) copyFileSync(other + suffix, copy + suffix)
    const { mtimeMs } = statSync(copy)

    const restored = await tracker(['restore', copy, '-c', config, '--json'])
    t.equal(restored.code, 0, restored.stderr)
    t.match(JSON.parse(restored.stdout), { file: join(folder, 'relay.db'), aside: null, inDoubt: 2, activities: 2 })
    await inStore(join(folder, 'relay.db'), async (found) => {
      const deliveries = await found.deliveries({ limit: 10 })
      t.strictSame(
        deliveries.map(({ inDoubtSince }) => inDoubtSince),
        [received, received],
      )
    })
    t.equal(statSync(copy).mtimeMs, mtimeMs, 'the copy stays as it is')
    t.strictSame(readdirSync(folder).sort(), ['copy.db', 'copy.db-wal', 'relay.db', 'relay.yaml'])
  },
)

t.test('what is no backup, or one of a later version, is refused, and the database stays', async (t) => {
  const folder = freshFolder(t)
  const config = await writeConfigAndDatabase(folder, {})
  const refusal = async (backup: string): Promise<string> => {
    const { code, stdout, stderr } = await tracker(['restore', join(folder, backup), '-c', config, '--replace'])
    t.match({ code, stdout }, { code: 1, stdout: '' })
    return stderr
  }
  t.match(await refusal('nothing.db'), /nothing\.db is not a file/)
  t.match(await refusal('relay.db'), /relay\.db is the database itself/)
  writeFileSync(join(folder, 'text.db'), 'not a database at all '.repeat(400))
  t.match(await refusal('text.db'), /text\.db cannot be restored: SQLITE_NOTADB: file is not a database/)
  await inDatabase(join(folder, 'foreign.db'), ['create table ships (name text)'])
  t.match(await refusal('foreign.db'), /foreign\.db is not a relay's database/)
  await writeMigratedDatabase(join(folder, 'later.db'))
  await inDatabase(join(folder, 'later.db'), [
    "insert into knex_migrations (name, batch) values ('20991231000001_warp.js', 9)",
  ])
  t.match(await refusal('later.db'), /later\.db is of a later version of the relay \(20991231000001_warp\.js\)/)
  t.strictSame(readdirSync(folder).sort(), ['foreign.db', 'later.db', 'relay.db', 'relay.yaml', 'text.db'])
})

t.test(
  'a damaged database, and a log that was left without one, are moved aside with all that belongs to them',
  async (t) => {
    const folder = freshFolder(t)
    const config = writeConfig(folder, {})
    const file = join(folder, 'relay.db')
    const backup = join(folder, 'monday.db')
    await writeMigratedDatabase(backup)
    for (const left of [['', '-shm', '.saved'], ['-wal']]) {
      for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
      for (const suffix of left) writeFileSync(file + suffix, `what is left as relay.db${suffix} `.repeat(300))
      t.match(await tracker(['restore', backup, '-c', config]), { code: 1, stderr: /there is a database/ })
      const { code, stderr, stdout } = await tracker(['restore', backup, '-c', config, '--replace', '--json'])
      t.equal(code, 0, stderr)
      const { aside } = JSON.parse(stdout) as { aside: string }
      for (const suffix of left) t.ok(existsSync(aside + suffix), `${suffix} is kept`)
      for (const suffix of ['-wal', '-shm', '.saved']) t.notOk(existsSync(file + suffix), `${suffix} is gone`)
      await inStore(file, async (store) => t.strictSame(await store.migrate(), []))
    }
  },
)

async function resumeAll(file: string): Promise<void> {
  await inStore(file, async (store) => {
    for (const name of NAMES) await store.saveResume(name, Date.now())
  })
}

async function inStore(file: string, work: (store: Store) => Promise<unknown>): Promise<void> {
  const store = openStore({ client: 'sqlite', file })
  try {
    await work(store)
  } finally {
    await store.close()
  }
}

async function inDatabase(file: string, statements: readonly string[]): Promise<void> {
  const database = openDatabase({ client: 'sqlite', file })
  for (const statement of statements) await database.writer.raw(statement)
  await database.close()
}
