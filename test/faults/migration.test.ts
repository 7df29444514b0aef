import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openStore } from '../../src/store/store.ts'
import { entry, freshFolder, writeMigratedDatabase } from '../store/database.ts'
import { chance } from './chance.ts'
import type { Death } from './death.ts'
import { brokenPromises, openJournalFile } from './journal-file.ts'
import { roundsOf } from './ordeal.ts'

const CHILD = fileURLToPath(new URL('./migrate-child.js', import.meta.url))
const KILLS = roundsOf(3, 0.3)

t.setTimeout(300_000 + KILLS * 10_000)

t.test(
  'migrations that are killed anywhere, again and again, end in the same tables as an undisturbed one',
  async (t) => {
    const { seed, below } = chance()
    t.comment(`FAULT_SEED=${seed}`)
    const folder = freshFolder(t)
    const file = join(folder, 'relay.db')
    let killed = 0
    for (let kill = 0; kill < KILLS; kill += 1) {
      const when = below(2) === 0 ? 'before' : 'after'
      // In the midst of a migration, or at the commit of one, of which there may be few. The first one is early enough to come;
      // the first statement of all is knex's, which waits for no answer.
      const death: Death =
        kill % 2 === 0 ? { when, nth: 2 + below(kill === 0 ? 20 : 60), only: '' } : { when, nth: 1 + below(3) }
      const { signal, status, stderr } = spawnSync(process.execPath, [CHILD, file, JSON.stringify(death)])
      t.ok(signal === 'SIGKILL' || status === 0, String(stderr))
      if (signal === 'SIGKILL') killed += 1
    }
    t.ok(killed > 0, `killed ${killed} times`)
    const last = spawnSync(process.execPath, [CHILD, file])
    t.equal(last.status, 0, String(last.stderr))

    const undisturbed = join(folder, 'undisturbed.db')
    await writeMigratedDatabase(undisturbed)
    t.strictSame(await schemaOf(file), await schemaOf(undisturbed))
    const store = openStore({ client: 'sqlite', file })
    t.teardown(() => store.close())
    t.strictSame(await store.migrate(), [])
    await store.append(entry(1, ['room']))
    const journal = await openJournalFile(file)
    t.teardown(() => journal.close())
    t.strictSame(await journal.all('select name from knex_migrations order by id'), named(readdirSync('migrations')))
    t.strictSame(await brokenPromises(journal), [])
  },
)

const named = (files: readonly string[]) => [...files].sort().map((name) => ({ name }))

async function schemaOf(path: string): Promise<unknown[]> {
  const file = await openJournalFile(path)
  const rows = await file.all('select type, name, tbl_name, sql from sqlite_schema order by type, name')
  await file.close()
  return rows
}
