import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { loadConnectors } from '../../src/connectors/registry.ts'
import { createRelay, type Relay } from '../../src/gateway/relay.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { freshFolder } from '../store/database.ts'
import { openJournal, postgres, sqlite } from './database-kind.ts'
import { eventually } from './eventually.ts'
import { startGateway } from './gateway.ts'
import { expectKept } from './ordeal.ts'
import { createSender } from './tracker-sender.ts'
import { verdictOf } from './verdict.ts'

const CONNECTORS = await loadConnectors()

const POSTGRES = withoutPostgres === null ? [{ kind: await postgres(t), activities: 500 }] : []
const CONNECTIONS = 64

// On a machine that is busy with other things.
t.setTimeout(300_000)

for (const { kind, activities } of [{ kind: sqlite, activities: 2000 }, ...POSTGRES])
  t.test(
    `${activities} activities over ${CONNECTIONS} connections are all taken and all delivered, and share their commits (${kind.name})`,
    async (t) => {
      const gateway = await startGateway(t, freshFolder(t), { concurrency: 64, databaseUrl: await kind.fresh() })
      const { config } = loadConfig({ path: gateway.configPath, environment: {}, connectors: CONNECTORS })
      const relay = await createRelay({ config, log: createLogger('silent'), version: '0.0.0' })
      t.teardown(() => relay.close())
      const address = await relay.listen()
      const senders = Array.from({ length: CONNECTIONS }, (_, index) =>
        createSender(gateway.hook, [`${2 * index + 1}`, `${2 * index + 2}`], index * 1000),
      )

      const before = await commitsOf(relay)
      const began = performance.now()
      const share = activities / CONNECTIONS
      const runs = senders.map((sender, index) =>
        sender.run([address], Math.floor(share * (index + 1)) - Math.floor(share * index)),
      )
      t.strictSame([...new Set(await Promise.all(runs))], ['done'])
      const seconds = (performance.now() - began) / 1000
      const commits = (await commitsOf(relay)) - before
      const ledgers = senders.map(({ ledger }) => ledger)
      t.equal(ledgers.flat().length, activities)
      t.equal(
        senders.reduce((sum, { refusals }) => sum + refusals, 0),
        0,
        'none was told to come again',
      )
      t.ok(commits < activities / 4, `${commits} commits for ${activities} activities`)
      t.comment(`${Math.round(activities / seconds)} activities a second, ${commits} commits`)

      const file = await openJournal(t, gateway)
      await eventually(
        async () => (await file.all('select id from deliveries where settled_at is null limit 1')).length === 0,
        'every delivery is settled',
      )
      const verdict = await verdictOf(gateway, ledgers, file)
      expectKept(t, verdict)
      t.equal(verdict.repeated, 0)
    },
  )

/** How many commits there have been, those of the workers included. */
async function commitsOf({ metrics }: Relay): Promise<number> {
  const { values } = await metrics.commitDuration.get()
  return values.find(({ metricName }) => metricName === 'relay_store_commit_duration_seconds_count')?.value ?? 0
}
