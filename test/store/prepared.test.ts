import { once } from 'node:events'
import { promisify } from 'node:util'
import sqlite3 from 'sqlite3'
import t, { type Test } from 'tap'
import { keepStatements } from '../../src/store/dialect/prepared.ts'

async function open(t: Test) {
  const database = new sqlite3.Database(':memory:')
  await once(database, 'open')
  const compiled: string[] = []
  const prepare = database.prepare.bind(database)
  database.prepare = (sql: string, ...rest: unknown[]) => {
    compiled.push(sql)
    return prepare(sql, ...rest)
  }
  const connection = keepStatements(database)
  const all = (sql: string, bindings: readonly unknown[]): Promise<unknown[]> =>
    new Promise((resolve, reject) => {
      connection.all(sql, bindings, (error, rows = []) => (error === null ? resolve(rows) : reject(error)))
    })
  const close = promisify(connection.close)
  await all('create table things (name text not null)', [])
  t.after(() => close().catch(() => {}))
  return { connection, compiled, all, close }
}

t.test('a statement is compiled once, and each use has its own values', async (t) => {
  const { compiled, all } = await open(t)
  compiled.length = 0
  for (const name of ['one', 'two', 'three']) await all('insert into things values (?)', [name])
  t.strictSame(await all('select name from things where name > ? order by name', ['p']), [
    { name: 'three' },
    { name: 'two' },
  ])
  t.strictSame(await all('select name from things where name > ? order by name', ['tw']), [{ name: 'two' }])
  t.equal(compiled.length, 2)
})

t.test('run tells how many rows it changed, each time anew', async (t) => {
  const { connection, all } = await open(t)
  for (const name of ['one', 'two', 'two']) await all('insert into things values (?)', [name])
  const changes = (name: string): Promise<number> =>
    new Promise((resolve, reject) => {
      connection.run('delete from things where name = ?', [name], function (error) {
        if (error === null) resolve((this as { changes: number }).changes)
        else reject(error)
      })
    })
  t.strictSame([await changes('two'), await changes('one'), await changes('one')], [2, 1, 0])
})

t.test('a statement that cannot be compiled is an error each time, and nothing else', async (t) => {
  const { all } = await open(t)
  for (let times = 0; times < 2; times += 1)
    await t.rejects(all('select * from later', []), { message: 'SQLITE_ERROR: no such table: later' })
  await all('create table later (name text)', [])
  t.strictSame(await all('select * from later', []), [])
})

t.test('a statement that failed works again afterwards', async (t) => {
  const { all } = await open(t)
  await t.rejects(all('insert into things values (?)', [null]), { message: /NOT NULL constraint failed/ })
  await all('insert into things values (?)', ['one'])
  t.strictSame(await all('select * from things', []), [{ name: 'one' }])
})

t.test('a statement follows when a table gets another column', async (t) => {
  const { all } = await open(t)
  await all('insert into things values (?)', ['one'])
  t.strictSame(await all('select * from things', []), [{ name: 'one' }])
  await all('alter table things add column size integer', [])
  t.strictSame(await all('select * from things', []), [{ name: 'one', size: null }])
})

t.test('of very many different statements only the last ones are kept', async (t) => {
  const { compiled, all } = await open(t)
  const often = 'select count(*) as count from things'
  for (let number = 0; number < 300; number += 1) {
    await all(`select ${number} as number`, [])
    await all(often, [])
  }
  t.equal(compiled.filter((sql) => sql === often).length, 1)
  t.equal(compiled.filter((sql) => sql === 'select 0 as number').length, 1)
  t.strictSame(await all('select 0 as number', []), [{ number: 0 }])
  t.equal(compiled.filter((sql) => sql === 'select 0 as number').length, 2)
})

t.test('a statement with values of megabytes is not kept, since it would keep them too', async (t) => {
  const { compiled, all } = await open(t)
  const insert = 'insert into things values (?)'
  for (const name of ['x'.repeat(2_000_000), Buffer.alloc(2_000_000), 'small', 'small']) await all(insert, [name])
  t.equal(compiled.filter((sql) => sql === insert).length, 3)
  t.strictSame(await all('select count(*) as count from things', []), [{ count: 4 }])
})

t.test('a connection that keeps statements can be closed', async (t) => {
  const { all, close } = await open(t)
  await all('select * from things', [])
  await close()
})
