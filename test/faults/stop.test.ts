import t from 'tap'
import { freshFolder } from '../store/database.ts'
import { chance } from './chance.ts'
import { bothKinds, openJournal } from './database-kind.ts'
import { eventually } from './eventually.ts'
import { startGateway } from './gateway.ts'
import { expectKept } from './ordeal.ts'
import { startRelayProcess } from './relay-process.ts'
import { reportRow } from './row.ts'
import { createSender } from './tracker-sender.ts'
import { verdictOf } from './verdict.ts'

const ACTIVITIES = 1000
const SENDERS = 50
const LEASE_MS = 10_000
const STOP_TIMEOUT_SECONDS = 30

t.setTimeout(300_000)

for (const database of await bothKinds(t))
  t.test(
    `SIGTERM with ${ACTIVITIES} activities on their way to ${database.name} ends in time, and the next start carries on`,
    async (t) => {
      const stories = Array.from({ length: SENDERS }, (_, index) => [String(index)])
      const gateway = await startGateway(t, freshFolder(t), {
        ...{ concurrency: 64, stopTimeoutSeconds: STOP_TIMEOUT_SECONDS, tickets: stories.flat() },
        databaseUrl: await database.fresh(),
      })
      const senders = stories.map((own, index) =>
        createSender(gateway.hook, own, index * 1000, { ticketsAt: gateway.jiraUrl ?? undefined }),
      )
      const relay = await startRelayProcess(t, gateway.configPath, LEASE_MS)
      const posting = senders.map((sender) => sender.run([relay.address], ACTIVITIES / SENDERS))
      const file = await openJournal(t, gateway)
      await eventually(
        () => senders.reduce((sum, { ledger }) => sum + ledger.length, 0) > (ACTIVITIES * 3) / 4,
        'most of them are acknowledged',
      )
      const asked = performance.now()
      await relay.end('SIGTERM')
      const seconds = (performance.now() - asked) / 1000
      await Promise.all(posting)
      t.ok(seconds < STOP_TIMEOUT_SECONDS + 5, `it ended after ${seconds.toFixed(1)} s`)
      t.strictSame(
        await file.all("select id from deliveries where state = 'delivering'"),
        [],
        'nothing is left under way',
      )
      const [waiting] = await file.all<{ n: number }>('select count(*) as n from deliveries where settled_at is null')
      t.ok((waiting?.n ?? 0) > 0, `${waiting?.n} deliveries wait for the next start`)

      const next = await startRelayProcess(t, gateway.configPath, LEASE_MS)
      await Promise.all(
        senders.map((sender) => sender.run([next.address], Math.max(1, ACTIVITIES / SENDERS - sender.ledger.length))),
      )
      await eventually(
        async () => (await file.all('select id from deliveries where settled_at is null limit 1')).length === 0,
        'every delivery is settled',
      )
      const peakMegabytes = Math.max(relay.peakMegabytes(), next.peakMegabytes())
      await next.end('SIGTERM')
      const verdict = await verdictOf(
        gateway,
        senders.map(({ ledger }) => ledger),
        file,
      )
      const { seed } = chance()
      reportRow(t, { form: 'SIGTERM under load', database: database.name, rounds: 1, seed, verdict, peakMegabytes })
      expectKept(t, verdict)
      t.equal(verdict.repeated, 0, 'nor does the web hook get anything twice')
    },
  )
