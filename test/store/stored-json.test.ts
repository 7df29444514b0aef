import { join } from 'node:path'
import t from 'tap'
import { openStore } from '../../src/store/store.ts'
import { entry, freshFolder } from './database.ts'
import { withSqlite } from './every-table.ts'

t.test('a bit that turned within a stored value is told as damage, without the value', async (t) => {
  const file = join(freshFolder(t), 'relay.db')
  const store = openStore({ client: 'sqlite', file })
  t.teardown(() => store.close())
  await store.migrate()
  await store.append(entry(1, ['room']))
  await withSqlite(file, (all) => all(`update deliveries set effect = '{"kindX:"secret words"}'`))
  const request = { integration: 'room', limit: 1, now: Date.now() + 1000, leaseMs: 1000 }
  await t.rejects(store.take(request), {
    name: 'StoreError',
    reason: 'unavailable',
    message: 'the database is damaged: the effect of delivery 1 cannot be read',
  })
})
