import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import t, { type Test } from 'tap'
import { openStore } from '../../src/store/store.ts'
import { openOwnCluster, run, withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { eventually } from '../gateway/eventually.ts'
import { MAIN } from '../gateway/relay-process.ts'
import { freshFolder, startRelay, writeConfig, writeConfigAndDatabase } from '../gateway/running-relay.ts'
import { changed, commented } from '../gateway/tracker-says.ts'
import { fillEveryTable, type Row, tablesOf, withSqlite } from '../store/every-table.ts'
import { openFixture, unpackSqlite } from '../store/opened-fixture.ts'
import { createDatabase, freshPostgres, sharedCluster } from '../store/postgres.ts'
import { storedContent } from '../store/stored-content.ts'
import { startWebhookReceiver } from '../targets/webhook-receiver.ts'
import { tracker } from './command-line.ts'
import { hasTerminal, onTerminal } from './pseudo-terminal.ts'

// On a machine that is busy with other things.
t.setTimeout(300_000)

const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

/** All rows of all tables on both sides, in one order; values as the two drivers have them in common. */
async function contents(file: string, url: string) {
  const key = (row: Row): string => JSON.stringify(row)
  const plain = (row: Row): Row =>
    Object.fromEntries(
      Object.entries(row)
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, value]) => [name, Buffer.isBuffer(value) ? value.toString('hex') : value]),
    )
  const sorted = (rows: readonly Row[]): string[] => rows.map(plain).map(key).toSorted()
  const client = new pg.Client({ connectionString: url, types: { getTypeParser: typeParser } })
  await client.connect()
  const here: Record<string, string[]> = {}
  const there: Record<string, string[]> = {}
  try {
    await withSqlite(file, async (all) => {
      for (const table of await tablesOf(file)) {
        here[table] = sorted(await all(`select * from ${table}`))
        there[table] = sorted((await client.query<Row>(`select * from ${table}`)).rows)
      }
    })
  } finally {
    await client.end()
  }
  return { here, there }
}

const typeParser: pg.CustomTypesConfig['getTypeParser'] = (oid, format) =>
  Number(oid) === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(Number(oid), format ?? 'text')

interface Setup {
  readonly folder: string
  readonly file: string
  readonly config: string
  readonly url: string
}

/** A store with something in every table, and an empty database for it. */
async function filledStore(t: Test): Promise<Setup> {
  const folder = freshFolder(t)
  const config = await writeConfigAndDatabase(folder, {})
  const file = join(folder, 'relay.db')
  await fillEveryTable(file)
  return { folder, file, config, url: await freshPostgres(t, 'empty') }
}

t.test('every row of every table arrives as it was, and numbers go on where they were', { skip }, async (t) => {
  const { file, config, url } = await filledStore(t)
  const before = readFileSync(file)
  const moved = await tracker(['migrate-store', '--to', url, '-c', config, '--json'])
  t.equal(moved.code, 0, moved.stderr)
  const { here, there } = await contents(file, url)
  t.ok(Object.keys(here).length >= 18, 'there are tables')
  for (const [table, rows] of Object.entries(here)) {
    t.ok(rows.length > 0, `${table} has rows`)
    t.strictSame(there[table], rows, table)
  }
  const told = JSON.parse(moved.stdout) as { tables: { table: string; rows: number; hash: string }[] }
  t.strictSame(
    told.tables.map(({ table, rows }) => [table, rows]).toSorted(),
    Object.entries(here)
      .map(([table, rows]) => [table, rows.length])
      .toSorted(),
  )
  for (const table of ['activities', 'deliveries', 'attempts', 'rejected', 'audit', 'replays'])
    t.match(await run(url, `select nextval(pg_get_serial_sequence('${table}', 'id'))::int as next`), [{ next: 1005 }])
  t.not(Buffer.compare(before, readFileSync(file)), 0, 'the file has a mark')
})

