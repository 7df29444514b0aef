import type { Test } from 'tap'
import { scenarioOf } from './scenario.ts'
import { simulate } from './simulate.ts'

/** What `npm test` plays of each seed, and the command plays by default. */
export const DAYS = 0.25
export const ATTEMPTS = 200
const FAULTS = 20
const SHOWN = 60

/** Plays the seeds; a failing one shows the end of its story, and how to play it again. */
export async function playSeeds(t: Test, from: number, to: number): Promise<void> {
  for (let seed = from; seed <= to; seed += 1) {
    const { breach, attempts, faults, story } = await simulate(scenarioOf(seed, DAYS, ATTEMPTS))
    t.equal(breach, null, `seed ${seed}`, {
      replay: `npm run simulate -- --seed ${seed}`,
      story: breach === null ? [] : story.slice(-SHOWN),
    })
    t.ok(attempts >= ATTEMPTS, `seed ${seed} makes ${attempts} attempts`)
    t.ok(faults >= FAULTS, `seed ${seed} has ${faults} faults`)
  }
}
