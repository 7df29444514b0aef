import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { bothKinds } from './database-kind.ts'
import { ordeal, roundsOf } from './ordeal.ts'

const ROUNDS = roundsOf(3, 0.5)
/** About as many as a relay makes over the activities of a round. */
const MOST_COMMITS = 60
const LONGEST_LIFE_MS = 10_000

t.setTimeout(300_000 + ROUNDS * 20_000)

for (const database of await bothKinds(t))
  t.test(
    `a relay that dies right before or after a commit on ${database.name} loses and doubles nothing`,
    async (t) => {
      await ordeal(t, {
        ...{ form: 'killed at a commit, one relay', database, instances: 1, rounds: ROUNDS, leaseMs: 1500 },
        // The first and the last one live.
        options: (nth, { below }) =>
          nth === 0 || nth >= ROUNDS
            ? {}
            : { death: { when: nth % 2 === 0 ? 'before' : 'after', nth: 1 + below(nth % 3 === 0 ? 5 : MOST_COMMITS) } },
        async strike({ number, fleet }) {
          // One that never came so far is killed at any moment.
          if (number > 0) await Promise.race([fleet.relay(0).ended, sleep(LONGEST_LIFE_MS, null, { ref: false })])
          await fleet.kill(0)
          if (number < ROUNDS - 1) await fleet.launch(0)
          else await fleet.start(0)
        },
      })
    },
  )