t.test(
  'what a relay of the first release kept is there for a relay on PostgreSQL, with its sealed tokens',
  { skip },
  async (t) => {
    const from = 'test/store/fixtures/0.1.0/sqlite'
    const { config, configPath } = openFixture(t, join(from, 'relay.yaml'), (folder) => ({
      client: 'sqlite',
      file: unpackSqlite(from, folder),
    }))
    const url = await freshPostgres(t, 'empty')
    t.match(await tracker(['migrate-store', '--to', url, '-c', configPath]), {
      code: 1,
      stderr: /is of an earlier version of the relay: bring it up to date first, with "tracker-relay migrate"/,
    })
    const days = [{ integration: 'capped', day: '2026-11-24' }]
    const old = openStore(config.database)
    await old.migrate()
    const before = await storedContent(old, config.credentials.keys, days)
    await old.close()
    t.ok(before.credentials.length > 0 && before.deliveries.length > 50)
    const { code, stderr } = await tracker(['migrate-store', '--to', url, '-c', configPath])
    t.equal(code, 0, stderr)
    const store = openStore({ client: 'postgres', file: '', url })
    t.teardown(() => store.close())
    const sorted = (counts: typeof before.counts) =>
      counts.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
    const after = await storedContent(store, config.credentials.keys, days)
    t.strictSame({ ...after, counts: sorted(after.counts) }, { ...before, counts: sorted(before.counts) })
  },
)

t.test('a relay goes on from the copy with what was open, and knows what it has had', { skip }, async (t) => {
  const receiver = await startWebhookReceiver({ secret: null })
  t.teardown(() => receiver.close())
  receiver.standIn.down({ status: 503 })
  const setup = { folder: freshFolder(t), integrations: { builds: { type: 'webhook', url: receiver.url } } }
  const first = await startRelay(t, setup)
  for (const number of [1, 2, 3]) await first.post(changed(number, { story: '109', state: 'started' }))
  const config = join(setup.folder, 'relay.yaml')
  const url = await freshPostgres(t, 'empty')
  const inUse = await tracker(['migrate-store', '--to', url, '-c', config])
  t.match(inUse, { code: 1, stderr: /relay\.db is in use: stop the relay, .* before you move its store/ })
  t.strictSame(await run(url, "select 1 from pg_class where relname = 'deliveries'"), [], 'nothing was made there')
  await first.stop()

  const moved = await tracker(['migrate-store', '--to', url, '-c', config])
  t.equal(moved.code, 0, moved.stderr)
  t.match(
    moved.stdout,
    /relay\.db is copied to postgres:\/\/\S+ and compared: \d+ rows in \d+ tables\n.*database:\n.*client: postgres\n/s,
  )
  t.match(moved.stderr, /^deliveries: 3 rows copied$/m)
  for (const command of [['start'], ['migrate'], ['deliveries'], ['check']]) {
    const { code, stdout, stderr } = await tracker([...command, '-c', config])
    t.equal(code, 1, command.join(' '))
    t.match(stdout + stderr, /the store was moved to postgres:\/\/\S+ at \S+Z/, command.join(' '))
  }

  receiver.standIn.down(null)
  const second = await startRelay(t, { ...setup, database: { client: 'postgres', url } })
  const again = await second.post(changed(3, { story: '109', state: 'started' }))
  t.match(again.json(), { id: '3', duplicate: true })
  t.match((await second.post(commented(4, { story: '109', text: 'Aye.' }))).json(), { id: /^[45]$/, duplicate: false })
  await tracker(['resume', 'builds', '-c', config])
  await second.allSettled(4)
  t.equal(receiver.accepted.length, 4)
  t.equal(receiver.repeated, 0)
  await second.stop()

  writeConfig(setup.folder, setup)
  const done = await tracker(['migrate-store', '--to', url, '-c', config])
  t.match(done, { code: 0, stdout: /was moved to postgres:\/\/\S+ at \S+Z already\n/ }, 'it may have changed since')
})

t.test('killed again and again, it goes on where it was, and nothing is there twice', { skip }, async (t) => {
  const { file, config, url } = await filledStore(t)
  await fillWithMany(file)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  t.teardown(() => client.end())
  const progress = async (): Promise<string> => {
    const asked = client.query<{ progress: string }>('select progress from store_moves')
    return await asked.then(
      ({ rows }) => rows[0]?.progress ?? '',
      () => '',
    )
  }
  const stages = [
    (now: string, before: string) => now !== before,
    (now: string, before: string) => now !== before,
    (now: string) => /"deliveries"/.test(now),
    (now: string) => /"attempts"/.test(now),
    // The last table: what comes then is the comparison.
    (now: string) => /"tracker_integrations"/.test(now),
  ]
  const seen: string[] = []
  for (const isReached of stages) {
    const before = await progress()
    const child = spawn(process.execPath, [MAIN, 'migrate-store', '--to', url, '-c', config], { stdio: 'ignore' })
    const ended = once(child, 'exit')
    seen.push(await eventually(progress, (now) => isReached(now, before), 'the copy has gone on'))
    child.kill('SIGKILL')
    t.strictSame(await ended, [null, 'SIGKILL'])
  }
  t.equal(new Set(seen).size, stages.length, 'each was killed at another place')

  const start = await tracker(['start', '-c', config])
  t.match(start, {
    code: 1,
    stderr: /the store is being moved to postgres:\S+ since \S+: run the same .* or .* --undo/,
  })
  const there = join(freshFolder(t), 'there.yaml')
  writeFileSync(there, JSON.stringify({ database: { client: 'postgres', url } }))
  const early = await tracker(['migrate', '-c', there])
  t.match(early, { code: 1, stderr: /the copy of .*relay\.db that was begun at \S+ is not finished: run .* again/ })

  const last = await tracker(['migrate-store', '--to', url, '-c', config])
  t.equal(last.code, 0, last.stderr)
  t.notMatch(last.stderr, /^activities: /m, 'what was copied is not copied again')
  const { here, there: copied } = await contents(file, url)
  t.strictSame(copied, here)
  t.match(await tracker(['migrate', '-c', there]), { code: 0 })
})

