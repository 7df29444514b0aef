import { join } from 'node:path'
import t from 'tap'
import { openDatabase } from '../../src/store/database.ts'
import { freshFolder } from './database.ts'

t.test('a commit reaches the disk before it is acknowledged, also where the system only says so', async (t) => {
  const database = openDatabase({ client: 'sqlite', file: join(freshFolder(t), 'relay.db') })
  t.teardown(() => database.close())
  await database.migrate()
  const pragmas: Record<string, unknown> = {}
  for (const name of ['journal_mode', 'synchronous', 'fullfsync', 'checkpoint_fullfsync'])
    Object.assign(pragmas, ...((await database.writer.raw(`pragma ${name}`)) as object[]))
  t.strictSame(pragmas, { journal_mode: 'wal', synchronous: 2, fullfsync: 1, checkpoint_fullfsync: 1 })
})
