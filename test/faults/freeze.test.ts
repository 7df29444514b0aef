import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { bothKinds } from './database-kind.ts'
import { aWhile, CONCURRENCY, ordeal, type Round, roundsOf } from './ordeal.ts'

const LEASE_MS = 1500

t.setTimeout(300_000 + roundsOf(0) * 20_000)

for (const database of await bothKinds(t))
  t.test(
    `relays on ${database.name} that freeze past their leases at any moment lose nothing, and wake up to nothing twice`,
    async (t) => {
      const rounds = roundsOf(database.name === 'SQLite' ? 2 : 1, 0.25)
      const { verdict } = await ordeal(t, {
        ...{ form: 'frozen past the lease, two relays', database, instances: 2, rounds, leaseMs: LEASE_MS },
        isNobodyKilled: true,
        // A frozen relay answers nobody, and one that froze in the midst of a commit holds up the other.
        patienceMs: 2 * LEASE_MS,
        strike: freezeOne,
      })
      const most = rounds * 2 * CONCURRENCY
      t.ok(verdict.cutOff <= most, `${verdict.cutOff} attempts were cut off, of ${most} at most`)
    },
  )

async function freezeOne({ number, fleet, below }: Round): Promise<void> {
  const relay = fleet.relay(number % 2)
  await aWhile(below)
  relay.signal('SIGSTOP')
  await sleep(LEASE_MS + below(LEASE_MS))
  relay.signal('SIGCONT')
}