/** Some seconds of work, so that it can be killed in the middle of it. */
async function fillWithMany(file: string): Promise<void> {
  const numbers = (many: number) =>
    `with recursive n (i) as (select 11 union all select i + 1 from n where i < ${10 + many})`
  await withSqlite(file, async (all) => {
    await all('begin')
    await all(
      `${numbers(10_000)} insert into activities (id, project_id, key, kind, raw, occurred_at, received_at)
        select i, '26', '26:' || i, 'story_update', randomblob(400), i, i from n`,
    )
    await all(
      `${numbers(20_000)} insert into deliveries
          (id, activity_id, key, project_id, integration, kind, effect, lanes, state, created_at)
        select i, 10 + (i + 1) / 2 - 5, 'dlv_' || i, '26', 'room', 'comment', hex(randomblob(50)), '[]', 'pending', i from n`,
    )
    await all(
      `${numbers(20_000)} insert into attempts (delivery_id, number, started_at, duration_ms, outcome, exchanges)
        select i, 1, i, 1, 'retry', hex(randomblob(200)) from n`,
    )
    await all(`${numbers(20_000)} insert into lane_entries select 'room', '26/1', i - 10 from n`)
    await all('commit')
  })
}

t.test('what else has changed, in the copy or in the file, is found and named', { skip }, async (t) => {
  const { file, config, url } = await filledStore(t)
  const move = () => tracker(['migrate-store', '--to', url, '-c', config])
  t.match(await move(), { code: 0 })
  const here = (sql: string) => withSqlite(file, (all) => all(sql))
  /** As if it had been killed right before its end. */
  const refusal = async (): Promise<string> => {
    await here('update store_moves set ended_at = null')
    await run(url, 'update store_moves set ended_at = null')
    const { code, stdout, stderr } = await move()
    t.match({ code, stdout }, { code: 1, stdout: '' })
    t.match(await tracker(['migrate', '-c', config]), { code: 1 }, 'and neither can be used')
    return stderr
  }
  await run(url, "update activities set raw = raw || '\\x00' where id = 2")
  t.match(await refusal(), /the copy of the table activities .* \(4 rows .* 4 there\): activities \(id 2\) differs\. /)
  await run(url, 'update activities set raw = substr(raw, 1, length(raw) - 1) where id = 2')
  await run(url, 'update deliveries set note = null where id = 1')
  await here('update deliveries set note = null where id = 1')
  t.equal((await move()).code, 0, 'the same change on both sides is none')

  await here("update stats set slowest_ms = slowest_ms + 1 where period like '%-3'")
  t.match(await refusal(), /the table stats .*: stats \(period é+-3, at 3, integration é+-3, slot 3\) differs\. /)
  await here("update stats set slowest_ms = slowest_ms - 1 where period like '%-3'")
  await run(url, 'delete from lane_entries where delivery_id = 4')
  t.match(await refusal(), /\(4 rows in the file, 3 there\): lane_entries \(.*, delivery_id 4\) is missing there\. /)
  await run(url, 'insert into lane_entries select integration, lane, 4 from lane_entries where delivery_id = 3')
  t.match(await refusal(), /lane_entries \(.*-4, .*\) is missing there/)
  await run(url, "insert into days values ('extra', '2026-11-24', 1)")
  await run(url, 'delete from lane_entries')
  await here('delete from lane_entries')
  t.match(await refusal(), /the table days .* \(4 rows in the file, 5 there\): some are there alone\. /)
})

