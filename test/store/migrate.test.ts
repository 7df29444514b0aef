import { join } from 'node:path'
import type { Knex } from 'knex'
import t, { type Test } from 'tap'
import { openDatabase } from '../../src/store/database.ts'
import { applyMigrations } from '../../src/store/migrate.ts'
import { freshFolder } from './database.ts'

// On a machine that is busy with other things.
t.setTimeout(300_000)

function open(t: Test, file: string) {
  const database = openDatabase({ client: 'sqlite', file })
  t.teardown(() => database.close())
  return database
}

t.test('stores that open a new database together all find every table', async (t) => {
  const file = join(freshFolder(t), 'relay.db')
  const databases = [1, 2, 3].map(() => open(t, file))
  const applied = await Promise.all(databases.map((database) => database.migrate()))
  const [first] = databases
  const rows: { name: string }[] = (await first?.reader('knex_migrations').select('name')) ?? []
  const names = rows.map(({ name }) => name)
  t.ok(names.length > 3)
  t.equal(new Set(names).size, names.length, 'none was applied twice')
  t.ok(applied.flat().length >= names.length)
})

async function undo(writer: Knex, migration: string): Promise<void> {
  const { down } = await import(join(process.cwd(), 'migrations', migration))
  await down(writer)
}

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

t.test('a lock that is held for a moment is waited for', async (t) => {
  const file = join(freshFolder(t), 'relay.db')
  const { writer } = open(t, file)
  await applyMigrations(writer)
  await writer('knex_migrations_lock').update({ is_locked: 1 })
  const names: string[] = await writer('knex_migrations').orderBy('id').pluck('name')
  const last = names.at(-1) ?? ''
  await writer('knex_migrations').where({ name: last }).delete()
  await undo(writer, last)
  const waiting = applyMigrations(writer, 60_000)
  await writer('knex_migrations_lock').update({ is_locked: 0 })
  t.strictSame(await waiting, names.slice(-1))
})
