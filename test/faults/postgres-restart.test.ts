import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openOwnCluster, run, withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { aWhile, CONCURRENCY, ordeal, roundsOf } from './ordeal.ts'

const LEASE_MS = 4000

t.setTimeout(300_000 + roundsOf(0) * 20_000)

/** Where all is checked that can be checked, a server that is missing is a failure. */
const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

t.test(
  'PostgreSQL is restarted, crashes, is away for a while, and ends sessions, while two relays work',
  { skip },
  async (t) => {
    const cluster = await openOwnCluster()
    t.teardown(cluster.close)
    const rounds = roundsOf(4, 0.5)
    const { verdict, fleet } = await ordeal(t, {
      ...{ form: 'PostgreSQL restarted, two relays', instances: 2, rounds, leaseMs: LEASE_MS },
      database: {
        name: 'PostgreSQL',
        async fresh() {
          const name = `faults_${randomBytes(6).toString('hex')}`
          await run(cluster.url, `create database ${name}`)
          const url = new URL(cluster.url)
          url.pathname = `/${name}`
          return url.href
        },
      },
      patienceMs: 2 * LEASE_MS,
      isNobodyKilled: true,
      async strike({ number, below }) {
        await aWhile(below)
        switch (number % 4) {
          case 0:
            return await cluster.restart()
          case 1:
            await cluster.crash()
            return await cluster.start()
          case 2:
            await cluster.stop()
            await sleep(below(2000))
            return await cluster.start()
          default:
            await run(
              cluster.url,
              "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tracker-relay'",
            )
        }
      },
    })
    const most = (fleet.started + 2 * rounds) * CONCURRENCY
    t.ok(verdict.cutOff <= most, `${verdict.cutOff} attempts were cut off, of ${most} at most`)
  },
)
