import t from 'tap'
import { freshFolder } from '../store/database.ts'
import { bothKinds, openJournal } from './database-kind.ts'
import { eventually } from './eventually.ts'
import { startGateway } from './gateway.ts'
import { expectKept } from './ordeal.ts'
import { relayProcess } from './relay-process.ts'
import { createSender } from './tracker-sender.ts'
import { verdictOf } from './verdict.ts'

/** Long: a lease that ends while its holder only waits for the processor would be another test. */
const LEASE_MS = 30_000
const POSTS = 60

// On a machine that is busy with other things.
t.setTimeout(300_000)

for (const kind of await bothKinds(t))
  t.test(
    `two relays on one ${kind.name} start together, and deliver everything exactly once and in order`,
    async (t) => {
      const gateway = await startGateway(t, freshFolder(t), { concurrency: 4, databaseUrl: await kind.fresh() })
      const relays = [relayProcess(t, gateway.configPath, LEASE_MS), relayProcess(t, gateway.configPath, LEASE_MS)]
      await Promise.all(relays.map(({ loaded }) => loaded))
      // Both find nothing and want to make the tables.
      const found = await Promise.all(relays.map((relay) => relay.start()))
      const addresses = found.flatMap((address) => address ?? [])
      t.strictSame(addresses, found, relays.map((relay) => relay.complaints()).join('\n'))
      if (addresses.length < relays.length) return

      const senders = [0, 1, 2, 3].map((index) =>
        createSender(
          gateway.hook,
          [0, 1, 2].map((story) => String(index * 10 + story)),
          index * 1_000_000,
        ),
      )
      // Each sends its activities to one and the other in turn, so that the order of a story spans both.
      t.strictSame(
        await Promise.all(senders.map((sender) => sender.run(addresses, POSTS))),
        senders.map(() => 'done'),
      )
      const file = await openJournal(t, gateway)
      await eventually(
        async () => (await file.all('select id from deliveries where settled_at is null limit 1')).length === 0,
        'every delivery is settled',
      )

      const ledgers = senders.map(({ ledger }) => ledger)
      const verdict = await verdictOf(gateway, ledgers, file)
      expectKept(t, verdict)
      t.equal(verdict.repeated, 0, 'nor is anything repeated')
      t.equal(
        senders.reduce((sum, { refusals }) => sum + refusals, 0),
        0,
        'nobody was told to come again',
      )
      t.strictSame(await file.all('select distinct attempts from deliveries'), [{ attempts: 1 }])
      await Promise.all(relays.map((relay) => relay.end('SIGTERM')))
      t.strictSame(
        relays.map((relay) => relay.complaints()),
        ['', ''],
      )
    },
  )
