import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openStore } from '../../src/store/store.ts'
import { entry, freshFolder } from '../store/database.ts'
import { sqlite } from './database-kind.ts'
import { eventually } from './eventually.ts'
import { openJournalFile } from './journal-file.ts'
import { aWhile, ordeal, type Round, roundsOf } from './ordeal.ts'

/**
 * What somebody does to the files of a running relay, and what is done before the next start. What a log held that is cut off is gone, unless
 * the relay has it in memory: then it says so (test/store/file-guard.test.ts).
 */
interface Mishap {
  readonly what: string
  strike(file: string): void
  mend?(file: string): void
}

const putBack = (file: string): void => renameSync(`${file}.away`, file)

const MISHAPS: readonly Mishap[] = [
  { what: 'the log is deleted', strike: (file) => rmSync(`${file}-wal`) },
  { what: 'the index is deleted', strike: (file) => rmSync(`${file}-shm`) },
  { what: 'the database is moved away', strike: (file) => renameSync(file, `${file}.away`), mend: putBack },
  {
    what: 'log and index are deleted',
    strike(file) {
      rmSync(`${file}-wal`)
      rmSync(`${file}-shm`)
    },
  },
  {
    what: 'the database is replaced by a copy',
    strike(file) {
      copyFileSync(file, `${file}.copy`)
      renameSync(file, `${file}.away`)
      renameSync(`${file}.copy`, file)
    },
    mend: putBack,
  },
]

const ROUNDS = Math.max(MISHAPS.length, roundsOf(0, 0.2))

t.setTimeout(300_000 + ROUNDS * 20_000)

t.test(
  'a relay whose files are deleted, moved or replaced stops acknowledging, and what it acknowledged is kept',
  async (t) => {
    await ordeal(t, {
      ...{ form: 'files deleted, moved or replaced', database: sqlite, instances: 1, rounds: ROUNDS, leaseMs: 1500 },
      async strike(round) {
        const mishap = MISHAPS[round.number % MISHAPS.length]
        if (mishap === undefined) throw new Error('there is no mishap')
        t.comment(mishap.what)
        await suffer(round, mishap)
      },
    })
  },
)

t.test('a reader that comes when the database is away does not take its log for that of a new one', async (t) => {
  const file = join(freshFolder(t), 'relay.db')
  const store = openStore({ client: 'sqlite', file })
  t.teardown(() => store.close())
  await store.migrate()
  for (let number = 1; number <= 20; number += 1) await store.append(entry(number, ['room']))
  renameSync(file, `${file}.away`)
  await t.rejects(store.counts(), 'there is nothing to read')
  t.notOk(existsSync(file), 'nor is a new one made')
  putBack(file)
  await store.append(entry(21, ['room']))
  const journal = await openJournalFile(file)
  t.teardown(() => journal.close())
  t.strictSame(await journal.all('select count(*) as n from activities'), [{ n: 21 }])
})

async function suffer({ fleet, gateway, below, refusals }: Round, { what, strike, mend }: Mishap): Promise<void> {
  const { database } = gateway
  await eventually(() => existsSync(`${database}-wal`) && existsSync(`${database}-shm`), 'the database is in use')
  await aWhile(below)
  const before = refusals()
  strike(database)
  // A sender may be done for this round: then the next activity is refused as well.
  await eventually(async () => refusals() > before || (await isUnready(fleet.addresses(0))), `noticed: ${what}`)
  await fleet.kill(0)
  mend?.(database)
  await fleet.start(0)
}

async function isUnready([address]: readonly string[]): Promise<boolean> {
  const { status } = await fetch(`${address}/readyz`)
  return status === 503
}
