import t from 'tap'
import { bothKinds } from './database-kind.ts'
import { aWhile, CONCURRENCY, ordeal, type Round, roundsOf } from './ordeal.ts'

t.setTimeout(300_000 + roundsOf(0) * 20_000)

/** Each starts a relay or more, which is most of what it costs. */
const FORMS = [
  { instances: 1, rounds: roundsOf(3), form: 'kill -9, one relay' },
  { instances: 2, rounds: roundsOf(2), form: 'kill -9, two relays' },
  { instances: 3, rounds: roundsOf(1, 0.25), form: 'kill -9, three relays' },
]

/** Two are killed in `postgres.test.ts` too: `npm test` leaves that to it. */
const FORMS_ON_POSTGRES = FORMS.filter(({ instances }) => instances !== 2 || process.env.FAULT_ROUNDS !== undefined)

for (const database of await bothKinds(t))
  for (const { instances, rounds, form } of database.name === 'SQLite' ? FORMS : FORMS_ON_POSTGRES)
    t.test(
      `${form} on ${database.name}: what was acknowledged is kept, and repeated only where nobody can be asked`,
      async (t) => {
        const { verdict, fleet } = await ordeal(t, {
          ...{ form, database, instances, rounds, leaseMs: 1500 },
          strike: killSome(instances),
        })
        const most = fleet.started * CONCURRENCY
        t.ok(verdict.cutOff <= most, `${verdict.cutOff} attempts were cut off, of ${most} at most`)
      },
    )

/** One or more die at any moment, also while they start; the others go on. */
function killSome(instances: number) {
  return async ({ fleet, below }: Round): Promise<void> => {
    await aWhile(below)
    const first = below(instances)
    const victims = Array.from({ length: 1 + below(instances) }, (_, index) => (first + index) % instances)
    await Promise.all(
      victims.map(async (slot) => {
        await fleet.kill(slot)
        while (below(6) === 0) {
          await fleet.launch(slot)
          await aWhile(below)
          await fleet.kill(slot)
        }
        await fleet.start(slot)
      }),
    )
  }
}
