import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { withoutPostgres } from '../connectors/other/postgres-cluster.ts'
import { postgres } from './database-kind.ts'
import { aWhile, CONCURRENCY, ordeal, roundsOf } from './ordeal.ts'

const LEASE_MS = 1500
const HOUR_MS = 3_600_000

t.setTimeout(300_000 + roundsOf(0) * 20_000)

/** Where all is checked that can be checked, a server that is missing is a failure. */
const skip = process.env.CI === undefined && withoutPostgres !== null ? withoutPostgres : false

t.test(
  'on PostgreSQL two relays whose clocks are apart are killed and frozen, and keep the promises',
  { skip },
  async (t) => {
    const rounds = roundsOf(2, 0.5)
    const { verdict, fleet } = await ordeal(t, {
      ...{ form: 'kill -9 and frozen, clocks apart, two relays', database: await postgres(t), instances: 2, rounds },
      leaseMs: LEASE_MS,
      patienceMs: 2 * LEASE_MS,
      gateway: { anyTime: true },
      options: (nth) => ({ clockAheadMs: nth % 2 === 1 ? HOUR_MS : 0 }),
      async strike({ number, fleet, below }) {
        const slot = below(2)
        await aWhile(below)
        if (number % 2 === 1) {
          fleet.relay(slot).signal('SIGSTOP')
          await sleep(LEASE_MS + below(LEASE_MS))
          fleet.relay(slot).signal('SIGCONT')
        } else {
          await fleet.kill(slot)
          await fleet.start(slot)
        }
      },
    })
    const most = (fleet.started + rounds) * CONCURRENCY
    t.ok(verdict.cutOff <= most, `${verdict.cutOff} attempts were cut off, of ${most} at most`)
  },
)
