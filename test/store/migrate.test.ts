import { join, resolve } from 'node:path'
import type { Knex } from 'knex'
import t, { type Test } from 'tap'
import { openDatabase } from '../../src/store/database.ts'
import { applyMigrations } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/store.ts'
import { testCountSlots } from './count-slots-suite.ts'
import { entry, freshFolder, writeMigratedDatabase } from './database.ts'

// On a machine that is busy with other things.
t.setTimeout(300_000)

function open(t: Test, file: string) {
  const database = openDatabase({ client: 'sqlite', file })
  t.teardown(() => database.close())
  return database
}

/** What the migration did, without its row in the list of those that were applied. */
async function undo(writer: Knex, name: string): Promise<void> {
  const { down } = (await import(resolve('migrations', name))) as { down(knex: Knex): Promise<void> }
  await down(writer)
}

testCountSlots(t, async (t) => open(t, join(freshFolder(t), 'relay.db')))

t.test('stores that open a new database together all find every table', async (t) => {
  // Who comes first, and how far, is different each time.
  for (let round = 1; round <= 5; round += 1) {
    const file = join(freshFolder(t), 'relay.db')
    const databases = [1, 2, 3, 4].map(() => open(t, file))
    const applied = await Promise.all(databases.map((database) => database.migrate()))
    const [first] = databases
    const names: string[] = (await first?.reader('knex_migrations').pluck('name')) ?? []
    t.ok(names.length > 3)
    t.equal(new Set(names).size, names.length, 'none was applied twice')
    t.ok(applied.flat().length >= names.length)
  }
})

t.test('the lock of a relay that was killed while it made the tables does not keep others from starting', async (t) => {
  const file = join(freshFolder(t), 'relay.db')
  const { writer, reader } = open(t, file)
  const all = await applyMigrations(writer)
  const last = all.at(-1) ?? ''
  await writer('knex_migrations').where({ name: last }).delete()
  await undo(writer, last)
  await writer('knex_migrations_lock').update({ is_locked: 1 })
  t.strictSame(await applyMigrations(writer, 300), [last])
  t.strictSame(await reader('knex_migrations_lock').pluck('is_locked'), [0])
  t.strictSame(await applyMigrations(writer), [])
})

t.test('two rows of the lock, which relays that started together left, do not keep others from starting', async (t) => {
  const file = join(freshFolder(t), 'relay.db')
  const { writer, reader } = open(t, file)
  const all = await applyMigrations(writer)
  const last = all.at(-1) ?? ''
  await writer('knex_migrations').where({ name: last }).delete()
  await undo(writer, last)
  await writer('knex_migrations_lock').insert({ is_locked: 0 })
  t.strictSame(await applyMigrations(writer), [last])
  t.strictSame(await reader('knex_migrations_lock').pluck('is_locked'), [0])
})

t.test('a lock that is held for a moment is waited for', async (t) => {
  const file = join(freshFolder(t), 'relay.db')
  const { writer } = open(t, file)
  await applyMigrations(writer)
  await writer('knex_migrations_lock').update({ is_locked: 1 })
  const names: string[] = await writer('knex_migrations').orderBy('id').pluck('name')
  await writer('knex_migrations')
    .where({ name: names.at(-1) })
    .delete()
  await undo(writer, names.at(-1) ?? '')
  const waiting = applyMigrations(writer, 60_000)
  await writer('knex_migrations_lock').update({ is_locked: 0 })
  t.strictSame(await waiting, names.slice(-1))
})

t.test('the states of stories are filled in from the deliveries that are still kept', async (t) => {
  const file = join(freshFolder(t), 'relay.db')
  await writeMigratedDatabase(file)
  const store = openStore({ client: 'sqlite', file })
  const at = ['2009-12-14T22:12:09.000Z', '2009-12-14T22:14:09.000Z', '2009-12-14T22:13:09.000Z']
  for (const [index, state] of ['unscheduled', 'started', 'unstarted'].entries()) {
    const effect = { kind: 'state', storyId: '109', author: 'James Kirk', state, from: null } as const
    const { activity, ...rest } = entry(index + 1, ['jira'], [effect])
    await store.append({ ...rest, activity: { ...activity, occurredAt: at[index] ?? '' } })
  }
  await store.close()
  const { writer, reader } = open(t, file)
  const states = () => reader('stories').select('id', 'state', 'stated_at')
  t.strictSame(await states(), [{ id: '109', state: null, stated_at: null }], 'as an earlier release left it')
  await undo(writer, '20261128000010_story_states.js')
  await writer('knex_migrations').where({ name: '20261128000010_story_states.js' }).delete()
  t.strictSame(await applyMigrations(writer), ['20261128000010_story_states.js'])
  t.strictSame(await states(), [{ id: '109', state: 'started', stated_at: Date.parse(at[1] ?? '') }])
})

t.test('a database that has everything needs no lock, and one of a later version is refused', async (t) => {
  const { writer } = open(t, join(freshFolder(t), 'relay.db'))
  await applyMigrations(writer)
  await writer('knex_migrations_lock').update({ is_locked: 1 })
  t.strictSame(await applyMigrations(writer, 60_000), [])
  t.strictSame(await writer('knex_migrations_lock').pluck('is_locked'), [1])
  await writer('knex_migrations_lock').update({ is_locked: 0 })
  await writer('knex_migrations').insert({ name: '999_later.js', batch: 99, migration_time: 0 })
  await t.rejects(applyMigrations(writer), /999_later/)
})

t.test('a version does not start on the tables of a later one', async (t) => {
  const database = open(t, join(freshFolder(t), 'relay.db'))
  await database.migrate()
  await database.writer('knex_migrations').insert({ name: '20991231000001_warp.js', batch: 9 })
  await t.rejects(database.migrate(), {
    name: 'StoreError',
    message: /^the database is of a later version of the relay \(20991231000001_warp\.js\): use that version/,
  })
})
