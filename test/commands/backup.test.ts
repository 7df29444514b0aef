import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openStore } from '../../src/store/store.ts'
import { freshFolder, startRelay, writeConfig, writeConfigAndDatabase } from '../gateway/running-relay.ts'
import { changed } from '../gateway/tracker-says.ts'
import { startWebhookReceiver } from '../targets/webhook-receiver.ts'
import { tracker } from './command-line.ts'
import { hasTerminal, onTerminal } from './pseudo-terminal.ts'

// Each process takes seconds to start on a machine that is busy with other things.
t.setTimeout(300_000)

t.test('a backup of a running relay is whole, private, and holds what was acknowledged', async (t) => {
  const receiver = await startWebhookReceiver({ secret: null })
  t.teardown(() => receiver.close())
  receiver.standIn.down({ status: 503 })
  const relay = await startRelay(t, {
    integrations: { builds: { type: 'webhook', url: receiver.url }, log: { type: 'log' } },
  })
  for (const number of [1, 2, 3]) await relay.post(changed(number, { story: '109', state: 'started' }))
  const config = join(relay.folder, 'relay.yaml')
  const copy = join(relay.folder, 'monday.db')
  const before = new Date().toISOString()

  const made = await tracker(['backup', copy, '-c', config])
  t.equal(made.code, 0, made.stderr)
  t.match(
    made.stdout,
    /^.*monday\.db: \d+ kB, checked; it holds 3 activities, the latest of \d{4}-\S+Z, and \d open deliveries\n$/,
  )
  t.equal(statSync(copy).mode & 0o777, 0o600)
  t.strictSame(
    readdirSync(relay.folder).filter((name) => name.startsWith('monday')),
    ['monday.db'],
    'nothing is left beside it',
  )
  const kept = openStore({ client: 'sqlite', file: copy })
  t.teardown(() => kept.close())
  const deliveries = await kept.deliveries({ limit: 10 })
  t.equal(deliveries.length, 6)
  const open = deliveries.filter(({ state }) => state !== 'delivered')
  t.ok(
    open.length >= 3 && open.every(({ inDoubtSince }) => inDoubtSince !== null),
    'what is open in it is in doubt, wherever it is opened',
  )
  t.ok(
    open.filter(({ attempts }) => attempts === 0).every((each) => (each.inDoubtSince ?? 0) >= Date.parse(before)),
    'since the backup was made',
  )
  t.ok(
    (await relay.deliveries()).filter(({ attempts }) => attempts === 0).every((each) => each.inDoubtSince === null),
    'the database itself is as it was',
  )

  const again = await tracker(['backup', copy, '-c', config])
  t.match(again, { code: 1, stdout: '', stderr: /monday\.db is there already, and is not overwritten/ })
  const json = await tracker(['backup', join(relay.folder, 'tuesday.db'), '-c', config, '--json'])
  t.match(JSON.parse(json.stdout), { file: /tuesday\.db$/, activities: 3, open: { builds: 3 } })
})

t.test('without a database there is nothing to copy, and none is made', async (t) => {
  const folder = freshFolder(t)
  const config = writeConfig(folder, {})
  const copy = join(folder, 'monday.db')
  t.match(await tracker(['backup', copy, '-c', config]), { code: 1, stderr: /there is no database at .*relay\.db/ })
  t.notOk(existsSync(copy) || existsSync(join(folder, 'relay.db')))
})

t.test('a damaged database gives no backup', async (t) => {
  const folder = freshFolder(t)
  const config = writeConfig(folder, {})
  writeFileSync(join(folder, 'relay.db'), 'not a database at all '.repeat(400))
  t.match(await tracker(['backup', join(folder, 'monday.db'), '-c', config]), {
    code: 1,
    stderr: /no backup was made, because .*relay\.db could not be copied: SQLITE_NOTADB: file is not a database/,
  })
  t.strictSame(readdirSync(folder).sort(), ['relay.db', 'relay.yaml'])
})

t.test('for PostgreSQL, its own programs are named', async (t) => {
  const config = join(freshFolder(t), 'relay.yaml')
  writeFileSync(
    config,
    JSON.stringify({
      database: { client: 'postgres', url: 'postgres://relay:warp9@db.example.com/relay' },
      projects: [{ id: '26', secret: 'kobayashi-maru-1701', integrations: ['log'] }],
      integrations: { log: { type: 'log' } },
    }),
  )
  const backup = await tracker(['backup', 'monday.db', '-c', config])
  t.match(backup, { code: 2, stdout: '', stderr: /pg_dump --format=custom --file='monday\.db'/ })
  const restore = await tracker(['restore', 'monday.db', '-c', config])
  t.match(restore, { code: 2, stdout: '', stderr: /pg_restore/ })
  t.notMatch(backup.stderr + restore.stderr, 'warp9')
})

t.test('a backup and a restore show on a terminal how far they are', { skip: !hasTerminal }, async (t) => {
  const folder = freshFolder(t)
  const config = await writeConfigAndDatabase(folder, {})
  const copy = join(folder, 'monday.db')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: how a bar is drawn over itself
  const bar = /^(\r\u001b\[K\[.{24}\] +\d+% {2}.* MB.*)+\r\u001b\[Kchecking the copy\r\u001b\[K/
  const made = await onTerminal(['backup', copy, '-c', config])
  t.match(made, bar)
  t.match(made.replace(bar, ''), /^\/.*monday\.db: \d+ kB, checked; it holds 0 activities, and 0 open deliveries\n$/)
  const restored = await onTerminal(['restore', copy, '--replace', '-c', config])
  t.match(restored, bar)
  t.match(restored.replace(bar, ''), /^the database that was there is .*\n.* is restored from .*\n$/)
})
