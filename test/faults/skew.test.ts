import t from 'tap'
import { bothKinds } from './database-kind.ts'
import { aWhile, CONCURRENCY, ordeal, type Round, roundsOf } from './ordeal.ts'

const HOUR_MS = 3_600_000

t.setTimeout(300_000 + roundsOf(0) * 20_000)

for (const database of await bothKinds(t)) {
  t.test(
    `two relays on ${database.name} whose clocks are an hour ahead and an hour behind leave each other alone`,
    async (t) => {
      const { verdict } = await ordeal(t, {
        ...{ form: 'clocks an hour ahead and behind, two relays', database, instances: 2 },
        ...{ rounds: roundsOf(1, 0.2), leaseMs: 1500 },
        isNobodyKilled: true,
        gateway: { anyTime: true },
        options: (nth) => ({ clockAheadMs: nth === 1 ? HOUR_MS : -HOUR_MS }),
        strike: ({ below }) => aWhile(below),
      })
      t.equal(verdict.cutOff, 0, 'none takes what the other is delivering')
    },
  )

  t.test(`clocks that jump by an hour while relays on ${database.name} run and die cost nothing`, async (t) => {
    const { verdict, fleet } = await ordeal(t, {
      ...{ form: 'clocks jump by an hour and kill -9, two relays', database, instances: 2 },
      ...{ rounds: roundsOf(1, 0.25), leaseMs: 1500 },
      gateway: { anyTime: true },
      options: (_, { below }) => ({ clockAheadMs: hourly(below) }),
      strike: jumpOrDie,
    })
    t.ok(verdict.cutOff <= fleet.started * 3 * CONCURRENCY, `${verdict.cutOff} attempts were cut off`)
  })
}

async function jumpOrDie({ number, fleet, below }: Round): Promise<void> {
  const slot = number % 2
  await aWhile(below)
  fleet.relay(slot).setClock(hourly(below))
  await aWhile(below)
  if (below(2) === 0) return
  await fleet.kill(slot)
  await fleet.start(slot)
}

/** An hour behind, right, or an hour ahead. */
const hourly = (below: Round['below']): number => (below(3) - 1) * HOUR_MS