t.test('a row that PostgreSQL cannot keep is named, and can be mended', { skip }, async (t) => {
  const { file, config, url } = await filledStore(t)
  const move = () => tracker(['migrate-store', '--to', url, '-c', config])
  const here = (sql: string) => withSqlite(file, (all) => all(sql))
  await here("update deliveries set state = 'a state that is far too long' where id = 3")
  t.match(await move(), {
    code: 1,
    stderr: /deliveries \(id 3\) cannot be copied: value too long .*\(16\); mend it with the sqlite3 program\n$/,
  })
  await here("update deliveries set state = 'dead', attempts = 'many' where id = 3")
  t.match(await move(), {
    code: 1,
    stderr: /table deliveries \(id 3\), attempts is not of the kind "integer"; mend it/,
  })
  await here('update deliveries set attempts = 2.5, note = char(65, 0, 66) where id = 3')
  t.equal((await move()).code, 0)
  t.match(await run(url, 'select attempts, note from deliveries where id = 3'), [{ attempts: 3, note: 'AB' }])
})

t.test('a database that is not empty, or in use, is refused, and both stay as they are', { skip }, async (t) => {
  const { file, config } = await filledStore(t)
  const refusal = async (url: string): Promise<string> => {
    const { code, stdout, stderr } = await tracker(['migrate-store', '--to', url, '-c', config])
    t.match({ code, stdout }, { code: 1, stdout: '' })
    t.strictSame(await withSqlite(file, (all) => all('select * from store_moves')), [], 'the file has no mark')
    return stderr
  }
  const url = await freshPostgres(t)
  const other = await startRelay(t, { database: { client: 'postgres', url } })
  t.match(await refusal(url), /a relay or one of its commands uses postgres:\/\/\S+: stop it first \(.* \d+/)
  await other.stop()
  t.match(await refusal(url), /holds another store already \(the table \w+ has rows\): name an empty database/)

  const half = await freshPostgres(t)
  const id = 'f47ac10b-58cc-4372-a567-0e02b2c3d479'
  await run(half, `insert into store_moves values ('to', '${id}', '/elsewhere/relay.db', 1, null, '{}')`)
  t.match(await refusal(half), /holds an unfinished copy of \/elsewhere\/relay\.db: name an empty database/)

  const { url: server } = await sharedCluster()
  const latin = await createDatabase(
    t,
    server,
    'relay_latin',
    "template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'",
  )
  t.match(await refusal(latin), /has the encoding LATIN1, which cannot keep all texts/)
  const readOnly = await freshPostgres(t, 'empty')
  await run(readOnly, `alter database ${new URL(readOnly).pathname.slice(1)} set default_transaction_read_only = on`)
  t.match(await refusal(readOnly), /the server lets nobody write \(default_transaction_read_only is on/)
  t.match(
    await refusal('postgres://relay:warp9@127.0.0.1:1/relay'),
    /the PostgreSQL database cannot be used: .*ECONNREFUSED/,
  )

  await withSqlite(file, (all) => all('create table notes (id integer primary key, text text)'))
  t.match(await refusal(await freshPostgres(t, 'empty')), /the file has a table notes that is not the relay's: move or/)
})

t.test('one copies at a time, and a copy that was given up is not taken for the next one', { skip }, async (t) => {
  const { file, config, url } = await filledStore(t)
  t.match(await tracker(['migrate-store', '--to', url, '-c', config]), { code: 0 })
  const second = await freshPostgres(t, 'empty')
  t.match(await tracker(['migrate-store', '--to', second, '-c', config]), {
    code: 1,
    stderr:
      /the store was moved to postgres:\/\/\S+ already, at \S+; to move it to \S+ instead, come back to this file first/,
  })
  const undone = await tracker(['migrate-store', '--undo', '-c', config])
  t.match(undone, {
    code: 0,
    stdout: /a relay can start on \S+.*relay\.db again; let none start on postgres:\S+ any more/,
  })
  t.match(await tracker(['migrate-store', '--undo', '-c', config]), { code: 1, stderr: /was not moved/ })
  t.match(await tracker(['migrate', '-c', config]), { code: 0 })
  t.match(await tracker(['migrate-store', '--to', url, '-c', config]), { code: 1, stderr: /holds a copy of / })
  const id = 'f47ac10b-58cc-4372-a567-0e02b2c3d479'
  await withSqlite(file, (all) =>
    all(`insert into store_moves values ('from', '${id}', 'postgres://elsewhere/relay', 1, null, null)`),
  )
  t.match(
    await tracker(['migrate-store', '--to', second, '-c', config]),
    { code: 0 },
    'one that was killed before the copy knew of it begins again, wherever that was',
  )
})

t.test('what a relay may have carried out from the copy is in doubt after the way back', { skip }, async (t) => {
  const receiver = await startWebhookReceiver({ secret: null })
  t.teardown(() => receiver.close())
  receiver.standIn.down({ status: 503 })
  const setup = { folder: freshFolder(t), integrations: { builds: { type: 'webhook', url: receiver.url } } }
  const first = await startRelay(t, setup)
  await first.post(changed(1, { story: '109', state: 'started' }))
  await first.stop()
  const config = join(setup.folder, 'relay.yaml')
  const url = await freshPostgres(t, 'empty')
  const moved = await tracker(['migrate-store', '--to', url, '-c', config, '--json'])
  const { movedAt } = JSON.parse(moved.stdout) as { movedAt: string }
  const undone = await tracker(['migrate-store', '--undo', '-c', config, '--json'])
  t.match(JSON.parse(undone.stdout), { file: join(setup.folder, 'relay.db'), to: /^postgres:/, inDoubt: 1 })
  const store = openStore({ client: 'sqlite', file: join(setup.folder, 'relay.db') })
  t.teardown(() => store.close())
  const [delivery] = await store.deliveries({ limit: 1 })
  t.ok(delivery?.inDoubtSince !== null && (delivery?.inDoubtSince ?? 0) <= Date.parse(movedAt))
})

t.test('the command line says what is missing, and never what it was given', async (t) => {
  const folder = freshFolder(t)
  const config = writeConfig(folder, {})
  const refused = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await tracker(['migrate-store', ...args, '-c', config])
    t.match({ code, stdout }, { code: 2, stdout: '' }, args.join(' '))
    t.notMatch(stderr, 'warp9')
    return stderr
  }
  t.match(await refused(), /name the PostgreSQL database with --to/)
  t.match(await refused('--to', 'postgres://h/d', '--undo'), /--to, or come back/)
  for (const url of ['mysql://relay:warp9@h/d', 'postgres://relay:warp9#@h/d', 'relay:warp9'])
    t.match(await refused('--to', url), /--to must be a URL such as/)
  writeFileSync(join(folder, 'url'), 'postgres://relay:warp9/x@h/d\n')
  t.match(await refused('--to', `file:${join(folder, 'url')}`), /--to must be a URL such as/)
  t.match(await refused('--to', 'file:/nowhere/url'), /--to: \/nowhere\/url cannot be read/)
})

t.test('the password comes from the environment or a file, and is shown nowhere', { skip }, async (t) => {
  const server = await openOwnCluster({ hba: ['host all locked all scram-sha-256'] })
  t.teardown(server.close)
  await run(server.url, "create role locked login password 'warp/9'")
  await run(server.url, 'create database copy owner locked')
  const url = server.url.replace('relay@', 'locked@').replace(/\/postgres$/, '/copy')
  const folder = freshFolder(t)
  const config = await writeConfigAndDatabase(folder, {})
  const move = async (to: string, env: Record<string, string> = {}): Promise<string> => {
    const { code, stdout, stderr } = await tracker(['migrate-store', '--to', to, '-c', config], { env })
    t.notMatch(stdout + stderr, 'warp')
    return `${code} ${stdout}${stderr}`
  }
  t.match(await move(url), /^1 .*the server asks for a password: set database\.password, or PGPASSWORD/)
  t.match(await move(url.replace('locked@', 'locked:warp-8@')), /^1 .*password authentication failed for user "locked"/)
  t.match(await move(url, { PGPASSWORD: 'warp-8' }), /^1 .*password authentication failed/)
  t.match(
    await move(url, { PGPASSWORD: 'warp/9' }),
    /^0 .* is copied to postgres:\/\/127\.0\.0\.1:\d+\/copy and compared/,
  )
  writeFileSync(join(folder, 'url'), `${url.replace('locked@', 'locked:warp%2F9@')}\n`)
  t.match(await move(`file:${join(folder, 'url')}`), /^0 .* was moved to .* already/)
})

t.test('a terminal shows how far it is', { skip: skip || !hasTerminal }, async (t) => {
  const { config, url } = await filledStore(t)
  const shown = await onTerminal(['migrate-store', '--to', url, '-c', config])
  t.match(shown, /\[.{24}\] +\d+% {2}.* rows copied/)
  t.match(shown, /\[.{24}\] +\d+% {2}.* rows compared/)
})
